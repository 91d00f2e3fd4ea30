"""What training is given, looked at before any step: errors say what came and what was expected."""

import math
from typing import Any, NamedTuple

import numpy as np

from tfvae.pipeline import Images, as_events, as_floats
from tfvae.side import checked_side, told_apart


def check_counts(**counts: tuple[Any, int]) -> None:
    """Raises a ValueError if a number, each given with the least that it may be, is not whole."""
    for name, (value, least) in counts.items():
        whole = hasattr(value, "__index__") and not isinstance(value, bool)
        if value is not None and not (whole and value.__index__() >= least):
            raise ValueError(
                f"`{name}` must be a whole number of at least {least}, but is {value!r}."
            )


class Arrays(NamedTuple):
    """Data in memory, checked.

    Args:
        images: what the encoder reads.
        side: what comes beside it, each `[N, ...]`.
        y: targets of the likelihood, or None for the examples themselves.
        sample_weight: `[N]`, or None for ones.
    """

    images: Images
    side: dict[str, np.ndarray]
    y: np.ndarray | None
    sample_weight: np.ndarray | None


def checked_arrays(
    model: Any, x: Any, y: Any = None, sample_weight: Any = None, dense: bool = True
) -> Arrays:
    """Returns examples, targets and weights in the shape of events, their values checked.

    Unless `dense`, no density is wanted: x may lie outside of the likelihood's support.
    """
    x, side, y = told_apart(model.side_inputs(), x, y)
    if dense and y is None and model.needs_target:
        raise ValueError(
            f"The likelihood is over events of shape {model.event_shape}, and the encoder reads "
            f"{model.input_shape}: give the events as `y`."
        )
    images = _as_images(model, x, "x", is_target=dense and y is None)
    side = checked_side(model.side_inputs(), side, images.x.dtype.name)
    for name, values in side.items():
        _check_length(values, images, name)
    if y is not None:
        targets = _as_images(model, y, "y", is_target=True)
        if targets.binarization == "dynamic":
            raise ValueError(
                "`y` is read as it is, but was given as `Images` with binarization 'dynamic': "
                "take 'fixed', or give such images as `x`, without `y`."
            )
        y = targets.x
        _check_length(y, images, "y")
    if sample_weight is not None:
        sample_weight = _checked_weights(sample_weight)
        _check_length(sample_weight, images, "sample_weight")
    return Arrays(images, side, y, sample_weight)


def _as_images(model: Any, x: Any, name: str, is_target: bool) -> Images:
    try:
        if name == "y" and math.prod(model.event_shape) == 1 and np.ndim(x) == 1:
            # A label an example needs no axis of its own.
            x = np.asarray(x)[:, None]
        images = x if isinstance(x, Images) else Images(as_floats(x, name))
    except ValueError as error:
        if name == "x":
            raise
        raise ValueError(
            f"{error} `y` is the likelihood's target, for denoising: leave it out to train on `x`."
        ) from error
    shape = model.input_shape if name == "x" else model.event_shape
    images = images.with_values(as_events(images.x, shape, name))
    if is_target:
        model.likelihood.check(images.x)
    else:
        model.likelihood.check_input(images.x)
    return images


def _checked_weights(sample_weight: Any) -> np.ndarray:
    weights = np.asarray(sample_weight)
    if weights.dtype.kind not in "biuf":
        raise ValueError(f"`sample_weight` must be numbers, but has dtype {weights.dtype}.")
    if not (weights.ndim == 1 or weights.shape[1:] == (1,)):
        raise ValueError(
            f"`sample_weight` has one number an example, shape [N], but has shape {weights.shape}."
        )
    weights = weights.reshape(-1).astype("float32")
    if not np.isfinite(weights).all():
        raise ValueError("`sample_weight` has values that are NaN or infinite.")
    if not weights.any():
        raise ValueError("`sample_weight` is zero for every example: nothing is left to learn.")
    return weights


def _check_length(values: np.ndarray, images: Images, name: str) -> None:
    if len(values) != len(images):
        raise ValueError(f"`x` has {len(images)} examples, but `{name}` has {len(values)}.")
