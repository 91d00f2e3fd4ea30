"""Factors, and codes of which it is known how far they are disentangled."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

NUM_VALUES = (3, 4, 5)
CHANCE = 1.0 / len(NUM_VALUES)


def all_factors() -> np.ndarray:
    """Every combination of values once, `[60, 3]`."""
    return np.array(list(itertools.product(*map(range, NUM_VALUES))))


def draw_factors(n: int, seed: int | list[int]) -> np.ndarray:
    table = all_factors()
    return table[np.random.default_rng(seed).integers(len(table), size=n)]


def separate(factors: np.ndarray) -> np.ndarray:
    """Each factor in a latent of its own: shuffled, scaled and shifted, beside a dead latent."""
    codes = factors[:, [2, 0, 1]] * [-3.0, 0.2, 10.0] + [0.0, 5.0, -7.0]
    return np.column_stack([codes, np.full(len(codes), 0.3)])


def turned(factors: np.ndarray) -> np.ndarray:
    """The three factors, of one scale, turned so that each is in all latents alike."""
    centred = (factors - factors.mean(axis=0)) / factors.std(axis=0)
    third = np.full([3, 3], 1.0 / 3.0)
    # The reflection at the plane between the axes: an orthogonal matrix of 1/3 and -2/3 alone.
    return centred @ (np.eye(3) - 2.0 * third)


def unrelated(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 1]).normal(size=[n, 4])


def partly(factors: np.ndarray, seed: int) -> np.ndarray:
    """Codes of middling scores: factors that leak into each other, under noise."""
    centred = (factors - factors.mean(axis=0)) / factors.std(axis=0)
    leak = np.array([[1.0, 0.4, 0.0, 0.6], [0.3, 1.0, 0.5, 0.0], [0.0, 0.2, 1.0, 0.6]])
    noise = np.random.default_rng([seed, 2]).normal(size=[len(factors), 4])
    return centred @ leak + 0.7 * noise


def agree(a: Any, b: Any, errors: float = 4.0) -> bool:
    """Whether two lots of estimates have means that differ by no more than chance explains."""
    a, b = np.asarray(a), np.asarray(b)
    error = np.hypot(a.std(ddof=1) / np.sqrt(len(a)), b.std(ddof=1) / np.sqrt(len(b)))
    return bool(abs(a.mean() - b.mean()) <= errors * error)


def is_invariant(score: Callable[[np.ndarray, np.ndarray], Any], tolerance: float) -> bool:
    """Whether a score takes codes in any order, scale and place for the same."""
    factors = draw_factors(1000, seed=3)
    codes = partly(factors, seed=3)
    moved = codes[:, [2, 0, 3, 1]] * [-2.0, 5.0, 30.0, -0.4] + [3.0, 0.0, -100.0, 1.0]
    a, b = (np.array(list(_values(score(each, factors)))) for each in (codes, moved))
    assert np.all(np.abs(a) > 0.02), "a score of nothing says nothing"
    return bool(np.all(np.abs(a - b) <= tolerance))


def _values(found: Any) -> Any:
    return found.values() if isinstance(found, dict) else [found]
