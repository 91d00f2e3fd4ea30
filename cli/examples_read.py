"""The examples that a command is given: a data set by name, a file, a folder of images."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

SUFFIXES = (".png", ".npy")
# One seed for all: what is read is shuffled, because folders and files are often sorted by class.
SEED = 777


class DataGivenError(ValueError):
    """What was given as data cannot be read as examples."""


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


def read(source: str, binary: bool) -> Examples:
    """Reads examples.

    Args:
        source: name of a data set of the zoo, an .npy or .npz file, or a folder of .png or .npy
            files, one an example. Bytes are divided by 255.
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
        values = _values(Path(source))
        order = np.random.RandomState(SEED).permutation(len(values))
        x, others = values[order], None
        about = {"normalisation": _normalisation(binary)} if binary else {}
    if binary:
        x, others = _binarised(x), None if others is None else _binarised(others)
    return Examples(x, others, about)


def _binarised(x: np.ndarray) -> np.ndarray:
    from tfvae.pipeline import Images

    return Images(x, "fixed", seed=SEED).x


def _normalisation(binary: bool) -> str:
    grey = "grey values divided by 255, from 0 to 1"
    return f"{grey}, then each pixel 1 with that as its probability, else 0" if binary else grey


def _values(path: Path) -> np.ndarray:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        if not files:
            raise DataGivenError(f"{path} holds no {' or '.join(SUFFIXES)} files.")
        examples = [_one(file) for file in files]
        shapes = {example.shape for example in examples}
        if len(shapes) > 1:
            raise DataGivenError(f"The examples in {path} differ in shape: {sorted(shapes)[:3]}.")
        return np.stack(examples)
    if not path.is_file():
        from tfvae import zoo

        raise DataGivenError(
            f"There is no data set, file or folder {str(path)!r}. Data sets: "
            f"{', '.join(zoo.data.available())}."
        )
    return _array(path)


def _one(file: Path) -> np.ndarray:
    if file.suffix.lower() == ".npy":
        return _array(file)
    import tensorflow as tf

    try:
        return _scaled(tf.io.decode_png(file.read_bytes()).numpy(), file)
    except tf.errors.InvalidArgumentError as error:
        raise DataGivenError(f"{file} is no PNG image that can be read.") from error


def _array(path: Path) -> np.ndarray:
    try:
        # Opened here, for NumPy leaves a damaged archive open.
        with path.open("rb") as file:
            content = np.load(file, allow_pickle=False)
            if isinstance(content, np.ndarray):
                return _scaled(content, path)
            names = [name for name in ("x", "x_test") if name in content][:1] or list(content)
            if len(names) != 1:
                raise DataGivenError(f"{path} must hold one array, or one named x: {names}.")
            return _scaled(content[names[0]], path)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, DataGivenError):
            raise
        raise DataGivenError(f"{path} is no .npy or .npz file that can be read.") from error


def _scaled(array: np.ndarray, path: Path) -> np.ndarray:
    if array.dtype.kind not in "biuf" or array.ndim == 0:
        raise DataGivenError(f"{path} must hold numbers, but is {array.dtype} {array.shape}.")
    values = array.astype(np.float32)
    return values / np.float32(255.0) if array.dtype == np.uint8 else values
