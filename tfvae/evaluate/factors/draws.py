"""What is drawn at random, and by which numbers."""

from typing import Any

import numpy as np


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
