"""SAP beside scikit-learn's regression and beside every choice of thresholds."""

import itertools
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import balanced_accuracy_score

from tests.evaluate.factors.tables import (
    draw_factors,
    is_invariant,
    partly,
    separate,
    turned,
    unrelated,
)
from tfvae.evaluate import separated_attribute_predictability
from tfvae.evaluate.factors.draws import halves


def gap(scores: Any) -> float:
    """The best less the second best."""
    second, best = sorted(scores)[-2:]
    return best - second


def r_squared(latent: np.ndarray, factor: np.ndarray) -> float:
    return LinearRegression().fit(latent[:, None], factor).score(latent[:, None], factor)


def by_all_thresholds(latent: np.ndarray, kind: np.ndarray, seed: int) -> float:
    """Balanced accuracy on one half of the two thresholds, and their labels, best on the other."""
    train, test = halves(len(kind), np.random.RandomState(seed))
    best, on_test = -1.0, 0.0
    for cuts in itertools.combinations(np.quantile(latent[train], np.linspace(0, 1, 25)), 2):
        part = np.searchsorted(cuts, latent)
        counts = [np.bincount(part[train][kind[train] == k], minlength=3) for k in range(3)]
        shares = np.stack([count / count.sum() for count in counts])
        if shares.max(axis=0).mean() > best:
            best = shares.max(axis=0).mean()
            on_test = balanced_accuracy_score(kind[test], shares.argmax(axis=0)[part[test]])
    return on_test


def test_amounts_are_scored_by_squared_correlation() -> None:
    factors = draw_factors(300, seed=0)
    codes = partly(factors, seed=0)
    expected = np.mean([gap([r_squared(z, v) for z in codes.T]) for v in factors.T])
    assert 0.05 < expected < 0.5
    found = separated_attribute_predictability(codes, factors)
    assert found == pytest.approx(expected, abs=1e-12)


def test_kinds_are_scored_by_the_best_thresholds() -> None:
    generator = np.random.default_rng(1)
    kinds = generator.integers(3, size=1200)
    # The kinds lie in another order than their numbers, which are names.
    codes = np.take([0.0, 4.0, 2.0], kinds)[:, None] + generator.normal(size=[1200, 2]) * [0.7, 3.0]
    expected = gap([by_all_thresholds(latent, kinds, seed=5) for latent in codes.T])
    found = separated_attribute_predictability(codes, kinds[:, None], categorical=[0], seed=5)
    assert 0.2 < expected < 0.6
    assert found == pytest.approx(expected, abs=0.04)


def test_rare_kinds_count_as_much_as_others() -> None:
    kinds = np.repeat([0, 1], [1900, 100])
    generator = np.random.default_rng(0)
    codes = np.column_stack([kinds + 0.01 * generator.normal(size=2000), np.zeros(2000)])
    found = separated_attribute_predictability(codes, kinds[:, None], categorical=[0])
    assert found == pytest.approx(0.5)


def test_factors_in_latents_of_their_own() -> None:
    factors = draw_factors(500, seed=0)
    assert separated_attribute_predictability(separate(factors), factors) == pytest.approx(
        1.0, abs=0.02
    )
    # Of three kinds, a latent that knows nothing has a third.
    found = separated_attribute_predictability(separate(factors), factors, categorical=[0])
    assert found == pytest.approx((2.0 / 3.0 + 2.0) / 3.0, abs=0.05)


def test_turned_factors_and_unrelated_codes() -> None:
    factors = draw_factors(4000, seed=1)
    # Each factor is in two latents by (2/3)^2 and in one by (1/3)^2.
    assert separated_attribute_predictability(turned(factors), factors) < 0.05
    unknowing = [
        separated_attribute_predictability(unrelated(4000, seed), factors, [0])
        for seed in range(10)
    ]
    assert 0.0 <= np.mean(unknowing) < 0.01


def test_order_scale_and_place_of_latents_mean_nothing() -> None:
    assert is_invariant(lambda z, v: separated_attribute_predictability(z, v, [0], 3), 1e-9)


def test_a_dead_latent_predicts_nothing() -> None:
    factors = draw_factors(400, seed=0)
    codes = np.column_stack([factors[:, 0], np.full(400, 0.1), np.full(400, 1e6)])
    found = separated_attribute_predictability(codes, factors[:, :1])
    assert found == pytest.approx(1.0)


def test_columns_that_are_not_there_are_refused() -> None:
    factors = draw_factors(50, seed=0)
    for categorical in ([3], [-1], [0.5], ["shape"]):
        with pytest.raises(ValueError, match="`categorical` must hold columns of factors, from 0"):
            separated_attribute_predictability(factors, factors, categorical)
    with pytest.raises(ValueError, match="at least two latents"):
        separated_attribute_predictability(factors[:, :1], factors)
