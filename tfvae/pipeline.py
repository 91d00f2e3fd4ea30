"""Data as the model reads them: floats in the shape of events, and images made binary."""

import copy
from collections.abc import Callable, Iterator
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from tfvae.part import check_finite

BINARIZATIONS = ("none", "fixed", "dynamic")


class Images:
    """Images, and how they are made binary: a data set that `fit` and every verb accept.

    Args:
        x: values from 0 to 1, `[N, ...]`, taken as the probabilities of pixels that are on.
        binarization: `"none"`: the values as they are. `"fixed"`: each pixel drawn once, now, by
            NumPy's generator `RandomState(seed)`. `"dynamic"`: drawn anew each time that an
            example is used.
        seed: seed of the draws, a whole number from 0 to 2^32 - 1.

    Raises:
        ValueError: if the name is not one of the three, the values are not from 0 to 1, or the
            seed is not such a number.

    Example:
        >>> import numpy as np, tfvae
        >>> images = tfvae.pipeline.Images(np.full([2, 2, 2, 1], 0.5), "fixed", seed=0)
        >>> images.x.ravel().tolist()
        [1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0]

    Reference:
        Salakhutdinov and Murray 2008 for dynamic binarisation; Larochelle and Murray 2011 for
        fixed. Scores of the two must never be compared.
    """

    def __init__(self, x: Any, binarization: str = "none", seed: int = 0) -> None:
        if binarization not in BINARIZATIONS:
            raise ValueError(
                f"`binarization` must be one of {BINARIZATIONS}, but is {binarization!r}."
            )
        whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
        if not (whole and 0 <= seed < 2**32):
            raise ValueError(
                f"`seed` must be a whole number from 0 to {2**32 - 1}, but is {seed!r}."
            )
        self.x = as_floats(x, "x")
        self.binarization, self.seed = binarization, int(seed)
        if binarization == "none":
            return
        check_finite(self.x)
        if not (self.x.min() >= 0.0 and self.x.max() <= 1.0):
            raise ValueError(
                "Pixels are drawn with the values as probabilities, from 0 to 1, but the values "
                f"go from {self.x.min():g} to {self.x.max():g}. For bytes, divide by 255."
            )
        if binarization == "fixed":
            self.x = np.random.RandomState(seed).binomial(1, self.x).astype(self.x.dtype)

    def __len__(self) -> int:
        return len(self.x)

    def with_values(self, x: np.ndarray) -> Self:
        """Returns such images of other values, taken as they are."""
        images = copy.copy(self)
        images.x = x
        return images

    def draw(self, x: tf.Tensor, use: tf.Tensor) -> tf.Tensor:
        """Returns a batch as it is read the `use`-th time: binary, if that is dynamic."""
        if self.binarization != "dynamic":
            return x
        key = tf.stack([tf.constant(self.seed, tf.int64), tf.cast(use, tf.int64)])
        uniform = tf.random.stateless_uniform(tf.shape(x), key, dtype=x.dtype)
        return tf.cast(uniform < x, x.dtype)


def as_floats(x: Any, name: str) -> np.ndarray:
    """Returns array-like data as float32, or float64 where that is Keras's float type.

    Raises:
        ValueError: if the data are empty, have no axis of examples, or are not numbers.
    """
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(
            f"`{name}` cannot be made one array: its parts differ in shape. Bring them to one "
            "shape, and stack them with `np.stack`."
        ) from error
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"`{name}` must be an array of numbers, but has dtype {array.dtype}: "
            "convert it, or stack a list of arrays of equal shape with `np.stack`."
        )
    if array.ndim < 2:
        raise ValueError(
            f"`{name}` must have an axis of examples and at least one more, but has shape "
            f"{array.shape}."
        )
    if array.size == 0:
        raise ValueError(f"`{name}` is empty: its shape is {array.shape}.")
    dtype = "float64" if keras.config.floatx() == "float64" else "float32"
    return array.astype(dtype, copy=False)


def as_events(
    x: np.ndarray,
    event_shape: tuple[int, ...],
    name: str,
    expected: str = "the model is over events",
) -> np.ndarray:
    """Returns examples in the shape of events; axes of size one at the end may be missing or spare.

    Raises:
        ValueError: if the shapes do not agree otherwise.
    """
    if x.shape[1:] == tuple(event_shape):
        return x
    if same_but_for_ones(x.shape[1:], event_shape):
        return x.reshape(len(x), *event_shape)
    raise ValueError(
        f"`{name}` has examples of shape {x.shape[1:]}, but {expected} of shape "
        f"{tuple(event_shape)}. Reshape the data, or build the model for their shape."
    )


def same_but_for_ones(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Whether two shapes are equal, but for sizes of one at their ends."""
    shapes = [tuple(a), tuple(b)]
    for place, shape in enumerate(shapes):
        while shape and shape[-1] == 1:
            shape = shape[:-1]
        shapes[place] = shape
    return shapes[0] == shapes[1]


def batches_of(
    x: Any,
    event_shape: tuple[int, ...],
    batch_size: int,
    check: Callable[[np.ndarray], None] = check_finite,
    name: str = "x",
    expected: str = "the model is over events",
) -> Iterator[np.ndarray]:
    """Yields the batches of arrays, `Images` or a `tf.data.Dataset`, in order, as float arrays.

    Of a data set that yields tuples, the first entry is taken. `check` looks at arrays whole, and
    at each batch of a data set.
    """
    if isinstance(x, tf.data.Dataset):
        batch = None
        for batch in x:
            first = batch[0] if isinstance(batch, tuple) else batch
            values = as_events(as_floats(first, name), event_shape, name, expected)
            check(values)
            yield values
        if batch is None:
            raise ValueError(f"`{name}` is empty: it is a data set without batches.")
        return
    images = x if isinstance(x, Images) else Images(as_floats(x, name))
    values = as_events(images.x, event_shape, name, expected)
    check(values)
    for use, start in enumerate(range(0, len(values), batch_size)):
        batch = values[start : start + batch_size]
        yield images.draw(tf.constant(batch), tf.constant(use)).numpy()
