"""From arrays to batches: what `fit` and `evaluate` read when they are given arrays."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

BINARIZATIONS = ("none", "fixed", "dynamic")


class Images:
    """Images, and how they are made binary: a data set that `fit` and every verb accept.

    Args:
        x: values from 0 to 1, `[N, ...]`, taken as the probabilities of pixels that are on.
        binarization: `"none"`: the values as they are. `"fixed"`: each pixel drawn once, now, by
            NumPy's generator `RandomState(seed)`. `"dynamic"`: drawn anew each time that an
            example is used.
        seed: seed of the draws, a whole number from 0.

    Raises:
        ValueError: if the name is not one of the three, or the values are not from 0 to 1.

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
        self.x = as_floats(x, "x")
        self.binarization, self.seed = binarization, seed
        if binarization == "none":
            return
        if not (self.x.min() >= 0.0 and self.x.max() <= 1.0):
            raise ValueError(
                "Pixels are drawn with the values as probabilities, from 0 to 1, but the values "
                f"go from {self.x.min():g} to {self.x.max():g}. For bytes, divide by 255."
            )
        if binarization == "fixed":
            self.x = np.random.RandomState(seed).binomial(1, self.x).astype(self.x.dtype)

    def __len__(self) -> int:
        return len(self.x)

    def draw(self, x: tf.Tensor, use: tf.Tensor) -> tf.Tensor:
        """Returns a batch as it is read the `use`-th time: binary, if that is dynamic."""
        if self.binarization != "dynamic":
            return x
        key = tf.stack([tf.constant(self.seed, tf.int64), tf.cast(use, tf.int64)])
        uniform = tf.random.stateless_uniform(tf.shape(x), key, dtype=x.dtype)
        return tf.cast(uniform < x, x.dtype)


def as_floats(x: Any, name: str, dtype: str = "float32") -> np.ndarray:
    """Returns array-like data as floats, with errors that say what came.

    Raises:
        ValueError: if the data are empty, have no axis of examples, or are not numbers.
    """
    array = np.asarray(x)
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
    return array.astype(dtype, copy=False)


def as_events(x: np.ndarray, event_shape: tuple[int, ...], name: str) -> np.ndarray:
    """Returns examples in the shape of events; axes of size one at the end may be missing or spare.

    Raises:
        ValueError: if the shapes do not agree otherwise.
    """
    if x.shape[1:] == tuple(event_shape):
        return x
    if without_trailing_ones(x.shape[1:]) == without_trailing_ones(event_shape):
        return x.reshape(len(x), *event_shape)
    raise ValueError(
        f"`{name}` has examples of shape {x.shape[1:]}, but the model is over events of shape "
        f"{tuple(event_shape)}. Reshape the data, or build the model for their shape."
    )


def without_trailing_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the shape without the sizes of one at its end."""
    shape = tuple(shape)
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    return shape


class ArrayData:
    """Examples with their targets and weights, and the batches of one epoch after another.

    Order is a function of seed and epoch alone. Every batch has the same size: the last is filled
    up with further examples whose share in the average is zero, unless `pad` is False.

    An element is `(x, y, {"weight": [B], "share": [B]})`: `share` is an example's part in the
    average over the batch, `weight` its sample weight.

    Args:
        images: what the encoder reads.
        y: targets of the likelihood, float `[N, *event]`, or None for the examples themselves.
        sample_weight: float `[N]`, or None for ones.
        batch_size: examples a step, over all replicas.
        pad: whether to fill the last batch up.
        seed: seed of the order; None keeps the order of the arrays.
        replicas: number of replicas that share a batch.
    """

    def __init__(
        self,
        images: Images,
        y: np.ndarray | None,
        sample_weight: np.ndarray | None,
        batch_size: int,
        pad: bool = True,
        seed: int | None = None,
        replicas: int = 1,
    ) -> None:
        self.images, self.seed, self.replicas = images, seed, replicas
        self.batch_size = min(batch_size, -(-len(images) // replicas) * replicas)
        self.pad = pad or replicas > 1
        # Data stay in host memory, from where batches are gathered, whatever device trains.
        with tf.device("CPU:0"):
            self.x = tf.constant(images.x)
            self.y = None if y is None else tf.constant(y)
            self.sample_weight = None if sample_weight is None else tf.constant(sample_weight)
            # Set by `fit` before an epoch: it is read when an epoch's first batch is asked for.
            self.epoch = tf.Variable(0, dtype=tf.int64, trainable=False)

    @property
    def steps(self) -> int:
        """Number of batches in an epoch."""
        return -(-len(self.images) // self.batch_size)

    def dataset(self, context: tf.distribute.InputContext | None = None) -> tf.data.Dataset:
        """Returns one epoch as a data set; with a context, this worker's part of each batch."""
        batches = tf.data.Dataset.from_tensors(0).flat_map(lambda _: self._index_batches())
        batches = batches.map(self._gather, num_parallel_calls=1, deterministic=True)
        if self.replicas > 1:
            first = context.input_pipeline_id * self.replicas // context.num_input_pipelines
            local = self.replicas // context.num_input_pipelines
            batches = batches.flat_map(lambda *batch: self._replica_slices(batch, first, local))
        batches = batches.apply(tf.data.experimental.assert_cardinality(self._elements(context)))
        return batches.prefetch(8)

    def _elements(self, context: tf.distribute.InputContext | None) -> int:
        if context is None:
            return self.steps
        return self.steps * self.replicas // context.num_input_pipelines

    def _index_batches(self) -> tf.data.Dataset:
        epoch = tf.identity(self.epoch)
        size, rest = len(self.images), self.steps * self.batch_size - len(self.images)
        order = tf.range(size, dtype=tf.int64)
        if self.seed is not None:
            key = tf.stack([tf.constant(self.seed, tf.int64), epoch])
            order = tf.random.experimental.stateless_shuffle(order, key)
        use = epoch * self.steps
        if not self.pad:
            indices = tf.data.Dataset.from_tensor_slices(order).batch(self.batch_size)
            return indices.enumerate().map(lambda i, index: (use + i, index, _even_shares(index)))
        # No more than the data can be lacking: a batch is never larger than they are, but for
        # rounding up to the number of replicas.
        filled = tf.concat([order, tf.gather(order, tf.range(rest, dtype=tf.int64) % size)], axis=0)
        shares = np.full([self.steps, self.batch_size], 1.0 / self.batch_size, np.float32)
        shares[-1] = 0.0
        shares[-1, : self.batch_size - rest] = 1.0 / (self.batch_size - rest)
        return tf.data.Dataset.from_tensor_slices(
            (
                use + tf.range(self.steps, dtype=tf.int64),
                tf.reshape(filled, (self.steps, self.batch_size)),
                tf.constant(shares),
            )
        )

    def _gather(self, use: tf.Tensor, index: tf.Tensor, share: tf.Tensor) -> tuple[Any, ...]:
        x = self.images.draw(tf.gather(self.x, index), use)
        y = x if self.y is None else tf.gather(self.y, index)
        weight = (
            tf.ones_like(share)
            if self.sample_weight is None
            else tf.gather(self.sample_weight, index)
        )
        return x, y, {"weight": weight, "share": share}

    def _replica_slices(self, batch: tuple[Any, ...], first: int, local: int) -> tf.data.Dataset:
        size = self.batch_size // self.replicas

        def cut(values: tf.Tensor) -> tf.Tensor:
            mine = values[first * size : (first + local) * size]
            return tf.reshape(mine, tf.concat([[local, size], tf.shape(values)[1:]], axis=0))

        return tf.data.Dataset.from_tensor_slices(tf.nest.map_structure(cut, batch))


def _even_shares(index: tf.Tensor) -> tf.Tensor:
    shares = tf.ones(tf.shape(index), tf.float32)
    return shares / tf.reduce_sum(shares)


def batches_of(x: Any, event_shape: tuple[int, ...], batch_size: int) -> Iterator[np.ndarray]:
    """Yields the batches of arrays, `Images` or a `tf.data.Dataset`, in order, as float arrays.

    Of a data set that yields tuples, the first entry is taken.
    """
    if isinstance(x, tf.data.Dataset):
        for batch in x:
            first = batch[0] if isinstance(batch, tuple) else batch
            yield as_events(as_floats(first, "x"), event_shape, "x")
        return
    images = x if isinstance(x, Images) else Images(x)
    values = as_events(images.x, event_shape, "x")
    for use, start in enumerate(range(0, len(values), batch_size)):
        batch = values[start : start + batch_size]
        yield images.draw(tf.constant(batch), tf.constant(use)).numpy()
