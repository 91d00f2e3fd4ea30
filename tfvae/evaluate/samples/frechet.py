"""How far apart two sets of features are, each taken for a Gaussian."""

from typing import Any

import numpy as np

from tfvae.evaluate.samples.feature_rows import as_features, check_same_size


def frechet_distance(features_a: Any, features_b: Any) -> float:
    r"""Returns the squared Frechet distance between Gaussians fitted to two sets of features.

    $$\lVert m_a - m_b \rVert^2
    + \mathrm{tr}\bigl(S_a + S_b - 2 (S_a^{1/2} S_b S_a^{1/2})^{1/2}\bigr)$$

    with sample means m and unbiased sample covariances S. With triangular factors
    $S = R^\top R$, by QR of the centred features, the trace of the root is the sum of the singular
    values of $R_a R_b^\top$: no covariance is formed, and no root of one taken.

    The estimate is biased upward, by about $c\,(1/N_a + 1/N_b)$: of sets that are both from the
    same Gaussian, of covariance with eigenvalues $\lambda$, its mean is, to first order,

    $$\Bigl(\frac1{N_a} + \frac1{N_b}\Bigr) \Bigl(\sum_i \lambda_i
    + \frac12 \sum_{ij} \frac{(1 + \delta_{ij})\, \lambda_i \lambda_j}{\lambda_i + \lambda_j}
    \Bigr)$$

    So only distances of the same numbers of examples, in the same features, can be compared.

    Args:
        features_a: features, `[N_a, D]`.
        features_b: features, `[N_b, D]`.

    Returns:
        The distance, in squared units of the features: 0 for the same mean and covariance.

    Raises:
        ValueError: if one set has no more examples than features, so that its covariance is
            singular, or they differ in their number of features.

    Example:
        >>> import numpy as np
        >>> features = np.random.default_rng(0).normal(size=[100, 3])
        >>> round(frechet_distance(features, features + [3.0, 0.0, 4.0]), 9)
        25.0

    Reference:
        Dowson and Landau 1982, "The Frechet distance between multivariate normal distributions",
        Journal of Multivariate Analysis 12; Heusel et al. 2017, arXiv:1706.08500, for features of
        a network; the root by a product of factors is ours.
    """
    a, b = as_features(features_a, "features_a"), as_features(features_b, "features_b")
    check_same_size(a, b, ("features_a", "features_b"))
    for features, name in ((a, "features_a"), (b, "features_b")):
        if len(features) <= features.shape[1]:
            raise ValueError(
                f"`{name}` has {len(features)} examples of {features.shape[1]} features: their "
                f"covariance would be singular. Give more than {features.shape[1]}; the distance "
                "is of use from some hundred times as many."
            )
    roots = [_root_of_covariance(features) for features in (a, b)]
    overlap = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    spread = sum(np.square(root).sum() for root in roots) - 2.0 * overlap
    between = np.square(a.mean(axis=0) - b.mean(axis=0)).sum()
    # Of equal covariances, what rounding leaves may lie below zero.
    return float(between + max(spread, 0.0))


def _root_of_covariance(features: np.ndarray) -> np.ndarray:
    """Returns a triangular R, `[D, D]`, with R^T R the unbiased covariance."""
    centred = features - features.mean(axis=0)
    return np.linalg.qr(centred, mode="r") / np.sqrt(len(features) - 1)
