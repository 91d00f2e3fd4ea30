"""The latent space on a plane: principal components of the posterior's means."""

from typing import Any, NamedTuple

import numpy as np


class Projection(NamedTuple):
    """Latents on the plane of their first two principal components.

    Args:
        means: means of q(z given x), `[N, 2]`; of a ladder, those of its uppermost level.
        shares: share of the variance of all of them along each of the two axes, `[2]`.
        loc: locations of the prior's components, `[K, 2]`; K is 0 without components.
        covariance: their covariances, `[K, 2, 2]`.
    """

    means: np.ndarray
    shares: np.ndarray
    loc: np.ndarray
    covariance: np.ndarray


def project(vae: Any, x: Any) -> Projection:
    """Returns examples, and the components of a mixture prior, on that plane.

    Args:
        vae: a `tfvae.VAE` whose posterior is Gaussian, at least that of its uppermost level.
        x: examples, `[N, *event_shape]`, at least two.

    Raises:
        ValueError: if there are fewer than two examples.
    """
    # The mode of a Gaussian is its mean, and levels of Gaussians have a mode alone.
    means = np.asarray(vae.latents.clustered(vae.encode(x).mode()), "float64")
    means = means.reshape(len(means), -1)
    if len(means) < 2:
        raise ValueError("Principal components need at least two examples, but there is one.")
    centre = means.mean(axis=0)
    _, singular, axes = np.linalg.svd(means - centre, full_matrices=False)
    plane, shares = np.zeros((2, means.shape[1])), np.zeros(2)
    found = min(2, len(axes))
    plane[:found] = axes[:found]
    shares[:found] = singular[:found] ** 2 / max(np.sum(singular**2), np.finfo(float).tiny)
    loc, covariance = np.zeros((0, 2)), np.zeros((0, 2, 2))
    if vae.prior.num_components is not None:
        components = vae.prior.components()
        loc = (np.asarray(components.mean(), "float64") - centre) @ plane.T
        covariance = plane @ np.asarray(components.covariance(), "float64") @ plane.T
    return Projection((means - centre) @ plane.T, shares, loc, covariance)
