"""Nearest training examples by brute force; copies, strays, and what chance makes of neither."""

from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from tfvae import evaluate


def three_sets(seed: int, count: int = 300, size: int = 4) -> np.ndarray:
    """Training examples, examples held out and samples, all from one distribution."""
    return np.random.default_rng(seed).normal(size=[3, count, size])


def test_neighbours_are_those_of_all_pairs() -> None:
    samples, training = np.random.default_rng(0).normal(size=[2, 200, 5, 3])
    pairs = cdist(samples.reshape(200, -1), training.reshape(200, -1))
    found = evaluate.nearest_neighbours(samples, training)
    np.testing.assert_array_equal(found.indices, pairs.argmin(axis=1))
    np.testing.assert_allclose(found.distances, pairs.min(axis=1), rtol=1e-12)


def test_the_distance_of_a_near_copy_keeps_its_digits() -> None:
    training = 100.0 + np.random.default_rng(0).normal(size=[50, 8])
    copies = training[[7, 3]].copy()
    copies[:, 0] += 1e-9
    found = evaluate.nearest_neighbours(copies, training)
    assert found.indices.tolist() == [7, 3]
    np.testing.assert_allclose(found.distances, 1e-9, rtol=1e-4)


def test_what_chance_makes_of_a_perfect_model() -> None:
    """Over seeds, both figures have the mean and the standard error that are stated."""
    found = []
    for seed in range(80):
        training, held_out, samples = three_sets(seed, count=150)
        found.append(evaluate.memorisation(samples, held_out, training, cells=4, seed=seed))
    for name, expected in (("copying_statistic", 0.0), ("closer_share", 0.05)):
        scores = [(one[name] - expected) / one[f"{name}_standard_error"] for one in found]
        assert abs(np.mean(scores)) < 4.0 / np.sqrt(len(scores))
        # Of 80 standard normals, the standard deviation is within 4 times 0.08 of 1.
        assert abs(np.std(scores, ddof=1) - 1.0) < 0.32


def test_copies_are_near_and_strays_far() -> None:
    training, held_out, samples = three_sets(0)
    copies = evaluate.memorisation(training + 1e-3, held_out, training)
    assert copies["closer_share"] > 0.95
    assert copies["copying_statistic"] < -15 * copies["copying_statistic_standard_error"]
    strays = evaluate.memorisation(2.0 * samples, held_out, training)
    assert strays["closer_share"] < 0.05
    assert strays["copying_statistic"] > 10 * strays["copying_statistic_standard_error"]


def test_the_statistic_of_a_case_worked_by_hand() -> None:
    """Distances 1 and 3 of the samples, 2 and 2 of the others: 2 pairs of 4, and none to spare."""
    training = [[0.0], [100.0]]
    found = evaluate.memorisation([[1.0], [3.0]], [[2.0], [-2.0]], training, cells=1)
    assert found["copying_statistic"] == 0.0
    found = evaluate.memorisation([[1.0], [2.0]], [[2.0], [-3.0]], training, cells=1)
    # One pair of equals: U is 1/2, less 2, over the root of 2 * 2 * 5 / 12.
    assert found["copying_statistic"] == pytest.approx(-1.5 / np.sqrt(5 / 3))
    assert found["copying_statistic_standard_error"] == 1.0
    # Two cells, the second with a share of 1/3, and one sample beyond the only other there.
    samples, held_out = [[1.0], [2.0], [109.0]], [[2.0], [-3.0], [105.0]]
    found = evaluate.memorisation(samples, held_out, training, cells=2)
    expected = 2 / 3 * -1.5 / np.sqrt(5 / 3) + 1 / 3 * 0.5 / np.sqrt(3 / 12)
    assert found["copying_statistic"] == pytest.approx(expected)
    assert found["copying_statistic_standard_error"] == pytest.approx(np.sqrt(5) / 3)


def test_sets_that_share_no_cell_have_no_statistic() -> None:
    training = [[0.0], [1.0], [100.0], [101.0]]
    found = evaluate.memorisation([[0.2]], [[100.2]], training, cells=2)
    assert np.isnan(found["copying_statistic"])
    assert np.isnan(found["copying_statistic_standard_error"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"samples": np.zeros([5, 3])}, "`samples` has 3 features an example"),
        ({"held_out": np.zeros([5, 3])}, "`held_out` has 3 features an example"),
        ({"share": 1.0}, "`share` must be a number between 0 and 1"),
        ({"share": 0}, "`share` must be a number between 0 and 1"),
        ({"cells": 0}, "`cells` must be a whole number"),
        ({"cells": 11}, "11 cells, but 10 training examples"),
        ({"training": np.full([10, 2], np.nan)}, "not finite"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments: dict[str, Any], words: str) -> None:
    given = {"samples": np.zeros([5, 2]), "held_out": np.zeros([5, 2])}
    given["training"] = np.random.default_rng(0).normal(size=[10, 2])
    with pytest.raises(ValueError, match=words):
        evaluate.memorisation(**{**given, **arguments})
