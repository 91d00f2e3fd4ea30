"""FactorVAE's score: a table of votes worked by hand, and the protocol with new examples."""

import numpy as np
import pytest

from tests.evaluate.factors.tables import (
    CHANCE,
    agree,
    draw_factors,
    is_invariant,
    partly,
    separate,
    turned,
    unrelated,
)
from tfvae.evaluate import factor_vae_score
from tfvae.evaluate.factors.votes import count_votes, share_told_right


def test_a_table_of_votes_worked_by_hand() -> None:
    # Latent 0 stands for factor 1, latent 1 for factor 0, and latent 2, unvoted for, for factor 0.
    train = np.array([[1, 5, 0], [4, 0, 3], [0, 0, 0]])
    test = np.array([[2, 6, 1], [3, 1, 0], [4, 0, 5]])
    assert share_told_right(train, test) == pytest.approx((6 + 3 + 4) / 22)


def test_votes_are_counted_by_factor_and_stillest_latent() -> None:
    factors = draw_factors(600, seed=0)
    # Latent 0 is factor 2, latent 1 factor 0 and latent 2 factor 1.
    codes = separate(factors)[:, :3]
    shared = np.array([0, 0, 0, 1, 2, 2, 2, 2])
    codes = codes / codes.std(axis=0)
    votes = count_votes(codes, factors, shared, 16, np.random.RandomState(0))
    np.testing.assert_array_equal(votes, [[0, 0, 4], [3, 0, 0], [0, 1, 0]])


def score_of_new_examples(seed: int, num_votes: int = 200, group_size: int = 8) -> float:
    """The published protocol: every group's examples are made for it, with one factor held."""
    generator = np.random.default_rng([seed, 7])
    everything = draw_factors(20_000, seed=99)
    everywhere = partly(everything, seed=99).std(axis=0)
    votes = np.zeros([2, 4, 3], int)
    for part in votes:
        for _ in range(num_votes):
            shared = generator.integers(3)
            factors = draw_factors(group_size, int(generator.integers(2**31)))
            factors[:, shared] = factors[0, shared]
            # Scales are those of all examples, not of the group.
            codes = leak(factors, generator) / everywhere
            part[codes.var(axis=0).argmin(), shared] += 1
    meant = votes[0].argmax(axis=1)
    return votes[1][np.arange(4), meant].sum() / num_votes


def leak(factors: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Codes as `partly` makes them, of factors that are uniform."""
    every = np.array([3, 4, 5])
    centred = (factors - (every - 1) / 2.0) / np.sqrt((every**2 - 1) / 12.0)
    mix = np.array([[1.0, 0.4, 0.0, 0.6], [0.3, 1.0, 0.5, 0.0], [0.0, 0.2, 1.0, 0.6]])
    return centred @ mix + 0.7 * generator.normal(size=[len(factors), 4])


def test_the_score_is_that_of_examples_made_anew_within_its_error() -> None:
    anew = [score_of_new_examples(seed) for seed in range(12)]
    given = []
    for seed in range(40):
        factors = draw_factors(2000, [seed, 3])
        codes = partly(factors, seed)
        given.append(factor_vae_score(codes, factors, 8, num_votes=200, seed=seed))
    assert 0.45 < np.mean(given) < 0.85
    assert agree(given, anew)


def test_factors_in_latents_of_their_own() -> None:
    factors = draw_factors(1000, seed=0)
    assert factor_vae_score(separate(factors), factors, 32, 100) == 1.0


def test_two_factors_in_one_latent() -> None:
    """No vote tells which of the two was shared, so that half of theirs are wrong."""
    factors = draw_factors(4000, seed=0)
    latent = (factors[:, 0] - 1.0) / np.sqrt(2 / 3) + (factors[:, 1] - 1.5) / np.sqrt(5 / 4)
    codes = np.column_stack([latent, factors[:, 2]])
    assert factor_vae_score(codes, factors, 64, 1200) == pytest.approx(2.0 / 3.0, abs=0.06)


def test_turned_factors_and_unrelated_codes() -> None:
    factors = draw_factors(2000, seed=1)
    assert factor_vae_score(turned(factors), factors, 32, 300) < 0.75
    unknowing = [
        factor_vae_score(unrelated(2000, seed), factors, 32, 300, seed=seed) for seed in range(20)
    ]
    error = np.std(unknowing, ddof=1) / np.sqrt(20)
    assert abs(np.mean(unknowing) - CHANCE) < 4.0 * error
    assert error < 0.02


def test_dead_latents_have_no_vote() -> None:
    factors = draw_factors(1000, seed=0)
    alive = separate(factors)[:, :3] + 0.01 * unrelated(1000, seed=0)[:, :3]
    # The stillest of all whatever is shared: its spread is from a single example.
    dead = np.zeros([1000, 1])
    dead[17] = 0.5
    codes = np.concatenate([alive, dead], axis=1)
    assert 0.05 > codes[:, 3].std() > 0.0
    assert factor_vae_score(codes, factors, 16, 100) == 1.0
    assert factor_vae_score(codes, factors, 16, 100, smallest_scale=0.0) < CHANCE + 0.1
    assert factor_vae_score(0.001 * codes, factors, 16, 100) == 0.0
    assert factor_vae_score(np.ones([1000, 2]), factors, 16, 100, smallest_scale=0.0) == 0.0


def test_order_scale_and_place_of_latents_mean_nothing() -> None:
    assert is_invariant(lambda z, v: factor_vae_score(z, v, 16, 200), 1e-9)


def test_rows_in_order_are_no_different() -> None:
    """A table that is sorted by its factors has both halves of every value."""
    factors = draw_factors(1000, seed=0)
    factors = factors[np.lexsort(factors.T)]
    assert factor_vae_score(separate(factors), factors, 32, 100) == 1.0


def test_what_has_no_score_is_refused() -> None:
    factors = draw_factors(100, seed=0)
    codes = separate(factors)
    with pytest.raises(
        ValueError, match="64 examples must share a value of factor 0, but of the 50"
    ):
        factor_vae_score(codes, factors)
    with pytest.raises(ValueError, match="`group_size` must be at least 2"):
        factor_vae_score(codes, factors, group_size=1)
    with pytest.raises(ValueError, match="`num_votes` must be at least 3"):
        factor_vae_score(codes, factors, 4, num_votes=2)
    for scale in (-1.0, float("nan"), "small"):
        with pytest.raises(ValueError, match="`smallest_scale` must be a number of at least 0"):
            factor_vae_score(codes, factors, 4, 10, smallest_scale=scale)
    with pytest.raises(ValueError, match=r"at least 2 factor\(s\)"):
        factor_vae_score(codes, factors[:, :1], 4)
