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
        Gretton et al. 2012, equation 3; Zhao, Song and Ermon 2017, arXiv:1706.02262 (InfoVAE);
        Tolstikhin et al. 2018, arXiv:1711.01558, algorithm 2 and section 4 (WAE-MMD).
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
        z = trace.inference.z[0, 0]
        size = tf.reduce_prod(tf.shape(z)[1:])
        a, b = (tf.reshape(part, [-1, size]) for part in (z, trace.prior_sample))
        loss = trace.distortion + self.weight * maximum_mean_discrepancy(a, b, self.kernel)
        return loss + self.beta * trace.rate if self.beta else loss


def maximum_mean_discrepancy(a: tf.Tensor, b: tf.Tensor, kernel: str) -> tf.Tensor:
    """Returns the unbiased estimate of MMD^2 between samples `[B, D]` each; 0 for a single pair."""
    count = tf.cast(tf.shape(a)[0], a.dtype)
    pairs = count * (count - 1.0)
    within = sum(
        tf.reduce_sum(_kernel(one, one, kernel) * (1.0 - tf.eye(tf.shape(one)[0], dtype=a.dtype)))
        for one in (a, b)
    )
    between = _kernel(a, b, kernel)
    # As pairs of one batch and the other, those of equal number are left out too.
    between = tf.reduce_sum(between) - tf.linalg.trace(between)
    return tf.math.divide_no_nan(within - 2.0 * between, pairs)


def _kernel(a: tf.Tensor, b: tf.Tensor, kernel: str) -> tf.Tensor:
    distance = tf.reduce_sum(tf.square(a[:, None] - b[None]), axis=-1)
    size = tf.cast(tf.shape(a)[-1], a.dtype)
    if kernel == "gaussian":
        return tf.exp(-distance / size)
    widths = [scale * 2.0 * size for scale in SCALES]
    return tf.add_n([width / (width + distance) for width in widths])
