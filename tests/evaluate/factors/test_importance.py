"""DCI: scores of importances worked by hand, and forests on codes whose part is known."""

import math

import numpy as np
import pytest
from scipy.stats import entropy

from tests.evaluate.factors.tables import draw_factors, is_invariant, separate, turned, unrelated
from tfvae.evaluate import dci
from tfvae.evaluate.factors.importance import one_for_each


def test_importances_worked_by_hand() -> None:
    # One latent for one factor, and one that has two: 3/4 and 1/4 of 4, of 6 in all.
    importance = np.array([[3.0, 1.0], [0.0, 2.0], [0.0, 0.0]])
    uneven = 1.0 + 0.75 * math.log2(0.75) + 0.25 * math.log2(0.25)
    assert one_for_each(importance) == pytest.approx((4.0 * uneven + 2.0) / 6.0, abs=1e-12)
    # The first factor is in one latent; the second is in two of three, 1/3 and 2/3.
    split = 1.0 + (math.log(1 / 3) / 3.0 + 2.0 * math.log(2 / 3) / 3.0) / math.log(3.0)
    assert one_for_each(importance.T) == pytest.approx((3.0 + 3.0 * split) / 6.0, abs=1e-12)


def test_the_extremes() -> None:
    assert one_for_each(np.eye(4)) == pytest.approx(1.0)
    assert one_for_each(np.eye(4)[:, [2, 0, 3, 1]] * [1.0, 5.0, 0.1, 2.0]) == pytest.approx(1.0)
    assert one_for_each(np.ones([3, 5])) == pytest.approx(0.0, abs=1e-12)
    assert one_for_each(np.zeros([3, 5])) == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_entropies_are_those_of_scipy(seed: int) -> None:
    importance = np.random.default_rng(seed).gamma(0.3, size=[6, 4])
    scores, weights = 1.0 - entropy(importance, axis=1, base=4), importance.sum(axis=1)
    expected = np.average(scores, weights=weights)
    assert one_for_each(importance) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("categorical", [(), (0,), (0, 1, 2)])
def test_factors_in_latents_of_their_own(categorical: tuple[int, ...]) -> None:
    factors = draw_factors(600, seed=0)
    found = dci(separate(factors), factors, categorical, num_trees=10)
    assert list(found) == ["disentanglement", "completeness", "informativeness"]
    assert list(found.values()) == pytest.approx([1.0, 1.0, 1.0], abs=1e-6)


def test_two_factors_in_one_latent_and_one_factor_in_two() -> None:
    factors = draw_factors(2000, seed=0)
    # The first latent is of two factors, each told in full; no other has them.
    together = np.column_stack([factors[:, 0] * 10 + factors[:, 1], factors[:, 2], np.zeros(2000)])
    found = dci(together, factors, categorical=(0, 1, 2), num_trees=10)
    # Of three, the latent's two alike are a loss of log_3(2); it has two thirds of the weight.
    expected = (2.0 * (1.0 - math.log(2.0) / math.log(3.0)) + 1.0) / 3.0
    assert found["disentanglement"] == pytest.approx(expected, abs=0.01)
    assert found["completeness"] == pytest.approx(1.0, abs=0.01)
    assert found["informativeness"] == pytest.approx(1.0, abs=0.01)
    # Each factor in two equal latents: a forest takes either.
    noise = np.random.default_rng(0).normal(size=[2, 2000, 3])
    twice = np.concatenate(list(factors + 0.2 * noise), axis=1)
    found = dci(twice, factors, num_trees=10)
    assert found["disentanglement"] > 0.9
    assert found["completeness"] < 0.75


def test_turned_factors_and_unrelated_codes() -> None:
    factors = draw_factors(1500, seed=1)
    found = dci(turned(factors), factors, num_trees=10)
    assert found["disentanglement"] < 0.5
    assert found["completeness"] < 0.5
    assert found["informativeness"] > 0.9
    unknowing = [dci(unrelated(1500, seed), factors, (0,), 10, seed) for seed in range(5)]
    for name in ("disentanglement", "completeness"):
        assert 0.0 <= np.mean([each[name] for each in unknowing]) < 0.01
    # No better than the constant guess; somewhat worse, for it was fitted to noise.
    assert -0.25 < np.mean([each["informativeness"] for each in unknowing]) < 0.03


def test_informativeness_is_on_examples_that_were_not_seen() -> None:
    """A code that is the factor under noise of its own variance explains half of it."""
    generator = np.random.default_rng(3)
    factors = generator.integers(20, size=[4000, 2])
    noise = generator.normal(size=[4000, 2])
    codes = factors + noise * factors.std(axis=0)
    # Least squares would explain 1/2 with a line; uniform factors can be told a little better.
    assert 0.4 < dci(codes, factors, num_trees=20)["informativeness"] < 0.56


def test_order_scale_and_place_of_latents_mean_nothing() -> None:
    # Ties between splits are broken by the order of latents.
    assert is_invariant(lambda z, v: dci(z, v, (0,), num_trees=30), 0.03)


def test_the_seed_decides_all() -> None:
    factors = draw_factors(300, seed=0)
    codes = unrelated(300, seed=0) + turned(factors)[:, [0, 1, 2, 0]]
    assert dci(codes, factors, num_trees=5, seed=1) == dci(codes, factors, num_trees=5, seed=1)
    assert dci(codes, factors, num_trees=5, seed=1) != dci(codes, factors, num_trees=5, seed=2)


def test_dead_latents_alone_say_nothing() -> None:
    factors = draw_factors(200, seed=0)
    found = dci(np.full([200, 3], 0.7), factors, num_trees=5)
    assert (found["disentanglement"], found["completeness"]) == (0.0, 0.0)
    assert found["informativeness"] == pytest.approx(0.0, abs=0.05)


def test_what_has_no_scores_is_refused() -> None:
    factors = draw_factors(50, seed=0)
    with pytest.raises(ValueError, match=r"at least 2 factor\(s\)"):
        dci(factors, factors[:, :1])
    with pytest.raises(ValueError, match="at least two latents"):
        dci(factors[:, :1], factors)
    with pytest.raises(ValueError, match="`num_trees` must be a whole number"):
        dci(factors, factors, num_trees=0)
    with pytest.raises(ValueError, match="`categorical` must hold columns"):
        dci(factors, factors, categorical=[7])
