"""Codes beside the factors that examples were made from: checked, and brought to one scale."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfvae.part import check_finite


def checked(codes: Any, factors: Any, least_factors: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Returns codes as float64 `[N, D]` and factors as int64 `[N, F]`.

    Raises:
        ValueError: if they are not such arrays of the same examples, there are fewer than two
            latents or than `least_factors` factors, or a factor does not vary.
    """
    codes, factors = np.asarray(codes), np.asarray(factors)
    if codes.ndim != 2 or codes.dtype.kind not in "iuf" or codes.shape[1] < 2:
        raise ValueError(
            "`codes` must be numbers [N, D] of at least two latents, but has shape "
            f"{codes.shape} and dtype {codes.dtype}."
        )
    if factors.ndim != 2 or factors.dtype.kind not in "iu" or factors.shape[1] < least_factors:
        raise ValueError(
            f"`factors` must be whole numbers [N, F] of at least {least_factors} factor(s), but "
            f"has shape {factors.shape} and dtype {factors.dtype}."
        )
    if len(codes) != len(factors):
        raise ValueError(
            f"There are codes of {len(codes)} examples, but factors of {len(factors)}."
        )
    if len(codes) < 2:
        raise ValueError(f"Scores need at least two examples, but there are {len(codes)}.")
    check_finite(codes)
    still = np.flatnonzero(np.ptp(factors, axis=0) == 0)
    if still.size:
        raise ValueError(
            f"Factor {still[0]} has one value in all examples, so that no code can tell of it: "
            "leave its column out."
        )
    return codes.astype(np.float64), factors.astype(np.int64)


def checked_categorical(categorical: Sequence[int], num_factors: int) -> frozenset[int]:
    """Returns the columns of factors that are kinds, each checked to exist."""
    for column in categorical:
        if not (hasattr(column, "__index__") and 0 <= column.__index__() < num_factors):
            raise ValueError(
                f"`categorical` must hold columns of factors, from 0 to {num_factors - 1}, but has "
                f"{column!r}."
            )
    return frozenset(column.__index__() for column in categorical)


def standardised(codes: np.ndarray) -> np.ndarray:
    """Returns codes of mean 0 and standard deviation 1; those of a constant latent are 0."""
    centred = codes - codes.mean(axis=0)
    varies = np.ptp(codes, axis=0) > 0
    return np.where(varies, centred / np.where(varies, codes.std(axis=0), 1.0), 0.0)


def gap_of_the_best_two(table: np.ndarray) -> np.ndarray:
    """Returns by how much the best row of each column is above the second, `[D, F]` to `[F]`."""
    ordered = np.sort(table, axis=0)
    return ordered[-1] - ordered[-2]
