"""What every source of data is: a licence, whom to cite, and checked arrays."""

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import DataError

ARRAYS = ("x_train", "y_train", "x_test", "y_test")


class Loaded(NamedTuple):
    """What a source gave.

    Attributes:
        arrays: the arrays by the names in `ARRAYS`; `columns` too, if the file itself says what
            stands along the last axis.
        origin: the road they came by: `"folder"`, `"download"`, `"cache"`, `"package"` or
            `"scikit-learn"`.
        sha256: the digests that were checked, by the name of what has them.
    """

    arrays: Mapping[str, np.ndarray]
    origin: str
    sha256: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Source(ABC):
    """One data set, as it is stored somewhere.

    Attributes:
        licence: SPDX identifier.
        citation: whom to cite.
        class_names: the name of each label; empty where there are no classes.
        columns: what stands along the last axis of an example, such as genes; empty for pixels.
    """

    licence: str
    citation: str
    class_names: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @abstractmethod
    def load(self, name: str) -> Loaded:
        """Returns the arrays, every byte of them checked.

        Args:
            name: what the data set is called.

        Raises:
            DataError: if it cannot be had, or is not what was published.
        """


def fifth_of_each_class(labels: np.ndarray, seed: int) -> np.ndarray:
    """Returns which examples are the test set of data that were published without one.

    Args:
        labels: classes, integers `[N]`.
        seed: seed of a permutation of each class, whose first fifth it is.

    Returns:
        Bool `[N]`.

    Example:
        >>> labels = np.repeat([0, 1], [10, 5])
        >>> test = fifth_of_each_class(labels, seed=0)
        >>> labels[test].tolist()
        [0, 0, 1]
    """
    # RandomState's numbers are frozen for ever; train_test_split's may change with scikit-learn.
    random = np.random.RandomState(seed)
    test = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        test[random.permutation(members)[: round(len(members) / 5)]] = True
    return test


def data_root() -> Path | None:
    """Returns the folder that TFVAE_DATA names, or None.

    Raises:
        DataError: if there is no such folder.
    """
    named = os.environ.get("TFVAE_DATA")
    if not named:
        return None
    root = Path(named).expanduser()
    if not root.is_dir():
        raise DataError(
            f"TFVAE_DATA names {root}, which is no folder. Correct it, or unset it to have the "
            "data downloaded."
        )
    return root
