"""Latent variables unit by unit: the marginals of their densities, and divergences of those."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.divergence import closed_form_kl

# Of quadrature over a Gaussian.
NODES = 64


def marginals(distribution: Any) -> Any | None:
    """Returns the distribution of each unit of z, its batch `[..., U]`; None if it is not known.

    The units of a Gaussian, or of a mixture of Gaussians, are its coordinates; those of
    independent categorical variables are the variables.

    Args:
        distribution: a `tfd.Distribution` over z, of batch `[...]`.
    """
    tfd = tfp.distributions
    if isinstance(distribution, tfd.MultivariateNormalDiag | tfd.MultivariateNormalTriL):
        return tfd.Normal(distribution.mean(), distribution.stddev())
    if isinstance(distribution, tfd.Independent):
        units = distribution.distribution
        lead = distribution.batch_shape.rank
        return units if units.batch_shape.rank == lead + 1 else None
    log_weights, components = _mixed(distribution)
    each = None if components is None else marginals(components)  # [..., K, U]
    if not isinstance(each, tfd.Normal):
        return None
    loc, scale = (tf.linalg.matrix_transpose(value) for value in (each.loc, each.scale))
    logits = tf.broadcast_to(log_weights[..., None, :], tf.shape(loc))
    return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), tfd.Normal(loc, scale))


def _mixed(distribution: Any) -> tuple[Any, Any]:
    """Returns a mixture's log-weights `[..., K]` and components, or None twice if it is none."""
    from tfvae.latents.clustered_distribution import ClusteredDistribution

    if isinstance(distribution, tfp.distributions.MixtureSameFamily):
        weights = distribution.mixture_distribution.logits_parameter()
        return tf.nn.log_softmax(weights), distribution.components_distribution
    if isinstance(distribution, ClusteredDistribution) and not distribution.with_codes:
        return distribution.log_class, distribution.of_z
    return None, None


def factorises(distribution: Any) -> bool:
    """Whether the density of z is known to be the product of its marginals."""
    tfd = tfp.distributions
    independent = isinstance(distribution, tfd.MultivariateNormalDiag | tfd.Independent)
    return independent and marginals(distribution) is not None


def kl_by_unit(q: Any, p: Any) -> tf.Tensor | None:
    r"""Returns the divergence of the marginals of two distributions over z, unit by unit.

    $$\mathrm{KL}(q(z_u), p(z_u))$$

    In closed form where there is one; else, if q is made of Gaussians, by Gauss and Hermite's rule.

    Args:
        q: posterior, a `tfd.Distribution` of batch `[B]`.
        p: prior, a `tfd.Distribution` of batch `[]`.

    Returns:
        `[B, U]`, in nats; None if it is not known.
    """
    of_q, of_p = marginals(q), marginals(p)
    closed = closed_form_kl(of_q, of_p)
    if closed is not None or of_q is None or of_p is None:
        return closed
    tfd = tfp.distributions
    if isinstance(of_q, tfd.Normal):
        return _mean_log_ratio(of_q, of_p, of_q.loc, of_q.scale)
    if not isinstance(of_q, tfd.MixtureSameFamily):
        return None
    loc, scale = (
        # [B, U, K] to [K, B, U]: the mixture's densities are of values [..., B, U].
        tf.transpose(value, (2, 0, 1))
        for value in (of_q.components_distribution.loc, of_q.components_distribution.scale)
    )
    shares = tf.nn.softmax(of_q.mixture_distribution.logits_parameter())
    parts = _mean_log_ratio(of_q, of_p, loc, scale)
    return tf.reduce_sum(tf.transpose(shares, (2, 0, 1)) * parts, axis=0)


def _mean_log_ratio(q: Any, p: Any, loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """Returns the mean of log q - log p under N(loc, scale^2), `[..., B, U]`, by quadrature."""
    nodes, masses = np.polynomial.hermite_e.hermegauss(NODES)
    masses = tf.constant(masses / masses.sum(), loc.dtype)

    def log_ratio(node: tf.Tensor) -> tf.Tensor:
        value = loc + scale * node
        return q.log_prob(value) - p.log_prob(value)

    # One node at a time: a mixture with many components takes their number times the memory.
    ratios = tf.map_fn(log_ratio, tf.constant(nodes, loc.dtype), fn_output_signature=loc.dtype)
    return tf.einsum("h,h...->...", masses, ratios)
