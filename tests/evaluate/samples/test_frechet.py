"""The Frechet distance against closed forms, another library's matrix root, and its own bias."""

from typing import Any

import numpy as np
import pytest
from scipy import linalg

from tfvae import evaluate


def features_of(loc: Any, covariance: Any, count: int = 50, seed: int = 0) -> np.ndarray:
    """Features whose sample mean and unbiased covariance are these, to rounding."""
    noise = np.random.default_rng(seed).normal(size=[count, len(loc)])
    noise -= noise.mean(axis=0)
    white = noise @ np.linalg.inv(np.linalg.cholesky(np.cov(noise, rowvar=False))).T
    return loc + white @ np.linalg.cholesky(covariance).T


def random_covariance(size: int, seed: int) -> np.ndarray:
    factor = np.random.default_rng(seed).normal(size=[size, size])
    return factor @ factor.T + 0.01 * np.eye(size)


def by_matrix_root(a: np.ndarray, b: np.ndarray) -> float:
    """The distance as it is defined, the root of the product taken by SciPy."""
    covariances = [np.cov(features, rowvar=False) for features in (a, b)]
    root = linalg.sqrtm(covariances[0] @ covariances[1]).real
    between = np.square(a.mean(axis=0) - b.mean(axis=0)).sum()
    return float(between + np.trace(covariances[0] + covariances[1] - 2.0 * root))


def test_of_gaussians_with_independent_features() -> None:
    """Of commuting covariances the distance is that of means and of standard deviations."""
    a = features_of([1.0, 2.0, 3.0], np.diag([1.0, 4.0, 9.0]))
    b = features_of([1.0, 0.0, 3.5], np.diag([16.0, 4.0, 0.25]), count=70, seed=1)
    expected = (2.0**2 + 0.5**2) + (3.0**2 + 0.0 + 2.5**2)
    assert evaluate.frechet_distance(a, b) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_the_matrix_root_of_scipy(seed: int) -> None:
    generator = np.random.default_rng(seed)
    a = features_of(generator.normal(size=6), random_covariance(6, seed), 40, seed)
    b = features_of(generator.normal(size=6), random_covariance(6, seed + 100), 90, seed + 1)
    expected = by_matrix_root(a, b)
    assert evaluate.frechet_distance(a, b) == pytest.approx(expected, rel=1e-8)
    assert evaluate.frechet_distance(b, a) == pytest.approx(expected, rel=1e-8)


def test_of_the_same_features_is_zero() -> None:
    features = features_of(np.zeros(5), random_covariance(5, 0))
    assert 0.0 <= evaluate.frechet_distance(features, features[::-1]) < 1e-12
    assert evaluate.frechet_distance(features, features + 2.0) == pytest.approx(20.0)


def test_features_that_never_vary_do_no_harm() -> None:
    """Units of a network that are never on make the covariance singular."""
    a, b = (features_of(np.zeros(3), random_covariance(3, seed), seed=seed) for seed in (0, 1))
    expected = evaluate.frechet_distance(a, b)
    silent = [np.concatenate([features, np.zeros([50, 4])], axis=1) for features in (a, b)]
    assert evaluate.frechet_distance(*silent) == pytest.approx(expected, rel=1e-10)
    small = [1e-5 * features for features in (a, b)]
    assert evaluate.frechet_distance(*small) == pytest.approx(1e-10 * expected, rel=1e-8)


@pytest.mark.parametrize("variances", [np.ones(6), np.array([9.0, 4.0, 1.0, 0.5, 0.1, 0.01])])
def test_the_bias_is_the_one_that_is_documented(variances: np.ndarray) -> None:
    """Means over seeds, of sets from one Gaussian, with the error of such a mean."""
    counts, generator = (400, 700), np.random.default_rng(7)
    found = [
        evaluate.frechet_distance(
            *(np.sqrt(variances) * generator.normal(size=[count, 6]) for count in counts)
        )
        for _ in range(300)
    ]
    pairs = np.multiply.outer(variances, variances) * (1.0 + np.eye(6))
    covariances = 0.5 * np.sum(pairs / np.add.outer(variances, variances))
    expected = (1.0 / counts[0] + 1.0 / counts[1]) * (variances.sum() + covariances)
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert error < 0.05 * expected
    assert abs(np.mean(found) - expected) < 4.0 * error


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (np.zeros([10, 3]), np.zeros([10, 4]), "3 features an example, but `features_b` has 4"),
        (np.zeros([3, 3]), np.zeros([10, 3]), "`features_a` has 3 examples of 3 features"),
        (np.zeros([10, 3]), np.zeros([2, 3]), "`features_b` has 2 examples of 3 features"),
        (np.zeros(10), np.zeros([10, 3]), "`features_a` must be numbers of shape"),
        (np.zeros([10, 3]), np.full([10, 3], np.nan), "not finite"),
        (np.array([["a"] * 3] * 10), np.zeros([10, 3]), "`features_a` must be numbers"),
    ],
)
def test_what_has_no_such_distance_is_refused(a: Any, b: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        evaluate.frechet_distance(a, b)
