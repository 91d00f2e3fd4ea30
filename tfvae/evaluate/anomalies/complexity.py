"""How much there is to say about an example: the length of its lossless code."""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae.part import check_finite
from tfvae.pipeline import as_floats

NATS_PER_BYTE = 8.0 * math.log(2.0)
# Channels that the format knows: grey, grey and alpha, colours, colours and alpha.
MOST_CHANNELS = 4


def complexity(x: Any, value_range: tuple[float, float] = (0.0, 1.0)) -> np.ndarray:
    r"""Returns the length of each example as a PNG file, in nats.

    $$L(x) = 8 \ln 2 \cdot |\mathrm{png}(x)|$$

    Values are rounded to 256 levels first. The file is TensorFlow's at the highest compression,
    and has some 60 bytes that say nothing of the image: the same for all images of one shape, so
    that they change no order. Events that are no images are compressed as images of one row.

    Args:
        x: examples, `[N, height, width]`, `[N, height, width, channels]` with up to 4 channels, or
            any other `[N, ...]`.
        value_range: the values that become the first and the last level.

    Returns:
        Float64 `[N]`, in nats.

    Raises:
        ValueError: if values are not finite or outside of the range.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(0).uniform(size=[28, 28])
        >>> flat, noisy = complexity([np.zeros([28, 28]), noise])
        >>> bool(10 * flat < noisy)
        True

    Reference:
        Serra et al. 2019, arXiv:1909.11480, who take the best of several compressors; PNG is one.
    """
    values = as_floats(x, "x")
    check_finite(values)
    low, high = value_range
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"`value_range` must be two rising numbers, but is {value_range!r}.")
    if values.min() < low or values.max() > high:
        raise ValueError(
            f"The values go from {values.min():g} to {values.max():g}, beyond `value_range` "
            f"{value_range!r}: give the range of the data, such as `value_range=(0, 255)`."
        )
    levels = np.rint(255.0 * ((values.astype("float64") - low) / (high - low))).astype("uint8")
    files = (tf.io.encode_png(image, compression=9).numpy() for image in _as_images(levels))
    return NATS_PER_BYTE * np.array([len(file) for file in files])


def _as_images(levels: np.ndarray) -> np.ndarray:
    """Returns events as images that the format can hold, `[N, height, width, channels]`."""
    if levels.ndim == 3:
        return levels[..., None]
    if levels.ndim == 4 and levels.shape[-1] <= MOST_CHANNELS:
        return levels
    return levels.reshape(len(levels), 1, -1, 1)
