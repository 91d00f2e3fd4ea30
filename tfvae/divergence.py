"""Kullback-Leibler divergences between a posterior and a prior, where they have a closed form."""

from typing import Any

import tensorflow as tf

from tfvae import probability as tfp


def kl_by_dimension(q: Any, p: Any) -> tf.Tensor | None:
    r"""Returns the divergence of each latent dimension, if both are diagonal Gaussians.

    $$\mathrm{KL}_d = \tfrac12 \left(r_d^2 + \delta_d^2 - 1 - \log r_d^2\right),\quad
    r = \frac{scale_q}{scale_p},\ \delta = \frac{loc_q - loc_p}{scale_p}$$

    Args:
        q: posterior, a `tfd.Distribution` of batch `[B]`.
        p: prior, a `tfd.Distribution`.

    Returns:
        `[B, D]` in nats, or None if one of the two is not a diagonal Gaussian.

    Example:
        >>> import tensorflow as tf, tensorflow_probability as tfp
        >>> from tfvae.divergence import kl_by_dimension
        >>> normal = tfp.distributions.MultivariateNormalDiag
        >>> kl_by_dimension(normal(tf.ones([1, 2]), tf.ones([2])), normal(tf.zeros([2]))).numpy()
        array([[0.5, 0.5]], dtype=float32)

    Reference:
        Kingma and Welling 2013, arXiv:1312.6114, appendix B, where p is standard normal.
    """
    gaussian = tfp.distributions.MultivariateNormalDiag
    if not (isinstance(q, gaussian) and isinstance(p, gaussian)):
        return None
    scale = q.stddev() / p.stddev()
    shift = (q.mean() - p.mean()) / p.stddev()
    return 0.5 * (tf.square(scale) + tf.square(shift) - 1.0) - tf.math.log(scale)


def closed_form_kl(q: Any, p: Any) -> tf.Tensor | None:
    """Returns KL(q, p) in nats, or None if there is no closed form for the pair.

    There is none where one of the two is not given as a distribution.
    """
    if q is None or p is None:
        return None
    by_dimension = kl_by_dimension(q, p)
    if by_dimension is not None:
        return tf.reduce_sum(by_dimension, axis=-1)
    try:
        return tfp.distributions.kl_divergence(q, p)
    except NotImplementedError:
        return None
