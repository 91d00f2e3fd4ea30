"""What scores draw at random: by which numbers, in which halves, and how often each factor."""

from typing import Any

import numpy as np

from tfvae.part import positive_integer


def generator(seed: Any) -> np.random.RandomState:
    """Returns the generator that a seed starts.

    Raises:
        ValueError: if the seed is not a whole number from 0 to 2^32 - 1.
    """
    whole = hasattr(seed, "__index__") and not isinstance(seed, bool)
    if not (whole and 0 <= seed.__index__() < 2**32):
        raise ValueError(f"`seed` must be a whole number from 0 to {2**32 - 1}, but is {seed!r}.")
    # RandomState's numbers are frozen for ever; default_rng's may change with NumPy.
    return np.random.RandomState(seed.__index__())


def halves(n: int, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Returns the rows to learn from and the rows to score on, `n` split at random."""
    order = random.permutation(n)
    return order[: n // 2], order[n // 2 :]


def turns(count: Any, num_factors: int, name: str) -> np.ndarray:
    """Returns which factor is shared in each of so many draws: all equally often, `[count]`.

    Raises:
        ValueError: if there is not a draw for every factor.
    """
    if positive_integer(count, name) < num_factors:
        raise ValueError(
            f"`{name}` must be at least {num_factors}, one for each factor, but is {count}."
        )
    return np.arange(count) % num_factors
