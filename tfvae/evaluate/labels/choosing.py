"""Which examples' labels are known."""

import numpy as np

from tfvae.part import positive_integer


def of_each_class(
    y: np.ndarray, count: int, generator: np.random.Generator | np.random.RandomState
) -> np.ndarray:
    """Returns the rows of so many examples of each class, class by class.

    Args:
        y: classes, integers `[N]`.
        count: how many of each.
        generator: draws them.

    Raises:
        ValueError: if a class has fewer.

    Example:
        >>> rows = of_each_class(np.arange(20) % 2, 3, np.random.RandomState(0))
        >>> (rows % 2).tolist()
        [0, 0, 0, 1, 1, 1]
    """
    positive_integer(count, "labels_per_class")
    parts = []
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)
        if len(rows) < count:
            raise ValueError(
                f"{count} labels of each class were asked for, but class {label} has "
                f"{len(rows)} examples."
            )
        parts.append(generator.choice(rows, count, replace=False))
    return np.concatenate(parts)
