"""How far reconstructions are from what they stand for."""

from typing import Any

import numpy as np


def reconstruction_error(x: Any, reconstruction: Any) -> float:
    r"""Returns the squared error, summed over an example and averaged over examples.

    $$\frac1N \sum_n \lVert x_n - \hat x_n \rVert^2$$

    Args:
        x: examples, `[N, ...]`.
        reconstruction: of the same shape.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> reconstruction_error([[0.0, 0.0], [1.0, 1.0]], [[1.0, 2.0], [1.0, 1.0]])
        2.5
    """
    x, reconstruction = np.asarray(x, "float64"), np.asarray(reconstruction, "float64")
    if x.shape != reconstruction.shape or x.ndim < 2:
        raise ValueError(
            "Examples and their reconstructions must be arrays [N, ...] of the same shape, but "
            f"have shapes {x.shape} and {reconstruction.shape}."
        )
    return float(np.square(x - reconstruction).reshape(len(x), -1).sum(axis=1).mean())
