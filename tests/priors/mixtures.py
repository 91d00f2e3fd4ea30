"""Mixtures with random weights, and what they are in float64, by NumPy and SciPy alone."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from scipy import special

from tfvae.priors import MixtureOfGaussians


class Reference(NamedTuple):
    """A mixture in float64: `[K]`, `[K, D]` and the Cholesky factors `[K, D, D]`."""

    log_weights: np.ndarray
    loc: np.ndarray
    scale_tril: np.ndarray

    def joint(self, z: np.ndarray) -> np.ndarray:
        """log w_k + log N(z; loc_k, L_k L_k^T) for z `[N, D]`, `[N, K]`."""
        centred = np.swapaxes(z - self.loc[:, None], 1, 2)  # [K, D, N]
        whitened = np.linalg.solve(self.scale_tril, centred)
        diagonal = np.diagonal(self.scale_tril, axis1=1, axis2=2)
        constant = np.log(diagonal).sum(1) + 0.5 * z.shape[1] * np.log(2 * np.pi)
        return self.log_weights - constant - 0.5 * (whitened**2).sum(1).T

    def log_prob(self, z: np.ndarray) -> np.ndarray:
        return special.logsumexp(self.joint(z), axis=1)


def random_mixture(components: int, size: int, covariance: str, **kwargs: Any) -> Any:
    prior = MixtureOfGaussians(components, covariance, **kwargs)
    prior.build((None, size))
    random = np.random.RandomState(components + size)
    prior.logits.assign(random.normal(size=components))
    prior.loc.assign(2 * random.normal(size=(components, size)))
    prior.log_scale.assign(0.4 * random.normal(size=prior.log_scale.shape))
    if covariance != "diagonal":
        prior.shear.assign(random.normal(size=prior.shear.shape) / np.sqrt(size))
    return prior


def reference_of(prior: Any) -> Reference:
    """The same mixture from the documented meaning of its weights: A = diag(1/scale) (I + N)."""
    logits, loc, log_scale = (
        weight.numpy().astype(np.float64) for weight in (prior.logits, prior.loc, prior.log_scale)
    )
    identity = np.eye(loc.shape[1])
    whitening = np.exp(-log_scale)[..., None] * identity
    if prior.covariance != "diagonal":
        below = np.tril(prior.shear.numpy().astype(np.float64), -1)
        whitening = np.exp(-log_scale)[..., None] * (identity + below)
    scale_tril = np.linalg.inv(whitening)
    if prior.covariance == "shared":
        scale_tril = np.tile(scale_tril, (len(loc), 1, 1))
    return Reference(special.log_softmax(logits), loc, scale_tril)


def latents(count: int, size: int, seed: int = 1) -> tf.Tensor:
    return tf.constant(2 * np.random.RandomState(seed).normal(size=(count, size)), tf.float32)
