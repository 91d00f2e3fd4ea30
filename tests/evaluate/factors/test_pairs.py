"""Beta-VAE's score on codes of which it is known what they tell."""

import numpy as np
import pytest

from tests.evaluate.factors.tables import (
    CHANCE,
    draw_factors,
    is_invariant,
    partly,
    separate,
    turned,
    unrelated,
)
from tfvae.evaluate import beta_vae_score


def test_factors_in_latents_of_their_own() -> None:
    factors = draw_factors(1000, seed=0)
    assert beta_vae_score(separate(factors), factors, 32, 200) == 1.0


def test_two_factors_in_one_latent() -> None:
    """Which of the two was shared cannot be told, for they move the latent alike."""
    generator = np.random.default_rng(0)
    factors = generator.integers(4, size=[4000, 3])
    codes = np.column_stack([factors[:, 0] + factors[:, 1], factors[:, 2]])
    assert beta_vae_score(codes, factors, 32, 1200) == pytest.approx(2.0 / 3.0, abs=0.06)


def test_more_pairs_tell_more() -> None:
    factors = draw_factors(2000, seed=0)
    codes = partly(factors, seed=0)
    few, many = (
        np.mean([beta_vae_score(codes, factors, pairs, 200, seed) for seed in range(5)])
        for pairs in (2, 64)
    )
    assert CHANCE < few < many - 0.1


def test_turned_factors_can_score_more_than_they_should() -> None:
    """As Kim and Mnih 2018 say of it: what differs between factors is enough."""
    factors = draw_factors(2000, seed=1)
    assert beta_vae_score(turned(factors), factors, 64, 300) > 0.8


def test_unrelated_codes_are_at_chance() -> None:
    factors = draw_factors(2000, seed=1)
    found = [beta_vae_score(unrelated(2000, seed), factors, 16, 300, seed) for seed in range(20)]
    error = np.std(found, ddof=1) / np.sqrt(20)
    assert abs(np.mean(found) - CHANCE) < 4.0 * error
    assert error < 0.02


def test_order_scale_and_place_of_latents_mean_nothing() -> None:
    assert is_invariant(lambda z, v: beta_vae_score(z, v, 16, 200), 0.01)


def test_what_has_no_score_is_refused() -> None:
    factors = draw_factors(100, seed=0)
    codes = separate(factors)
    with pytest.raises(ValueError, match="`num_pairs` must be a whole number"):
        beta_vae_score(codes, factors, num_pairs=0)
    with pytest.raises(ValueError, match="`num_points` must be at least 3"):
        beta_vae_score(codes, factors, num_points=2)
    with pytest.raises(ValueError, match="2 examples must share a value of factor 0"):
        beta_vae_score(codes, np.arange(200).reshape(100, 2))
    with pytest.raises(ValueError, match=r"at least 2 factor\(s\)"):
        beta_vae_score(codes, factors[:, :1])
