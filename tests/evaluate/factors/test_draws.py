"""Seeds, halves and turns."""

from typing import Any

import numpy as np
import pytest

from tests.evaluate.factors.tables import draw_factors, separate
from tfvae import evaluate
from tfvae.evaluate.factors.draws import halves, turns


@pytest.mark.parametrize("n", [2, 9, 100])
def test_every_row_is_in_one_half(n: int) -> None:
    train, test = halves(n, np.random.RandomState(0))
    assert (len(train), len(test)) == (n // 2, n - n // 2)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(n))


def test_each_factor_has_its_turn() -> None:
    np.testing.assert_array_equal(turns(7, 3, "num_votes"), [0, 1, 2, 0, 1, 2, 0])
    with pytest.raises(ValueError, match="`num_votes` must be at least 3, one for each factor"):
        turns(2, 3, "num_votes")
    with pytest.raises(ValueError, match="`num_votes` must be a whole number"):
        turns(2.5, 3, "num_votes")


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, None, True])
def test_what_is_no_seed_is_refused(seed: Any) -> None:
    factors = draw_factors(100, seed=0)
    codes = separate(factors)
    calls = [
        lambda: evaluate.separated_attribute_predictability(codes, factors, seed=seed),
        lambda: evaluate.dci(codes, factors, num_trees=2, seed=seed),
        lambda: evaluate.factor_vae_score(codes, factors, 4, 10, seed=seed),
        lambda: evaluate.beta_vae_score(codes, factors, 4, 10, seed=seed),
        lambda: evaluate.Sprites().draw(3, seed=seed),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="`seed` must be a whole number from 0 to 4294967295"):
            call()
