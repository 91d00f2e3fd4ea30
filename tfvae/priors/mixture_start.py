"""Where a mixture starts when it is given data: k-means, or a fitted mixture of Gaussians."""

import warnings
from typing import NamedTuple

import numpy as np

# Of the variance of all latents: a cluster of one point must not start as a spike.
SMALLEST_SHARE_OF_VARIANCE = 1e-4
# Enough to place components; clustering more than this costs time and moves nothing.
MOST_LATENTS = 20_000


class MixtureStart(NamedTuple):
    """Values for a mixture's variables: `[K]`, `[K, D]`, `[K, D]` and `[K, D, D]`.

    The last two are `[D]` and `[D, D]` for a shared covariance, and None where there is no such.
    """

    logits: np.ndarray
    loc: np.ndarray
    log_scale: np.ndarray
    shear: np.ndarray | None


def fit_start(
    latents: np.ndarray, num_components: int, covariance: str, method: str, seed: int, restarts: int
) -> MixtureStart:
    """Fits a mixture to latents `[N, D]` by `method` ("kmeans" or "mixture"), the best of several.

    Raises:
        ValueError: if there are fewer latents than components, or one is not finite.
    """
    latents = np.asarray(latents, np.float64)
    if len(latents) < num_components:
        raise ValueError(
            f"A mixture of {num_components} components cannot start from {len(latents)} examples: "
            "give `adapt` more data, or take fewer components."
        )
    if not np.isfinite(latents).all():
        raise ValueError("The encoder gave latents that are not finite: it cannot be adapted to.")
    from sklearn.exceptions import ConvergenceWarning

    generator = np.random.default_rng(seed)
    if len(latents) > MOST_LATENTS:
        latents = latents[generator.choice(len(latents), MOST_LATENTS, replace=False)]
    floor = SMALLEST_SHARE_OF_VARIANCE * latents.var() + 1e-8
    random_state = int(generator.integers(2**31))
    fitted = _by_kmeans if method == "kmeans" else _by_mixture
    with warnings.catch_warnings():
        # Fewer distinct latents than components, or a fit that could go on, will do for a start.
        warnings.simplefilter("ignore", ConvergenceWarning)
        options = {"n_init": restarts, "random_state": random_state}
        weights, loc, covariances = fitted(latents, num_components, covariance, floor, options)
    logits = np.log(np.maximum(weights, 1.0 / len(latents)))
    if covariance == "diagonal":
        return MixtureStart(logits, loc, 0.5 * np.log(covariances), None)
    whitening = np.linalg.inv(np.linalg.cholesky(covariances))
    inverse_scale = np.diagonal(whitening, axis1=-2, axis2=-1)
    shear = np.tril(whitening / inverse_scale[..., None], -1)
    return MixtureStart(logits, loc, -np.log(inverse_scale), shear)


def _by_kmeans(
    latents: np.ndarray, num_components: int, covariance: str, floor: float, options: dict[str, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from sklearn.cluster import KMeans

    fit = KMeans(num_components, **options).fit(latents)
    held = [fit.labels_ == k for k in range(num_components)]
    weights = np.mean(held, axis=1)
    # A cluster is empty where latents coincide: it starts as wide as all of them.
    members = [latents[mask] if mask.any() else latents for mask in held]
    if covariance == "diagonal":
        return weights, fit.cluster_centers_, np.stack([m.var(0) + floor for m in members])
    ridge = floor * np.eye(latents.shape[1])
    covariances = np.stack([np.cov(m.T, bias=True).reshape(ridge.shape) for m in members])
    if covariance == "shared":
        covariances = np.tensordot(weights, covariances, axes=1)
    return weights, fit.cluster_centers_, covariances + ridge


def _by_mixture(
    latents: np.ndarray, num_components: int, covariance: str, floor: float, options: dict[str, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from sklearn.mixture import GaussianMixture

    kind = {"diagonal": "diag", "full": "full", "shared": "tied"}[covariance]
    fit = GaussianMixture(num_components, covariance_type=kind, reg_covar=floor, **options).fit(
        latents
    )
    return fit.weights_, fit.means_, fit.covariances_
