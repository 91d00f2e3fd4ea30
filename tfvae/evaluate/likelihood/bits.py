"""Evidence as the papers on images state it: in bits per dimension."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfvae.part import checked_shape, positive_integer


def bits_per_dimension(
    log_likelihood: Any, event_shape: Sequence[int], num_levels: int | None = None
) -> np.ndarray:
    r"""Returns what a log-likelihood in nats is in bits for each dimension of the data.

    $$-\frac{\log p(x)}{D \log 2} \;(+ \log_2 L)$$

    Leave `num_levels` out where the likelihood is a probability of the discrete data themselves,
    as that of `tfvae.families.DiscretizedLogistic` and `Categorical` is: those are their bits.

    Give it where the likelihood is a density of dequantised data, such as
    `tfvae.families.Normal`: levels v = 0, ..., L - 1, made continuous by uniform noise and scaled
    to the unit interval, x = (v + u) / L with u from 0 to 1. The probability of a level is the
    density of x averaged over u, over L^D, which adds log2 L bits a dimension: 8 for bytes. By
    Jensen's inequality what is found is an upper bound of the bits of the discrete data. For
    x = (v + u) / s with another s, such as 255, give s. Without the noise, a density of discrete
    data has no bound, and no such number means anything.

    Args:
        log_likelihood: log p(x), or a bound of it, in nats an example, of any shape.
        event_shape: shape of one example; D is the product of its sizes.
        num_levels: L, for densities of dequantised data; None for probabilities.

    Returns:
        Float64 of the shape of `log_likelihood`, in bits a dimension: less is better.

    Raises:
        ValueError: if the shape is not one of whole numbers above 0, or `num_levels` no whole
            number of at least 1.

    Example:
        >>> import numpy as np
        >>> uniform = -12 * np.log(256.0)  # each of 12 bytes alike
        >>> bits_per_dimension(uniform, (2, 2, 3)).round(6)
        np.float64(8.0)
        >>> bits_per_dimension(0.0, (2, 2, 3), num_levels=256).round(6)  # their density
        np.float64(8.0)

    Reference:
        Theis, van den Oord and Bethge 2016, arXiv:1511.01844, section 3.1.
    """
    size = math.prod(checked_shape(tuple(event_shape), "event_shape"))
    constant = 0.0 if num_levels is None else math.log2(positive_integer(num_levels, "num_levels"))
    return constant - np.asarray(log_likelihood, "float64") / (size * math.log(2.0))
