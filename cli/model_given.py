"""The model that a command is given: a preset by any of its handles, or a file of `save`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


class ModelGivenError(ValueError):
    """What was given as a model is none, or cannot do what is asked of it."""


class About(NamedTuple):
    """What a preset says of the examples of its model, as far as it says anything.

    Args:
        schema: of a model of a table, or of molecules, what `tfvae.zoo.schema` returns.
        is_series: whether examples are series, `[steps, channels]`, and no pictures.
    """

    schema: Any = None
    is_series: bool = False

    def grid(self, x: np.ndarray, columns: int) -> Any:
        """Draws examples in rows."""
        from tfvae import plots

        return (plots.series_grid if self.is_series else plots.image_grid)(x, columns)

    def rows(self, rows: Mapping[str, np.ndarray]) -> Any:
        """Draws rows of examples, with a name each."""
        from tfvae import plots

        return (plots.series_rows if self.is_series else plots.image_rows)(rows)


def is_keras_file(source: str) -> bool:
    """Whether a model is given as a file of `save`.

    Raises:
        ModelGivenError: if it is a file of another kind.
    """
    path = Path(source)
    if path.suffix != ".keras" and path.is_file():
        raise ModelGivenError(f"{source} is a file, but no .keras file.")
    return path.suffix == ".keras"


def load_model(source: str) -> Any:
    """Returns a model, its files checked.

    Args:
        source: name, folder or address of a preset, or a `.keras` file.

    Raises:
        ModelGivenError: if it is a file of another kind.
        tfvae.zoo.PresetError: if there is no such preset, or it is damaged.
        ValueError: if the `.keras` file is damaged.
    """
    import tfvae

    if is_keras_file(source):
        return tfvae.VAE.load(source)
    return tfvae.VAE.from_preset(source)


def about(source: str) -> About:
    """Returns what is known of a model's examples: nothing of those of a `.keras` file.

    Args:
        source: as for `load_model`.
    """
    if is_keras_file(source):
        return About()
    from tfvae import zoo
    from tfvae.zoo.table_schema import schema_of

    said = zoo.info(source)
    return About(schema_of(said), "channels" in said)
