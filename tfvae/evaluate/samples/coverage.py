"""Whether samples lie where the data are, and the data where samples are."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from tfvae.evaluate.samples.feature_rows import as_features, check_same_size
from tfvae.part import positive_integer

# Bytes of distances held at once.
WORKING_MEMORY = 2**27


def precision_recall(real: Any, fake: Any, k: int = 3) -> dict[str, float]:
    r"""Returns which share of samples lies among the data, and of data among the samples.

    $$precision = \frac1M \sum_j \max_i\, [\lVert f_j - r_i \rVert \le \rho_k(r_i)],\qquad
    recall = \frac1N \sum_i \max_j\, [\lVert r_i - f_j \rVert \le \rho_k(f_j)]$$

    where $\rho_k$ is the distance to the k-th nearest other example of the same set. Both rise
    with k, and depend on the sizes of the sets: compare only what has the same.

    Args:
        real: features of data, `[N, D]`.
        fake: features of samples, `[M, D]`.
        k: number of the neighbour that bounds the ball around an example.

    Returns:
        `precision` and `recall`, from 0 to 1.

    Raises:
        ValueError: if a set has no more than k examples, or they differ in their features.

    Example:
        >>> real, fake = [[0.0], [1.0], [2.0], [9.0]], [[0.5], [1.5], [0.9], [1.1]]
        >>> precision_recall(real, fake, k=1)
        {'precision': 1.0, 'recall': 0.25}

    Reference:
        Kynkaanniemi et al. 2019, arXiv:1904.06991, equations 1 and 2.
    """
    real, fake = _checked(real, fake, k)
    real_radii, fake_radii = _radii(real, k), _radii(fake, k)
    among_real, among_fake = np.zeros(len(fake), bool), np.zeros(len(real), bool)
    for rows, distances in _distances(real, fake):
        among_real |= (distances <= real_radii[rows, None]).any(axis=0)
        among_fake[rows] = (distances <= fake_radii).any(axis=1)
    return {"precision": float(among_real.mean()), "recall": float(among_fake.mean())}


def density_coverage(real: Any, fake: Any, k: int = 5) -> dict[str, float]:
    r"""Returns in how many balls around data samples lie, and which share of the balls has one.

    $$density = \frac1{k M} \sum_{ij} [\lVert f_j - r_i \rVert \le \rho_k(r_i)],\qquad
    coverage = \frac1N \sum_i \max_j\, [\lVert f_j - r_i \rVert \le \rho_k(r_i)]$$

    Balls are around data alone, so that no outlier among the samples can widen them. Of samples
    from the data's own distribution, whatever it is, the expected density is 1, and the expected
    coverage $1 - \prod_{i=1}^k (N - i) / (N + M - i)$, which is near $1 - 2^{-k}$ if N = M.

    Args:
        real: features of data, `[N, D]`.
        fake: features of samples, `[M, D]`.
        k: number of the neighbour that bounds the ball around an example.

    Returns:
        `density`, from 0, which can exceed 1, and `coverage`, from 0 to 1.

    Raises:
        ValueError: if a set has no more than k examples, or they differ in their features.

    Example:
        >>> real, fake = [[0.0], [1.0], [2.0], [9.0]], [[0.5], [1.5], [0.9], [1.1]]
        >>> density_coverage(real, fake, k=1)
        {'density': 2.0, 'coverage': 0.75}

    Reference:
        Naeem et al. 2020, arXiv:2002.09797.
    """
    real, fake = _checked(real, fake, k)
    radii, held = _radii(real, k), np.zeros(len(real), int)
    for rows, distances in _distances(real, fake):
        held[rows] = (distances <= radii[rows, None]).sum(axis=1)
    return {"density": float(held.sum() / (k * len(fake))), "coverage": float((held > 0).mean())}


def _checked(real: Any, fake: Any, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns both sets as float64, after checking that each has a k-th neighbour."""
    positive_integer(k, "k")
    real, fake = as_features(real, "real"), as_features(fake, "fake")
    check_same_size(real, fake, ("real", "fake"))
    for features, name in ((real, "real"), (fake, "fake")):
        if len(features) <= k:
            raise ValueError(
                f"`{name}` has {len(features)} examples, of which none has {k} others around it: "
                "give more of them, or a smaller `k`."
            )
    return real, fake


def _radii(features: np.ndarray, k: int) -> np.ndarray:
    """Returns the distance from each example to its k-th nearest other, `[N]`."""
    radii = np.empty(len(features))
    for rows, distances in _distances(features, features):
        # An example is at distance 0 from itself, whatever lies beside it: so the k-th other is
        # the one of rank k, counted from 0.
        radii[rows] = np.partition(distances, k, axis=1)[:, k]
    return radii


def _distances(rows: np.ndarray, columns: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields the distances from some rows at a time to all columns.

    By differences: matrix products would be faster, but round so that an example at the edge of a
    ball, as each neighbour of an example that was copied, falls in or out by chance.
    """
    from scipy.spatial.distance import cdist

    at_once = max(1, WORKING_MEMORY // (8 * len(columns)))
    for start in range(0, len(rows), at_once):
        part = slice(start, start + at_once)
        yield part, cdist(rows[part], columns)
