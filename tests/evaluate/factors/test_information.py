"""MIG beside sums over the joint distribution, written out."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.evaluate.factors.tables import (
    NUM_VALUES,
    all_factors,
    draw_factors,
    is_invariant,
    separate,
    turned,
    unrelated,
)
from tfvae.evaluate import mutual_information_gap
from tfvae.evaluate.factors.information import binned, mutual_information

# z1 tells all of the first factor, z2 part of it and z3 nothing. Of the second, which takes its
# four values alike, z3 tells one bit of two, z2 part of another and z1 nothing.
TABLE = [
    # factors, z1, z2, z3
    ((0, 0), 0, 0, 0),
    ((0, 1), 0, 0, 0),
    ((0, 2), 0, 0, 9),
    ((0, 3), 0, 0, 9),
    ((1, 0), 7, 0, 0),
    ((1, 1), 7, 5, 0),
    ((1, 2), 7, 0, 9),
    ((1, 3), 7, 5, 9),
]


def information(a: Sequence[Any], b: Sequence[Any]) -> float:
    """The sum of p(a, b) log(p(a, b) / p(a) p(b)), over what occurs."""
    joint, of_a, of_b, n = Counter(zip(a, b, strict=True)), Counter(a), Counter(b), len(a)
    return sum(
        count / n * math.log(count * n / (of_a[i] * of_b[j])) for (i, j), count in joint.items()
    )


def test_a_case_worked_by_hand() -> None:
    factors = np.array([row[0] for row in TABLE])
    codes = np.array([row[1:] for row in TABLE], float)
    # p(z2 = 5) is 1/4 and it is 1/2 given the second value: H(1/4) - H(1/2) / 2, in bits.
    second = (2.0 - 0.75 * math.log2(3.0)) - 0.5
    # Of the four values z2 tells which two are odd: 5 comes with them alone.
    odd = (2.0 - 0.75 * math.log2(3.0)) - 0.5
    expected = ((1.0 - second) + (1.0 - odd) / 2.0) / 2.0
    assert mutual_information_gap(codes, factors) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_information_is_the_sum_over_the_joint_distribution(seed: int) -> None:
    factors = draw_factors(200, seed)
    codes = binned(turned(factors), 6)
    expected = [[information(z.tolist(), v.tolist()) for v in factors.T] for z in codes.T]
    np.testing.assert_allclose(mutual_information(codes, factors), expected, atol=1e-12)


def test_bins_are_of_equal_width_over_the_range() -> None:
    codes = np.array([[0.0, 3.0], [0.24, 3.0], [0.26, 3.0], [0.5, 3.0], [0.99, 3.0], [1.0, 3.0]])
    np.testing.assert_array_equal(binned(codes, 4)[:, 0], [0, 0, 1, 2, 3, 3])
    # A dead latent has one bin.
    np.testing.assert_array_equal(binned(codes, 4)[:, 1], 0)
    drawn = np.random.default_rng(0).normal(size=[500, 3])
    counts = [np.histogram(column, 20)[0] for column in drawn.T]
    found = [np.bincount(column, minlength=20) for column in binned(drawn, 20).T]
    np.testing.assert_array_equal(found, counts)


def test_factors_in_latents_of_their_own() -> None:
    factors = all_factors()
    assert mutual_information_gap(separate(factors), factors) == pytest.approx(1.0, abs=1e-12)


def test_more_values_than_bins_cannot_be_told() -> None:
    factors = np.array([[a, b] for a in range(40) for b in range(20)])
    expected = (math.log(20) / math.log(40) + 1.0) / 2.0
    assert mutual_information_gap(factors, factors) == pytest.approx(expected)
    assert mutual_information_gap(factors, factors, num_bins=40) == pytest.approx(1.0)


def test_turned_factors_and_unrelated_codes() -> None:
    factors = draw_factors(4000, seed=1)
    assert mutual_information_gap(turned(factors), factors) < 0.25
    gaps = [mutual_information_gap(unrelated(4000, seed), factors) for seed in range(10)]
    # What is left is the difference of two estimates of nothing, each of some (19 * 3) / 8000 nats.
    assert 0.0 <= np.mean(gaps) < 0.004


def test_the_estimate_is_that_of_all_images_within_its_error() -> None:
    """Codes are a fixed function of the factors, so that the truth is a sum over all of them."""
    population = all_factors()
    codes = np.rint(turned(population) * 3.0)
    truth = mutual_information_gap(codes, population)
    assert 0.02 < truth < 0.5
    n = 4000
    rows = np.random.default_rng(2).integers(len(population), size=[30, n])
    found = [mutual_information_gap(codes[row], population[row]) for row in rows]
    # Of each of two informations, in shares of the entropy: of the least, that of three values.
    bias = 19 * (max(NUM_VALUES) - 1) / (2 * n) / math.log(min(NUM_VALUES))
    assert abs(np.mean(found) - truth) < 4.0 * stats.sem(found) + bias
    assert stats.sem(found) < 0.005


def test_order_scale_and_place_of_latents_mean_nothing() -> None:
    assert is_invariant(mutual_information_gap, 1e-9)


@pytest.mark.parametrize(
    ("codes", "factors", "words"),
    [
        (np.zeros([4, 1]), np.eye(4, dtype=int), "at least two latents"),
        (np.zeros(4), np.eye(4, dtype=int), "at least two latents"),
        ([["a", "b"]] * 4, np.eye(4, dtype=int), r"`codes` must be numbers"),
        (np.zeros([4, 2]), np.eye(4), r"`factors` must be whole numbers"),
        (np.zeros([4, 2]), np.arange(4), r"`factors` must be whole numbers"),
        (np.zeros([3, 2]), np.eye(4, dtype=int), "codes of 3 examples, but factors of 4"),
        (np.zeros([1, 2]), np.zeros([1, 2], int), "at least two examples"),
        (np.full([4, 2], np.nan), np.eye(4, dtype=int), "not finite"),
        (np.zeros([4, 2]), [[0, 7], [1, 7], [2, 7], [3, 7]], "Factor 1 has one value"),
    ],
)
def test_what_is_no_table_is_refused(codes: Any, factors: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mutual_information_gap(codes, factors)


def test_bins_must_be_counted() -> None:
    factors = draw_factors(50, seed=0)
    with pytest.raises(ValueError, match="`num_bins` must be a whole number"):
        mutual_information_gap(factors, factors, num_bins=0)
