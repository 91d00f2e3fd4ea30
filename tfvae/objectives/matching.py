"""Matching the aggregated posterior with the prior: the maximum mean discrepancy."""

from typing import Any

import tensorflow as tf

from tfvae.objectives.objective import Objective, checked_weight
from tfvae.part import registered
from tfvae.trace import Trace

KERNELS = ("inverse_multiquadratic", "gaussian")
# Of the bandwidth, as Tolstikhin et al. sum kernels; a single one for the Gaussian.
SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@registered()
class MMD(Objective):
    r"""Minimises distortion + beta * rate + weight * MMD(q(z), p(z)).

    $$\mathrm{MMD} = E\, k(z, z') + E\, k(z_p, z_p') - 2 E\, k(z, z_p),\qquad
    z, z' \sim q(z),\ z_p, z_p' \sim p(z)$$

    estimated without bias from a batch of each; it can come out below zero.

    Args:
        weight: weight of the discrepancy.
        beta: weight of the rate.
        kernel: `"inverse_multiquadratic"`: sum over s in (0.1, 0.2, 0.5, 1, 2, 5, 10) of
            s C / (s C + |a - b|^2), C = 2 D, D the size of z; `"gaussian"`: exp(-|a - b|^2 / D).

    Raises:
        ValueError: if a weight is negative or not finite, or `kernel` is neither of the two.

    Example:
        >>> import tfvae
        >>> tfvae.objectives.MMD(10.0).beta
        0.0

    Reference:
        Gretton et al. 2012, "A kernel two-sample test", JMLR 13, for the squared MMD and its
        unbiased estimate from two samples of one size; Zhao, Song and Ermon 2017,
        arXiv:1706.02262 (InfoVAE); Tolstikhin et al. 2018, arXiv:1711.01558, algorithm 2 and
        section 4 (WAE-MMD).
    """

    batch_statistics = True
    draws_from_prior = True

    def __init__(
        self,
        weight: float = 10.0,
        beta: float = 0.0,
        kernel: str = "inverse_multiquadratic",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.weight, self.beta = checked_weight(weight, "weight"), checked_weight(beta, "beta")
        if kernel not in KERNELS:
            raise ValueError(f"`kernel` must be one of {', '.join(KERNELS)}, but is {kernel!r}.")
        self.kernel = kernel

    def loss(self, trace: Trace) -> tf.Tensor:
        z, log_w = trace.inference.z[:, 0], trace.inference.log_w  # [K, B, *event]
        shape = tf.shape(z)
        a = tf.reshape(z, [shape[0], shape[1], -1])
        b = tf.reshape(trace.prior_sample, [shape[1], -1])
        weights = None if log_w is None else tf.exp(log_w[:, 0])
        discrepancy = maximum_mean_discrepancy(a, b, self.kernel, weights)
        loss = trace.distortion + self.weight * discrepancy
        return loss + self.beta * trace.rate if self.beta else loss


def maximum_mean_discrepancy(
    a: tf.Tensor, b: tf.Tensor, kernel: str, weights: tf.Tensor | None = None
) -> tf.Tensor:
    """Returns the unbiased estimate of MMD^2 between two samples; 0 for a single pair.

    Args:
        a: `[K, B, D]`, K weighted points for each element of the sample.
        b: `[B, D]`.
        kernel: one of `KERNELS`.
        weights: of a's points, `[K, B]`, their sum over K one; None for equal ones.
    """
    components, count = tf.shape(a)[0], tf.shape(a)[1]
    if weights is None:
        weights = tf.ones([components, count], a.dtype) / tf.cast(components, a.dtype)
    points, weights = tf.reshape(a, [-1, tf.shape(a)[2]]), tf.reshape(weights, [-1, 1])
    # Points of one element are no pair; of one batch and the other, those of equal number neither.
    others = 1.0 - tf.eye(count, dtype=a.dtype)
    wide = tf.tile(others, [components, 1])
    within_a = _kernel(points, points, kernel) * tf.tile(wide, [1, components])
    within = tf.reduce_sum(weights * within_a * tf.transpose(weights))
    within += tf.reduce_sum(_kernel(b, b, kernel) * others)
    between = tf.reduce_sum(weights * _kernel(points, b, kernel) * wide)
    pairs = tf.reduce_sum(others)
    return tf.math.divide_no_nan(within - 2.0 * between, pairs)


def _kernel(a: tf.Tensor, b: tf.Tensor, kernel: str) -> tf.Tensor:
    distance = tf.reduce_sum(tf.square(a[:, None] - b[None]), axis=-1)
    size = tf.cast(tf.shape(a)[-1], a.dtype)
    if kernel == "gaussian":
        return tf.exp(-distance / size)
    widths = [scale * 2.0 * size for scale in SCALES]
    return tf.add_n([width / (width + distance) for width in widths])
