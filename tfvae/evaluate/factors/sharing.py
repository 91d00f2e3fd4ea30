"""Groups and pairs of examples that share the value of a factor, drawn from a table of factors."""

import numpy as np


class Sharing:
    """Draws examples that share a factor's value, all else as it falls.

    Where factors are independent, a group has the distribution of examples made with that value
    and all other factors drawn anew. Values come as often as in the table, those too rare left out.

    Args:
        factor: one factor's values, `[N]`.
        column: which factor that is, for messages.
        least: how many examples must share a value.

    Raises:
        ValueError: if no value is shared by so many.
    """

    def __init__(self, factor: np.ndarray, column: int, least: int) -> None:
        _, number, counts = np.unique(factor, return_inverse=True, return_counts=True)
        self._by_value = np.argsort(number, kind="stable")
        self._first, self._count = (np.cumsum(counts) - counts)[number], counts[number]
        self._eligible = np.flatnonzero(self._count >= least)
        if not self._eligible.size:
            raise ValueError(
                f"{least} examples must share a value of factor {column}, but of the "
                f"{len(factor):,} in one half at most {counts.max()} do: take more examples, or "
                "smaller groups."
            )

    def group(self, size: int, random: np.random.RandomState) -> np.ndarray:
        """Returns the rows of `size` examples that share a value, none twice."""
        row = random.choice(self._eligible)
        places = random.choice(self._count[row], size, replace=False)
        return self._by_value[self._first[row] + places]

    def pairs(
        self, shape: tuple[int, ...], random: np.random.RandomState
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns the rows of two examples that share a value, as many such pairs as asked for."""
        first = random.choice(self._eligible, shape)
        count = self._count[first]
        own = np.empty_like(self._by_value)
        own[self._by_value] = np.arange(len(own))
        # From 1 to count - 1 places on, around the group: any member but the first itself.
        step = 1 + (random.random_sample(shape) * (count - 1)).astype(np.int64)
        place = (own[first] - self._first[first] + step) % count
        return first, self._by_value[self._first[first] + place]
