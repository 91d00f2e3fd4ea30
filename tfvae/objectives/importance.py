"""The importance-weighted bound."""

from typing import Any

import tensorflow as tf

from tfvae.objectives.objective import Objective
from tfvae.part import registered
from tfvae.trace import Trace


@registered()
class IWAE(Objective):
    r"""Maximises the importance-weighted bound of k samples.

    $$\mathcal L_k = E \log \frac1k \sum_{i=1}^k \frac{p(x, z_i)}{q(z_i|x)},\qquad z_i \sim q$$

    It rises with k and tends to log p(x). With k = 1 it is the ELBO, its rate sampled.

    Args:
        num_samples: k.

    Raises:
        ValueError: if `num_samples` is not a whole number above zero.

    Example:
        >>> import tfvae
        >>> tfvae.objectives.IWAE(5).num_samples
        5

    Reference:
        Burda, Grosse and Salakhutdinov 2015, arXiv:1509.00519, equation 8.
    """

    def __init__(self, num_samples: int = 5, **kwargs: Any) -> None:
        super().__init__(num_samples, **kwargs)

    def loss(self, trace: Trace) -> tf.Tensor:
        return -importance_bound(trace)


def importance_bound(trace: Trace) -> tf.Tensor:
    """Returns log of the mean importance weight over K and S, `[B]`, in nats."""
    log_w = trace.inference.log_w
    log_ratio = trace.log_ratio if log_w is None else trace.log_ratio + log_w
    # Uniform weights over K are left out of `log_w`: they are part of the mean.
    averaged = tf.shape(log_ratio)[:2] if log_w is None else tf.shape(log_ratio)[1:2]
    count = tf.cast(tf.reduce_prod(averaged), log_ratio.dtype)
    return tf.reduce_logsumexp(log_ratio, axis=(0, 1)) - tf.math.log(count)
