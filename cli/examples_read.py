"""The examples that a command is given: a data set by name, a file, a folder of files."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfvae_cli.files_read import DataGivenError, Rows, read_rows

# One seed for all: what is read to be compared is shuffled, because folders and files are often
# sorted by class; and it makes images binary, once, as the presets' cards say.
SEED = 777


class Examples(NamedTuple):
    """Examples to look at a model with.

    Args:
        x: held-out examples, `[N, ...]`.
        representative: others; None if there are no others.
        about: what is known of them, for a bundle's `model.json`.
    """

    x: np.ndarray
    representative: np.ndarray | None
    about: Mapping[str, Any]


class Ordered(NamedTuple):
    """Examples in the order of their source, in the shape that a model reads.

    Args:
        x: float32 `[N, *input_shape]`.
        names: of each, its file or the number of its row.
        columns: the names of a table's columns; None if the source is no table.
        side: what the model reads beside x, by name.
        cells: of a table in words and units, its cells by name of the column.
    """

    x: np.ndarray
    names: list[str]
    columns: list[str] | None = None
    side: Mapping[str, np.ndarray] = {}
    cells: Mapping[str, list[str]] | None = None

    def rows(self, part: slice) -> Any:
        """Returns some of the examples, as verbs take them."""
        from tfvae.side import join

        return join(self.x[part], {name: values[part] for name, values in self.side.items()})


def read(source: str, binary: bool) -> Examples:
    """Reads examples to compare artefacts on, shuffled.

    Args:
        source: name of a data set of the zoo, or a file or a folder as `read_rows` takes them.
            Bytes are divided by 255.
        binary: whether each value is drawn once, 1 with itself as probability.

    Raises:
        DataGivenError: if there is no such thing, or its files are not alike.
        tfvae.zoo.DataError: if the data set cannot be found.
    """
    from tfvae import zoo

    if source in zoo.data.available():
        found = zoo.data.load(source)
        about = {
            "data": f"{found.name} ({found.licence})",
            "citation": found.citation,
            "class_names": list(found.class_names),
            "normalisation": _normalisation(binary),
        }
        x, others = found.x_test, found.x_train
    else:
        values = _rows(source).values
        order = np.random.RandomState(SEED).permutation(len(values))
        x, others = values[order], None
        about = {"normalisation": _normalisation(binary)} if binary else {}
    if binary:
        x, others = binarized(x), None if others is None else binarized(others)
    return Examples(x, others, about)


def read_in_order(
    source: str, vae: Any, part: str = "test", holes: bool = False, schema: Any = None
) -> Ordered:
    """Reads examples for a model, and keeps them in order.

    Args:
        source: as for `read`. An axis of one channel may be missing, and the values of an example
            may stand in a row, as in a table; a single example is taken for one.
        vae: the model.
        part: of a data set of the zoo, `"test"` or `"train"`.
        holes: whether values may be missing.
        schema: what the columns of the model's table are: a table is then read in their words and
            units. None for tables of the numbers that the model reads.

    Raises:
        DataGivenError: if there is no such thing, or it is not of the model's shape.
        tfvae.zoo.DataError: if the data set cannot be found.
        ValueError: if the model cannot read such values.
    """
    from tfvae import zoo
    from tfvae.checking import checked_arrays

    if source in zoo.data.available():
        if Path(source).exists():
            raise DataGivenError(
                f"{source!r} is the name of a data set, and of something that stands here: give "
                f"./{source} for that, or run the command elsewhere for the data set."
            )
        found = zoo.data.load(source)
        values = found.x_test if part == "test" else found.x_train
        rows = Rows(values, [str(number) for number in range(len(values))])
    else:
        rows = _rows(source, vae.side_inputs(), schema)
    x = _in_shape(rows.values, vae.input_shape, source)
    names = rows.names if len(rows.names) == len(x) else ["0"]
    given = Ordered(x, names, rows.columns, rows.side, rows.cells)
    if holes:
        return given
    arrays = checked_arrays(vae, given.rows(slice(None)), dense=False)
    return given._replace(x=arrays.images.x, side=arrays.side)


def as_asked(vae: Any, given: Ordered, binarize: str | None, unasked: str) -> Ordered:
    """Returns examples with their pixels drawn once, if that is asked for.

    Args:
        vae: the model.
        given: the examples.
        binarize: `"none"` or `"fixed"`; None leaves it to the model.
        unasked: what is then done for a model of binary pixels.
    """
    if (binarize or by_model(vae, unasked)) == "none":
        return given
    return given._replace(x=binarized(given.x))


def by_model(vae: Any, binarize: str) -> str:
    """Returns how pixels are made binary if nobody says: only for a model of binary pixels."""
    from tfvae.families import Bernoulli

    return binarize if isinstance(vae.likelihood, Bernoulli) else "none"


def binarized(x: np.ndarray) -> np.ndarray:
    """Returns pixels drawn once with their values as probabilities, by one seed."""
    from tfvae.pipeline import Images

    return Images(x, "fixed", seed=SEED).x


def _rows(source: str, side: Any = (), schema: Any = None) -> Rows:
    path = Path(source)
    if not path.exists():
        from tfvae import zoo

        raise DataGivenError(
            f"There is no data set, file or folder {source!r}. Data sets: "
            f"{', '.join(zoo.data.available())}."
        )
    return read_rows(path, side, schema)


def _in_shape(values: np.ndarray, shape: tuple[int, ...], source: str) -> np.ndarray:
    """Returns examples in the shape that a model reads."""
    from tfvae.pipeline import same_but_for_ones

    size, given = math.prod(shape), values.shape[1:]
    if not values.size:
        raise DataGivenError(f"{source} holds no examples: its shape is {values.shape}.")
    if same_but_for_ones(given, shape) or given == (size,):
        return values.reshape(-1, *shape)
    if values.size == size and same_but_for_ones(values.shape, shape):
        return values.reshape(1, *shape)
    hint = f"Bring them to shape {shape}, or give each as a row of {size} values."
    if len(given) == len(shape) == 3:
        if given[:2] != shape[:2]:
            hint = f"Resize the images to {shape[0]} by {shape[1]} pixels."
        elif shape[2] == 1:
            hint = "Convert the images to grey, without transparency."
        else:
            hint = f"Convert the images to {shape[2]} channels."
    raise DataGivenError(
        f"{source} holds examples of shape {given}, but the model reads {shape}. {hint}"
    )


def _normalisation(binary: bool) -> str:
    grey = "grey values divided by 255, from 0 to 1"
    return f"{grey}, then each pixel 1 with that as its probability, else 0" if binary else grey
