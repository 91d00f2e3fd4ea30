"""The model that a command is given: a preset by any of its handles, or a file of `save`."""

from pathlib import Path
from typing import Any


class ModelGivenError(ValueError):
    """What was given as a model is none, or cannot do what is asked of it."""


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
