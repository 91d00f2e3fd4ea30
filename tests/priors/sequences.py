"""All codes that there are."""

import itertools

import numpy as np


def every_sequence(num_codes, shape):
    """All codes of that shape, `[K ** n, *shape]`."""
    rows = list(itertools.product(range(num_codes), repeat=int(np.prod(shape, dtype=int))))
    return np.array(rows, np.int32).reshape(-1, *shape)
