"""How well a score tells outliers from inliers, whatever the score is."""

from typing import Any

import numpy as np

from tfvae.part import positive_integer

# Of the outliers, as many are to be found where false alarms are counted.
TRUE_POSITIVES = 0.95
METRICS = ("auroc", "auprc", "fpr95")


def detection_metrics(
    inliers: Any, outliers: Any, resamples: int = 200, seed: int = 0
) -> dict[str, float]:
    r"""Returns how well scores tell outliers, the positives, from inliers.

    $$AUROC = P(s_{out} > s_{in}) + \tfrac12 P(s_{out} = s_{in})$$

    AUPRC is the average precision of finding outliers, $\sum_n (R_n - R_{n-1}) P_n$: it depends on
    their share among the examples. FPR95 is the share of inliers at or above the highest
    threshold at or above which at least 95 % of the outliers are. Only the order of the scores
    counts. Standard errors are by bootstrap, over inliers and outliers apart; where nothing
    overlaps, they are 0.

    Args:
        inliers: their scores, `[N]`; a higher score is stranger.
        outliers: their scores, `[M]`.
        resamples: number of bootstrap samples.
        seed: seed of the bootstrap.

    Returns:
        `auroc`, `auprc` and `fpr95`, from 0 to 1, and for each its `..._standard_error`.

    Raises:
        ValueError: if the scores are not two rows of numbers, or one of them is NaN.

    Example:
        >>> found = detection_metrics([0.1, 0.2, 0.3, 0.9], [0.4, 0.8, 1.0, 1.5])
        >>> found["auroc"], found["fpr95"]
        (0.875, 0.25)

    Reference:
        Hendrycks and Gimpel 2016, arXiv:1610.02136, for the two areas with outliers as the
        positives.
    """
    positive_integer(resamples, "resamples")
    inliers, outliers = _checked(inliers, "inliers"), _checked(outliers, "outliers")
    values = _metrics(inliers, outliers)
    generator = np.random.RandomState(seed)
    again = [
        _metrics(*(generator.choice(scores, len(scores)) for scores in (inliers, outliers)))
        for _ in range(resamples)
    ]
    errors = np.std(again, axis=0, ddof=1) if resamples > 1 else np.full(len(METRICS), np.nan)
    found: dict[str, float] = {}
    for name, value, error in zip(METRICS, values, errors, strict=True):
        found |= {name: float(value), f"{name}_standard_error": float(error)}
    return found


def _metrics(inliers: np.ndarray, outliers: np.ndarray) -> np.ndarray:
    """Returns the three figures, in the order of `METRICS`."""
    from scipy.stats import rankdata
    from sklearn import metrics

    # Ranks take the infinite scores of examples without any density, which scikit-learn refuses.
    ranks = rankdata(np.concatenate([inliers, outliers]), method="dense")
    is_outlier = np.repeat([0, 1], [len(inliers), len(outliers)])
    false, true, _ = metrics.roc_curve(is_outlier, ranks, drop_intermediate=False)
    precision = metrics.average_precision_score(is_outlier, ranks)
    at_least = np.argmax(true >= TRUE_POSITIVES)
    return np.array([metrics.auc(false, true), precision, false[at_least]])


def _checked(scores: Any, name: str) -> np.ndarray:
    """Returns scores as float64 `[N]`."""
    values = np.asarray(scores)
    if values.ndim != 1 or values.dtype.kind not in "biuf" or not values.size:
        raise ValueError(
            f"`{name}` must be a row of scores, one an example, but has shape {values.shape} and "
            f"dtype {values.dtype}."
        )
    if np.isnan(values).any():
        raise ValueError(f"`{name}` has {np.isnan(values).sum()} scores that are NaN.")
    return values.astype("float64")
