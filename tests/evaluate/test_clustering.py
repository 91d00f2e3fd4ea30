"""Clusters beside classes: cases worked by hand, exhaustive search and scikit-learn."""

import itertools
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from tfvae import evaluate

# Six of ten agree under the best matching {0: 2, 1: 0, 2: 1}: 3 + 2 + 1.
LABELS = [2, 2, 2, 0, 0, 0, 1, 1, 2, 1]
CLUSTERS = [0, 0, 0, 1, 1, 0, 2, 0, 1, 1]


def by_all_matchings(labels: np.ndarray, clusters: np.ndarray, size: int) -> float:
    """The best share over every way to number the clusters anew."""
    orders = itertools.permutations(range(size))
    return max(float(np.mean(np.take(order, clusters) == labels)) for order in orders)


def test_accuracy_of_a_case_worked_by_hand() -> None:
    assert evaluate.match_clusters(LABELS, CLUSTERS) == {0: 2, 1: 0, 2: 1}
    assert evaluate.clustering_accuracy(LABELS, CLUSTERS) == pytest.approx(0.6)


@pytest.mark.parametrize("seed", range(5))
def test_accuracy_is_the_best_of_all_matchings(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels, clusters = generator.integers(0, 5, [2, 60])
    expected = by_all_matchings(labels, clusters, 5)
    assert evaluate.clustering_accuracy(labels, clusters) == pytest.approx(expected)


def test_the_names_of_clusters_mean_nothing() -> None:
    renamed = np.take([40, -3, 7], CLUSTERS)
    assert evaluate.clustering_accuracy(LABELS, renamed) == pytest.approx(0.6)
    expected = evaluate.normalised_mutual_information(LABELS, CLUSTERS)
    assert evaluate.normalised_mutual_information(LABELS, renamed) == pytest.approx(expected)


def test_clusters_left_over_count_as_wrong() -> None:
    assert evaluate.clustering_accuracy([0, 0, 0, 0], [0, 1, 2, 3]) == 0.25
    assert evaluate.match_clusters([0, 0, 0, 1], [0, 0, 0, 0]) == {0: 0}


@pytest.mark.parametrize("seed", range(5))
def test_mutual_information_agrees_with_scikit_learn(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 4, 200)
    clusters = np.where(generator.uniform(size=200) < 0.5, labels, generator.integers(0, 6, 200))
    expected = metrics.normalized_mutual_info_score(labels, clusters)
    found = evaluate.normalised_mutual_information(labels, clusters)
    assert 0.1 < found < 0.9
    assert found == pytest.approx(expected, abs=1e-12)


def test_mutual_information_of_extremes() -> None:
    assert evaluate.normalised_mutual_information([1, 1], [0, 0]) == 1.0
    assert evaluate.normalised_mutual_information([0, 1], [0, 0]) == 0.0
    assert evaluate.normalised_mutual_information([0, 0, 1, 1], [0, 1, 0, 1]) == 0.0


@pytest.mark.parametrize(
    ("labels", "clusters", "words"),
    [
        ([0, 1], [0, 1, 1], "2 labels, but 3 clusters"),
        ([0.0, 1.0], [0, 1], "`labels` must be a row of whole numbers"),
        ([0, 1], [[0], [1]], "`clusters` must be a row of whole numbers"),
        ([], [], "`labels` must be a row of whole numbers"),
    ],
)
def test_what_is_no_clustering_is_refused(labels: Any, clusters: Any, words: str) -> None:
    for score in (evaluate.clustering_accuracy, evaluate.normalised_mutual_information):
        with pytest.raises(ValueError, match=words):
            score(labels, clusters)
