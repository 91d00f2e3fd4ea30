"""The ordinal likelihood: levels that have an order, and no distances."""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.categorical import check_codes, checked_classes, log_prob_of_codes
from tfvae.families.elementwise import Elementwise
from tfvae.families.family import Parameters, Projection
from tfvae.part import registered
from tfvae.special import log_1_minus_exp, softplus


@registered()
class Ordinal(Elementwise):
    r"""Independent elements with one of K ordered levels each, as codes 0, 1, ..., K-1.

    $$P(x_i \le k) = \sigma(cut_{i k} - loc_i)$$

    The decoder gives the location; the K-1 cuts of an element are weights, in order by
    construction, which start with all levels equally probable. `mean` and `point` are the median
    level, since distances between levels mean nothing.

    Args:
        event_shape: shape of one event.
        num_classes: K, at least 2.

    Raises:
        ValueError: if the shape is not of whole numbers above zero, or `num_classes` is no whole
            number of at least 2.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.Ordinal((1,), num_classes=5)
        >>> likelihood.mean(likelihood(tf.zeros([2, 8]))).numpy().ravel()
        array([2., 2.], dtype=float32)

    Reference:
        McCullagh 1980, "Regression Models for Ordinal Data", the proportional odds model; Nazabal
        et al. 2018, arXiv:1807.03653, for ordinal columns. There the cuts come from the network;
        here they are weights.
    """

    is_discrete = True

    def __init__(self, event_shape: tuple[int, ...], num_classes: int, **kwargs: Any) -> None:
        super().__init__(event_shape, **kwargs)
        self.num_classes = checked_classes(num_classes)

    def heads(self) -> dict[str, Projection]:
        return {"loc": Projection(self.event_shape, name="loc")}

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        share = np.arange(1, self.num_classes) / self.num_classes
        cuts = np.log(share / (1.0 - share))
        starts = {"first_cut": cuts[:1], "log_gaps": np.log(np.diff(cuts))}
        self.first_cut, self.log_gaps = (
            self.add_weight(
                name=name,
                shape=(math.prod(self.event_shape), len(start)),
                initializer=_Repeated(start),
                dtype=self.density_dtype,
                autocast=False,
            )
            if len(start)
            else None
            for name, start in starts.items()
        )
        super().build(features_shape)

    def cuts(self) -> tf.Tensor:
        """Returns the cuts between levels, in order, `[D, K - 1]` for D elements."""
        first = tf.convert_to_tensor(self.first_cut)
        if self.log_gaps is None:
            return first
        gaps = tf.exp(tf.convert_to_tensor(self.log_gaps))
        return tf.concat([first, first + tf.cumsum(gaps, axis=-1)], axis=-1)

    def log_probs(self, parameters: Parameters) -> tf.Tensor:
        """Returns the logarithm of the probability of each level, `[..., D, K]` for D elements."""
        cuts, loc = self.cuts(), tf.expand_dims(self.flat(parameters["loc"]), -1)
        edge = tf.zeros_like(loc)
        # sigmoid(b) - sigmoid(a) is sigmoid(b) sigmoid(-a) (1 - exp(a - b)), at all levels but
        # the two outermost, where one factor is left.
        below = tf.concat([-softplus(loc - cuts), edge], axis=-1)
        above = tf.concat([edge, -softplus(cuts - loc)], axis=-1)
        if self.log_gaps is None:
            return below + above
        log_widths = log_1_minus_exp(tf.exp(tf.convert_to_tensor(self.log_gaps))) + edge
        return below + above + tf.concat([edge, log_widths, edge], axis=-1)

    def distribution(self, parameters: Parameters) -> Any:
        logits = self.unflat(self.log_probs(parameters), rest=1)
        elements = tfp.distributions.Categorical(logits, dtype=self.density_dtype)
        return tfp.distributions.Independent(elements, len(self.event_shape))

    def element_log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        return self.unflat(log_prob_of_codes(self.log_probs(parameters), self.flat(x)))

    def mean(self, parameters: Parameters) -> tf.Tensor:
        passed = self.cuts() < tf.expand_dims(self.flat(parameters["loc"]), -1)
        return self.unflat(tf.reduce_sum(tf.cast(passed, self.density_dtype), axis=-1))

    def check(self, x: np.ndarray) -> None:
        super().check(x)
        check_codes(x, self.num_classes, type(self).__name__)


class _Repeated(keras.initializers.Initializer):
    """The same numbers for every element of an event."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return keras.ops.broadcast_to(keras.ops.convert_to_tensor(self.values, dtype), shape)
