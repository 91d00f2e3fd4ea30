"""Precision, recall, density and coverage: worked by hand, by loops, and in expectation."""

from typing import Any

import numpy as np
import pytest

from tfvae import evaluate

# Nearest others: of the data at 1, 1, 1 and 7; of the samples at 0.4, 0.4, 0.2 and 0.2.
REAL = np.array([[0.0], [1.0], [2.0], [9.0]])
FAKE = np.array([[0.5], [1.5], [0.9], [1.1]])


def by_loops(real: np.ndarray, fake: np.ndarray, k: int) -> dict[str, float]:
    """All four as they are defined, one pair after the other."""

    def distance(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.sqrt(np.square(a - b).sum()))

    def radius(points: np.ndarray, i: int) -> float:
        return sorted(distance(points[i], points[j]) for j in range(len(points)) if j != i)[k - 1]

    def inside(points: np.ndarray, others: np.ndarray) -> np.ndarray:
        radii = [radius(points, i) for i in range(len(points))]
        table = [[distance(p, o) <= r for o in others] for p, r in zip(points, radii, strict=True)]
        return np.array(table)

    of_real, of_fake = inside(real, fake), inside(fake, real)
    return {
        "precision": of_real.any(axis=0).mean(),
        "recall": of_fake.any(axis=0).mean(),
        "density": of_real.sum() / (k * len(fake)),
        "coverage": of_real.any(axis=1).mean(),
    }


def all_four(real: Any, fake: Any, k: int) -> dict[str, float]:
    return {
        **evaluate.precision_recall(real, fake, k),
        **evaluate.density_coverage(real, fake, k),
    }


def test_a_case_worked_by_hand() -> None:
    expected = {"precision": 1.0, "recall": 0.25, "density": 8 / 4, "coverage": 0.75}
    assert all_four(REAL, FAKE, k=1) == expected
    # With the second neighbour, radii of the data are 2, 1, 2 and 8, of the samples 0.6, 0.6, 0.4
    # and 0.4: 1.0 lies in all balls around samples, 2.0 in the one around 1.5, 0.0 in the one
    # around 0.5, and 9 in none.
    assert evaluate.precision_recall(REAL, FAKE, k=2) == {"precision": 1.0, "recall": 0.75}


@pytest.mark.parametrize("k", [1, 3, 5])
def test_agrees_with_loops(k: int) -> None:
    generator = np.random.default_rng(k)
    real = generator.normal(size=[40, 3])
    fake = 0.7 * generator.normal(size=[25, 3]) + 0.3
    found = all_four(real, fake, k)
    assert found == pytest.approx(by_loops(real, fake, k), rel=1e-12)
    assert 0.0 < found["recall"] < 1.0
    assert 0.0 < found["coverage"] < 1.0


def test_identical_and_disjoint_sets() -> None:
    points = np.random.default_rng(0).normal(size=[60, 4])
    # A ball around an example holds itself and its k neighbours.
    expected = {"precision": 1.0, "recall": 1.0, "density": 4 / 3, "coverage": 1.0}
    assert all_four(points, points.copy(), k=3) == pytest.approx(expected)
    assert set(all_four(points, points + 100.0, k=3).values()) == {0.0}


def test_samples_of_one_mode_are_precise_and_recall_little() -> None:
    generator = np.random.default_rng(0)
    modes = np.array([[0.0, 0.0], [50.0, 0.0]])
    real = modes[np.arange(200) % 2] + generator.normal(size=[200, 2])
    found = all_four(real, generator.normal(size=[200, 2]), k=3)
    assert found["precision"] > 0.9
    assert 0.4 < found["recall"] <= 0.5
    assert 0.4 < found["coverage"] <= 0.5
    collapsed = evaluate.precision_recall(real, np.zeros([200, 2]))
    assert collapsed == {"precision": 1.0, "recall": 0.0}


def test_one_outlier_among_the_samples_widens_recall_but_not_coverage() -> None:
    generator = np.random.default_rng(0)
    real = generator.normal(size=[100, 2]) + 20.0
    fake = np.concatenate([generator.normal(size=[99, 2]), [[40.0, 40.0]]])
    assert evaluate.precision_recall(real, fake, k=3)["recall"] == 1.0
    assert evaluate.density_coverage(real, fake, k=3)["coverage"] == 0.0


@pytest.mark.parametrize(("count", "other", "k"), [(60, 60, 3), (80, 30, 5)])
def test_expectations_of_samples_from_the_datas_own_distribution(
    count: int, other: int, k: int
) -> None:
    """They are exact for any continuous distribution: means over seeds, with their errors."""
    generator = np.random.default_rng(count)
    found = [
        evaluate.density_coverage(
            np.exp(generator.normal(size=[count, 2])), np.exp(generator.normal(size=[other, 2])), k
        )
        for _ in range(200)
    ]
    i = np.arange(1, k + 1)
    expected = {"density": 1.0, "coverage": 1.0 - np.prod((count - i) / (count + other - i))}
    for name, value in expected.items():
        values = [one[name] for one in found]
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        assert error < 0.01
        assert abs(np.mean(values) - value) < 4.0 * error


def test_memory_is_bounded_and_parts_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from tfvae.evaluate.samples import coverage

    generator = np.random.default_rng(0)
    real, fake = generator.normal(size=[70, 5]), generator.normal(size=[60, 5])
    expected = all_four(real, fake, k=3)
    monkeypatch.setattr(coverage, "WORKING_MEMORY", 10_000)
    assert all_four(real, fake, k=3) == expected
    parts = [distances for _, distances in coverage._distances(real, fake)]
    assert len(parts) > 2
    assert max(part.nbytes for part in parts) <= 10_000


@pytest.mark.parametrize(
    ("real", "fake", "k", "words"),
    [
        (REAL, FAKE, 0, "`k` must be a whole number"),
        (REAL, FAKE, 4, "`real` has 4 examples, of which none has 4 others"),
        (REAL, FAKE[:1], 1, "`fake` has 1 examples"),
        (REAL, np.zeros([4, 2]), 1, "`real` has 1 features an example, but `fake` has 2"),
        (REAL, np.full([4, 1], np.inf), 1, "not finite"),
    ],
)
def test_sets_without_such_figures_are_refused(real: Any, fake: Any, k: int, words: str) -> None:
    for measure in (evaluate.precision_recall, evaluate.density_coverage):
        with pytest.raises(ValueError, match=words):
            measure(real, fake, k)
