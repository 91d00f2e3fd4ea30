"""Whether samples are copies: how near each is to the training data, beside examples held out."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tfvae.evaluate.samples.feature_rows import as_features, check_same_size
from tfvae.part import positive_integer


class Neighbours(NamedTuple):
    """The nearest training example of each sample.

    Args:
        distances: Euclidean, float64 `[N]`.
        indices: its number among the training examples, int64 `[N]`.
    """

    distances: np.ndarray
    indices: np.ndarray


def nearest_neighbours(samples: Any, training: Any) -> Neighbours:
    """Finds the nearest training example of each sample, in memory that does not grow with both.

    Args:
        samples: images or features, `[N, ...]`.
        training: of the same shape but for their number, `[M, ...]`.

    Returns:
        Distances and indices: `training[found.indices]` are the neighbours themselves.

    Raises:
        ValueError: if they are not numbers of the same shape.

    Example:
        >>> found = nearest_neighbours([[0.0, 1.0]], [[5.0, 5.0], [0.0, 3.0]])
        >>> found.distances, found.indices
        (array([2.]), array([1]))
    """
    from sklearn.metrics import pairwise_distances_argmin

    samples, training = as_features(samples, "samples"), as_features(training, "training")
    check_same_size(samples, training, ("samples", "training"))
    indices = pairwise_distances_argmin(samples, training)
    # Of near copies, the distance by which they were found has but half of the digits.
    return Neighbours(np.linalg.norm(samples - training[indices], axis=1), indices)


def memorisation(
    samples: Any,
    held_out: Any,
    training: Any,
    share: float = 0.05,
    cells: int = 10,
    seed: int = 0,
) -> dict[str, float]:
    r"""Returns whether samples are nearer to the training data than examples held out are.

    Let d be the distance to the nearest training example. The share of m samples that are nearer
    than the `share` quantile of n examples held out is `share` for a perfect model, and more for
    one that copies. The copying statistic is a rank test in each cell of the space, weighted by
    the examples held out in it:

    $$C_T = \sum_c w_c \frac{U_c - m_c n_c / 2}{\sqrt{m_c n_c (m_c + n_c + 1) / 12}},\qquad
    U_c = \sum_{ij} [d(sample_i) > d(held\ out_j)],\qquad w_c \propto n_c$$

    For a perfect model its mean is 0; far below lies a model that copies, and far above one whose
    samples stray. A standard error here is that around the value of a perfect model.

    Args:
        samples: images or features, `[m, ...]`.
        held_out: examples that the model was not trained on, of the same shape, `[n, ...]`.
        training: examples that it was trained on.
        share: share of the examples held out, between 0 and 1.
        cells: number of cells, found by k-means on the training examples.
        seed: seed of k-means.

    Returns:
        `closer_share` and `copying_statistic`, each with its `..._standard_error`; and
        `expected_share`, as given.

    Raises:
        ValueError: if the examples are not numbers of the same shape, or fewer than cells.

    Example:
        >>> import numpy as np
        >>> training, held_out = np.random.default_rng(0).normal(size=[2, 500, 2])
        >>> found = memorisation(training + 0.001, held_out, training)
        >>> found["closer_share"] > 0.9, found["copying_statistic"] < -5
        (True, True)

    Reference:
        Meehan, Chaudhuri and Dasgupta 2020, arXiv:2004.05675. The nearest training example may lie
        in another cell here, ties count by half, and cells without a sample are left out.
    """
    if not (isinstance(share, float) and 0.0 < share < 1.0):
        raise ValueError(f"`share` must be a number between 0 and 1, but is {share!r}.")
    training = as_features(training, "training")
    found = as_features(samples, "samples"), as_features(held_out, "held_out")
    for features, name in zip(found, ("samples", "held_out"), strict=True):
        check_same_size(features, training, (name, "training"))
    cells_of = _cells(training, cells, seed)
    near, other = (nearest_neighbours(features, training).distances for features in found)
    # The estimate of a quantile that a new example falls below with just that probability.
    limit = np.quantile(other, share, method="weibull")
    statistic, error = _copying_statistic(near, other, *map(cells_of, found))
    return {
        "closer_share": float(np.mean(near < limit)),
        "closer_share_standard_error": math.sqrt(
            share * (1.0 - share) * (1.0 / len(near) + 1.0 / len(other))
        ),
        "expected_share": share,
        "copying_statistic": statistic,
        "copying_statistic_standard_error": error,
    }


def _cells(training: np.ndarray, cells: int, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """Returns what tells in which cell each example of a set lies."""
    from sklearn.cluster import KMeans

    if positive_integer(cells, "cells") > len(training):
        raise ValueError(f"There are {cells} cells, but {len(training)} training examples.")
    return KMeans(cells, n_init=1, random_state=seed).fit(training).predict


def _copying_statistic(
    near: np.ndarray, other: np.ndarray, near_cells: np.ndarray, other_cells: np.ndarray
) -> tuple[float, float]:
    """Returns C_T, and its standard deviation if both sets are alike; NaN if no cell has both."""
    from scipy.stats import mannwhitneyu

    scores, sizes = [], []
    for cell in np.intersect1d(near_cells, other_cells):
        a, b = near[near_cells == cell], other[other_cells == cell]
        pairs = len(a) * len(b)
        surplus = mannwhitneyu(a, b, method="asymptotic").statistic - pairs / 2.0
        scores.append(surplus / math.sqrt(pairs * (len(a) + len(b) + 1) / 12.0))
        sizes.append(len(b))
    if not sizes:
        return math.nan, math.nan
    weights = np.array(sizes) / np.sum(sizes)
    return float(weights @ scores), float(np.linalg.norm(weights))
