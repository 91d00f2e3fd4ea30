"""Finite scalar quantisation: each number is bounded and rounded, and there is no codebook."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae.part import positive_integer, registered
from tfvae.quantisers.quantiser import Quantisation, Quantiser, straight_through

# Keeps the bound off the point between two levels, where rounding is not certain.
MARGIN = 1e-3


@registered()
class FiniteScalars(Quantiser):
    r"""Rounds each of a few numbers to one of its levels; every combination is a code.

    With $h = (L - 1)(1 - \epsilon) / 2$ for L levels, and an offset o of 1/2 where L is even and 0
    where it is odd,

    $$vector = \mathrm{round}(h \tanh(f + \tan(o / h)) - o) / \lfloor L / 2 \rfloor.$$

    Gradients pass the rounding as if it were not there. Codes number the combinations, the first
    number's levels counting fastest: there is nothing to learn, and nothing to fall out of use.

    Args:
        levels: how many levels each number has, 2 or more: `(8, 5, 5, 5)` makes 1000 codes.

    Raises:
        ValueError: if a number has fewer than 2 levels, or there are none or too many to count.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> quantiser = tfvae.quantisers.FiniteScalars((5, 3))
        >>> quantiser.vectors(tf.constant([0, 4, 14])).numpy().tolist()
        [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0]]

    Reference:
        Mentzer et al. 2024, arXiv:2309.15505, section 3.1 and the listing of appendix A.1.
    """

    def __init__(self, levels: Sequence[int], **kwargs: Any) -> None:
        if isinstance(levels, str) or not isinstance(levels, Sequence) or not levels:
            raise ValueError(
                f"`levels` must be whole numbers such as (8, 5, 5, 5), not {levels!r}."
            )
        counts = tuple(positive_integer(count, "levels") for count in levels)
        if min(counts) < 2:
            raise ValueError(
                f"Each of `levels` must be at least 2, since one level says nothing: {levels!r}."
            )
        if math.prod(counts) > np.iinfo(np.int32).max:
            raise ValueError(f"`levels` make more codes than int32 can count: {levels!r}.")
        super().__init__(len(counts), math.prod(counts), **kwargs)
        self.levels = counts
        self.built = True

    def _bounded(self, features: tf.Tensor) -> tf.Tensor:
        """Returns real numbers that round to the levels, from -(L // 2)."""
        levels = np.array(self.levels)
        half = (levels - 1) * (1.0 - MARGIN) / 2
        offset = np.where(levels % 2 == 0, 0.5, 0.0)
        shift, half, offset = (
            tf.constant(values, features.dtype) for values in (np.tan(offset / half), half, offset)
        )
        return half * tf.tanh(features + shift) - offset

    def _places(self) -> np.ndarray:
        """Returns how many codes a step of each number's level is."""
        return np.cumprod([1, *self.levels[:-1]]).astype(np.int32)

    def quantise(self, features: tf.Tensor) -> Quantisation:
        bounded, below = self._bounded(features), np.array(self.levels, np.int32) // 2
        steps = tf.cast(tf.round(bounded), tf.int32) + below
        codes = tf.reduce_sum(steps * self._places(), axis=-1)
        vectors = straight_through(bounded / below.astype(self.density_dtype), self.vectors(codes))
        return Quantisation(vectors, codes, bounded, tf.zeros_like(features[..., 0]))

    def vectors(self, codes: tf.Tensor) -> tf.Tensor:
        levels = np.array(self.levels, np.int32)
        steps = tf.math.floormod(codes[..., None] // self._places(), levels) - levels // 2
        return tf.cast(steps, self.density_dtype) / (levels // 2).astype(self.density_dtype)
