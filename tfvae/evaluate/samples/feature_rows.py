"""Features as the scores of samples read them."""

from typing import Any

import numpy as np

from tfvae.part import check_finite


def as_features(values: Any, name: str) -> np.ndarray:
    """Returns features as float64 `[N, D]`, those of arrays of more axes in one row each.

    Raises:
        ValueError: if they are not numbers, not finite, or have no axis of examples.
    """
    features = np.asarray(values)
    if features.dtype.kind not in "biuf" or features.ndim < 2 or not features.size:
        raise ValueError(
            f"`{name}` must be numbers of shape [N, D], a row for each example, but has shape "
            f"{features.shape} and dtype {features.dtype}."
        )
    check_finite(features)
    return features.reshape(len(features), -1).astype("float64", copy=False)


def check_same_size(first: np.ndarray, second: np.ndarray, names: tuple[str, str]) -> None:
    """Raises a ValueError unless two sets of features have the same number of columns."""
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"`{names[0]}` has {first.shape[1]} features an example, but `{names[1]}` has "
            f"{second.shape[1]}: take both from the same network."
        )
