"""Detection figures: worked by hand, by all pairs, by scikit-learn, and their errors over seeds."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm
from sklearn import metrics

from tfvae import evaluate

METRICS = ("auroc", "auprc", "fpr95")


def figures(inliers: Any, outliers: Any) -> dict[str, float]:
    found = evaluate.detection_metrics(inliers, outliers, resamples=1)
    return {name: found[name] for name in METRICS}


def delong(inliers: np.ndarray, outliers: np.ndarray) -> float:
    """The standard error of the AUROC by DeLong, DeLong and Clarke-Pearson 1988."""
    wins = np.sign(outliers[:, None] - inliers) / 2.0 + 0.5
    parts = (wins.mean(axis=axis).var(ddof=1) / wins.shape[1 - axis] for axis in (0, 1))
    return float(np.sqrt(sum(parts)))


def test_a_case_worked_by_hand() -> None:
    # From the strangest: out, in, out, out, in, in.  Of 9 pairs, 3 + 2 + 2 are in order.
    found = figures([1.0, 2.0, 5.0], [3.0, 4.0, 6.0])
    precision = (1 / 1 + 2 / 3 + 3 / 4) / 3
    assert found == pytest.approx({"auroc": 7 / 9, "auprc": precision, "fpr95": 1 / 3})


def test_ties_count_by_half_and_stand_or_fall_together() -> None:
    # At 2 stand an inlier and an outlier: the threshold there takes both.
    found = figures([1, 2], [2, 3])
    expected = {"auroc": 3.5 / 4, "auprc": 0.5 * 1 + 0.5 * 2 / 3, "fpr95": 0.5}
    assert found == pytest.approx(expected)
    # Nothing but ties: a coin, and all inliers are false alarms.
    assert figures([7] * 30, [7] * 10) == {"auroc": 0.5, "auprc": 0.25, "fpr95": 1.0}


def test_of_twenty_outliers_one_may_be_missed() -> None:
    inliers, outliers = np.arange(100), np.arange(20.0) + 90.5
    outliers[0] = -1.0
    assert figures(inliers, outliers)["fpr95"] == pytest.approx(8 / 100)
    outliers[1] = -1.0
    assert figures(inliers, outliers)["fpr95"] == 1.0


def test_the_extremes() -> None:
    perfect = evaluate.detection_metrics([0.0, 1.0], [2.0, 3.0])
    assert {name: perfect[name] for name in METRICS} == {"auroc": 1, "auprc": 1, "fpr95": 0}
    assert perfect["auroc_standard_error"] == 0.0
    reversed_scores = figures([2.0, 3.0], [0.0, 1.0])
    assert (reversed_scores["auroc"], reversed_scores["fpr95"]) == (0.0, 1.0)


def test_an_example_without_density_is_the_strangest() -> None:
    finite = figures([0.0, 1.0, 2.0], [1.5, 9.0])
    assert figures([-np.inf, 1.0, 2.0], [1.5, np.inf]) == finite


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_all_pairs_and_with_scikit_learn(seed: int) -> None:
    generator = np.random.default_rng(seed)
    inliers = generator.integers(0, 30, 80)
    outliers = generator.integers(10, 40, 50)
    pairs = np.sign(outliers[:, None] - inliers) / 2.0 + 0.5
    reached = [t for t in range(41) if np.mean(outliers >= t) >= 0.95]
    labels, scores = np.repeat([0, 1], [80, 50]), np.concatenate([inliers, outliers])
    expected = {
        "auroc": pairs.mean(),
        "auprc": metrics.average_precision_score(labels, scores),
        "fpr95": np.mean(inliers >= max(reached)),
    }
    assert expected["auroc"] == pytest.approx(metrics.roc_auc_score(labels, scores))
    assert figures(inliers, outliers) == pytest.approx(expected)
    # Only the order counts.
    assert figures(np.exp(inliers - 50.0), np.exp(outliers - 50.0)) == pytest.approx(expected)


def test_unbiased_within_the_stated_error_over_seeds() -> None:
    """Normal scores one apart, where the AUROC is known; the others by a very large sample."""
    generator, shift = np.random.default_rng(0), 1.0
    large = [generator.normal(size=100_000) + offset for offset in (0.0, shift)]
    truth = {**figures(*large), "auroc": norm.cdf(shift / np.sqrt(2.0))}
    found = [
        evaluate.detection_metrics(
            generator.normal(size=150), generator.normal(size=150) + shift, 25, seed
        )
        for seed in range(80)
    ]
    for name in METRICS:
        values = np.array([one[name] for one in found])
        spread = values.std(ddof=1)
        stated = np.mean([one[f"{name}_standard_error"] for one in found])
        # A quantile far out is rough at this size: hence the looser bounds for FPR95.
        assert stated == pytest.approx(spread, rel=0.35)
        bias = 0.5 * spread if name == "fpr95" else 4.0 * spread / np.sqrt(len(values))
        assert abs(values.mean() - truth[name]) < bias


def test_the_bootstrap_has_its_seed_and_agrees_with_delong() -> None:
    generator = np.random.default_rng(0)
    inliers, outliers = generator.normal(size=300), generator.normal(size=200) + 1.0
    found = evaluate.detection_metrics(inliers, outliers, 400)
    assert found["auroc_standard_error"] == pytest.approx(delong(inliers, outliers), rel=0.15)
    assert evaluate.detection_metrics(inliers, outliers, 400) == found
    other = evaluate.detection_metrics(inliers, outliers, 400, seed=1)
    assert other["auroc"] == found["auroc"]
    assert other["auroc_standard_error"] != found["auroc_standard_error"]


@pytest.mark.parametrize(
    ("inliers", "outliers", "words"),
    [
        ([], [1.0], "`inliers` must be a row of scores"),
        ([1.0], [[1.0]], "`outliers` must be a row of scores"),
        ([1.0], ["a"], "`outliers` must be a row of scores"),
        ([1.0, np.nan], [1.0], "`inliers` has 1 scores that are NaN"),
    ],
)
def test_what_is_no_row_of_scores_is_refused(inliers: Any, outliers: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        evaluate.detection_metrics(inliers, outliers)
