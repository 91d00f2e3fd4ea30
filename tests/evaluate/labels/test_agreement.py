"""Clusters beside classes: cases worked by hand, exhaustive search and definitions."""

import itertools
from typing import Any

import numpy as np
import pytest

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


def entropy(*columns: np.ndarray) -> float:
    """That of rows of these columns, in nats."""
    shares = np.unique(np.stack(columns), axis=1, return_counts=True)[1] / len(columns[0])
    return float(-(shares * np.log(shares)).sum())


def pairs_together(classes: np.ndarray) -> np.ndarray:
    """Which of all pairs of examples are in the same class."""
    return (classes[:, None] == classes)[np.triu_indices(len(classes), 1)]


@pytest.mark.parametrize("seed", range(5))
def test_mutual_information_and_rand_index_by_their_definitions(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 4, 200)
    clusters = np.where(generator.uniform(size=200) < 0.5, labels, generator.integers(0, 6, 200))
    entropies = entropy(labels) + entropy(clusters)
    expected = 2 * (entropies - entropy(labels, clusters)) / entropies
    found = evaluate.normalised_mutual_information(labels, clusters)
    assert 0.1 < found < 0.9
    assert found == pytest.approx(expected, abs=1e-12)
    # Over partitions with the same sizes, two pairs are together independently on average.
    one, other = pairs_together(labels), pairs_together(clusters)
    by_chance = one.mean() * other.mean()
    agreement, most = (one & other).mean(), 0.5 * (one.mean() + other.mean())
    expected = (agreement - by_chance) / (most - by_chance)
    assert evaluate.adjusted_rand_index(labels, clusters) == pytest.approx(expected, abs=1e-12)


def test_rand_index_of_a_case_worked_by_hand() -> None:
    # Of six pairs two are together in both, by chance 6 * (2/6 * 3/6) = 1, at most (2 + 3) / 2.
    assert evaluate.adjusted_rand_index([0, 0, 1, 1], [0, 0, 0, 1]) == pytest.approx(0.0)
    assert evaluate.adjusted_rand_index([0, 0, 1, 1], [5, 5, 2, 7]) == pytest.approx(4 / 7)


def test_rand_index_of_random_clusters_is_none_on_average() -> None:
    generator = np.random.default_rng(0)
    drawn = [generator.integers(0, 5, [2, 100]) for _ in range(200)]
    values = [evaluate.adjusted_rand_index(*pair) for pair in drawn]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(200)


@pytest.mark.parametrize("seed", range(5))
def test_majority_accuracy_is_the_best_of_all_namings(seed: int) -> None:
    """Of all functions from clusters to labels, matchings or not."""
    generator = np.random.default_rng(seed)
    labels, clusters = generator.integers(0, 3, 60), generator.integers(0, 5, 60)
    namings = itertools.product(range(3), repeat=5)
    expected = max(float(np.mean(np.take(naming, clusters) == labels)) for naming in namings)
    found = evaluate.majority_accuracy(labels, clusters)
    assert found == pytest.approx(expected)
    assert found >= evaluate.clustering_accuracy(labels, clusters)


def test_majority_accuracy_grows_with_the_number_of_clusters() -> None:
    labels, clusters = np.arange(12) % 3, np.arange(12) % 4
    finer = clusters + 4 * (np.arange(12) // 6)
    scores = [
        evaluate.majority_accuracy(labels, each)
        for each in (np.zeros(12, int), finer, np.arange(12))
    ]
    assert scores[0] == pytest.approx(1 / 3)
    assert scores[0] < scores[1] < scores[2] == 1.0


def test_all_scores_together() -> None:
    found = evaluate.clustering(LABELS, CLUSTERS)
    assert found.accuracy == evaluate.clustering_accuracy(LABELS, CLUSTERS)
    assert found.majority_accuracy == evaluate.majority_accuracy(LABELS, CLUSTERS)
    information = evaluate.normalised_mutual_information(LABELS, CLUSTERS)
    assert found.normalised_mutual_information == information
    assert found.adjusted_rand_index == evaluate.adjusted_rand_index(LABELS, CLUSTERS)


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
    for score in (
        evaluate.clustering,
        evaluate.clustering_accuracy,
        evaluate.majority_accuracy,
        evaluate.normalised_mutual_information,
        evaluate.adjusted_rand_index,
    ):
        with pytest.raises(ValueError, match=words):
            score(labels, clusters)
