"""Data sets by name: found in a folder, downloaded or taken from scikit-learn; always checked."""

import difflib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .errors import DataError
from .idx import read_idx
from .sources import ARRAYS, SOURCES, Source

__all__ = ["DIGITS_SEED", "DataError", "Dataset", "available", "load", "split"]

DIGITS_SEED = 1797

_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images with their labels, and where they come from.

    Attributes:
        name: the name by which `load` knows it.
        x_train: float32 [N, height, width, 1], in [0, 1].
        y_train: int64 [N], the index into `class_names`.
        x_test: float32 [M, height, width, 1], in [0, 1].
        y_test: int64 [M].
        class_names: the name of each label.
        licence: SPDX identifier of the data's licence.
        citation: whom to cite.
        source: `"folder"`, `"download"` or `"scikit-learn"`.
        sha256: digest of the stored bytes of each of the four arrays, by name.
    """

    name: str
    x_train: np.ndarray = field(repr=False)
    y_train: np.ndarray = field(repr=False)
    x_test: np.ndarray = field(repr=False)
    y_test: np.ndarray = field(repr=False)
    class_names: tuple[str, ...]
    licence: str
    citation: str
    source: str
    sha256: Mapping[str, str] = field(repr=False)


def available() -> tuple[str, ...]:
    """Returns the names that `load` knows.

    Example:
        >>> available()
        ('digits', 'fashion_mnist', 'mnist')
    """
    return tuple(sorted(SOURCES))


def load(name: str) -> Dataset:
    """Loads a data set and checks every byte of it.

    MNIST and Fashion-MNIST are looked for in the folder that the environment variable TFVAE_DATA
    names: as IDX files, packed (`.gz`) or not, in a sub-folder `mnist` or `fashion-mnist`, or in
    the folder itself if that is its name. Else `keras.datasets` downloads them once. The 1,797
    digits come with scikit-learn; the fifth of each class that a permutation with seed
    `DIGITS_SEED` puts first is the test set.

    Args:
        name: one of `available()`.

    Returns:
        The data set; float32 images in [0, 1] and int64 labels.

    Raises:
        DataError: if the name is unknown, a file is missing, or what was found is not the data
            set that was asked for.

    Example:
        >>> digits = load("digits")
        >>> digits.x_train.shape, digits.x_test.shape, digits.source
        ((1438, 8, 8, 1), (359, 8, 8, 1), 'scikit-learn')
    """
    if name not in SOURCES:
        near = difflib.get_close_matches(str(name), SOURCES, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise DataError(f"There is no data set {name!r}.{hint} Known: {', '.join(available())}.")
    source = SOURCES[name]
    stored, origin, places = _stored(name, source)
    for key in ARRAYS:
        _check(stored[key], key, source, f"{places[key]} ({key} of {name})")
    peak = np.float32(source.peak)
    return Dataset(
        name=name,
        x_train=np.divide(stored["x_train"][..., np.newaxis], peak, dtype=np.float32),
        y_train=stored["y_train"].astype(np.int64),
        x_test=np.divide(stored["x_test"][..., np.newaxis], peak, dtype=np.float32),
        y_test=stored["y_test"].astype(np.int64),
        class_names=source.class_names,
        licence=source.licence,
        citation=source.citation,
        source=origin,
        sha256=dict(source.sha256),
    )


def split(
    dataset: Dataset, validation: int = 10_000, seed: int | None = None
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Carves a validation set out of a training set; the test set stays as it is.

    Args:
        dataset: what `load` returned.
        validation: how many examples to hold out. The default leaves 50,000 of MNIST's 60,000.
        seed: None holds out the last examples, as the published 50,000/10,000/10,000 protocol
            does; a number shuffles first, by that seed.

    Returns:
        `(x_train, y_train), (x_validation, y_validation)`.

    Raises:
        DataError: if `validation` is not between 1 and the number of training examples less 1.

    Example:
        >>> (x_train, y_train), (x_validation, y_validation) = split(load("digits"), 300)
        >>> x_train.shape, x_validation.shape
        ((1138, 8, 8, 1), (300, 8, 8, 1))
    """
    count = len(dataset.x_train)
    if not hasattr(validation, "__index__") or not 0 < validation < count:
        raise DataError(
            f"`validation` must be a whole number from 1 to {count - 1:,} (all but one of the "
            f"{count:,} training examples of {dataset.name}), but is {validation!r}."
        )
    x, y = dataset.x_train, dataset.y_train
    if seed is not None:
        # RandomState's numbers are frozen for ever; default_rng's may change with NumPy.
        order = np.random.RandomState(seed).permutation(count)
        x, y = x[order], y[order]
    cut = count - validation
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])


_Stored = tuple[dict[str, np.ndarray], str, dict[str, str]]


def _stored(name: str, source: Source) -> _Stored:
    """Returns the arrays of bytes, which road they came by, and the place of each."""
    if not source.folders:
        return _from_scikit_learn(), "scikit-learn", dict.fromkeys(ARRAYS, "sklearn.datasets")
    root = os.environ.get("TFVAE_DATA")
    folder = _find_folder(Path(root).expanduser(), source) if root else None
    if folder is None:
        place = f"keras.datasets.{name}"
        return _from_keras(name, source), "download", dict.fromkeys(ARRAYS, place)
    paths = {key: _find_file(folder, file) for key, file in _FILES.items()}
    arrays = {key: read_idx(path, source.shapes[key]) for key, path in paths.items()}
    return arrays, "folder", {key: str(path) for key, path in paths.items()}


def _find_folder(root: Path, source: Source) -> Path | None:
    """Returns the folder with the IDX files, or None if there is none below `root`."""
    if not root.is_dir():
        raise DataError(
            f"TFVAE_DATA names {root}, which is no folder. Correct it, or unset it to have the "
            "data downloaded."
        )
    candidates = [root / name for name in source.folders]
    if root.resolve().name in source.folders:
        candidates.append(root)
    return next((folder for folder in candidates if folder.is_dir()), None)


def _find_file(folder: Path, name: str) -> Path:
    """Returns the packed or the unpacked file of that name."""
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    raise DataError(f"{folder} lacks {name}.gz (or {name}). Put the original file there.")


def _from_keras(name: str, source: Source) -> dict[str, np.ndarray]:
    """Returns the arrays that Keras keeps in its cache, or downloads."""
    import keras

    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises a bare Exception when a download fails.
        raise DataError(
            f"{name} was not found in TFVAE_DATA, and keras.datasets could not provide it "
            f"({error}). Put its four IDX files into a folder {source.folders[0]}/ and set "
            "TFVAE_DATA to the folder above it."
        ) from error
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _from_scikit_learn() -> dict[str, np.ndarray]:
    """Returns scikit-learn's digits, a fifth of each class set apart as the test set."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = digits.images.astype(np.uint8), digits.target.astype(np.uint8)
    # RandomState's numbers are frozen for ever; train_test_split's may change with scikit-learn.
    random = np.random.RandomState(DIGITS_SEED)
    test = np.zeros(len(labels), bool)
    for label in range(10):
        members = np.flatnonzero(labels == label)
        test[random.permutation(members)[: round(len(members) / 5)]] = True
    return {
        "x_train": images[~test],
        "y_train": labels[~test],
        "x_test": images[test],
        "y_test": labels[test],
    }


def _check(array: np.ndarray, key: str, source: Source, place: str) -> None:
    """Raises DataError unless the array is, byte for byte, the one that was published."""
    shape = source.shapes[key]
    if array.shape != shape or array.dtype != np.uint8:
        raise DataError(
            f"{place} should be uint8 of shape {shape}, but is {array.dtype} of shape "
            f"{array.shape}. Delete that copy and fetch the original."
        )
    digest = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
    if digest != source.sha256[key]:
        raise DataError(
            f"{place} is not the published data: the sha256 of the array should be "
            f"{source.sha256[key]}, but is {digest}. Delete that copy and fetch the original."
        )
