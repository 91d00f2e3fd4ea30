"""Arrays as batches: the fast road from memory to a training step."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.checking import Arrays
from tfvae.side import join

# How the column of a side input is told from the others.
BESIDE = "beside/"


class ArrayData:
    """Examples with their targets and weights, and the batches of one epoch after another.

    The order is a function of the seed and of how often the data have been gone through. Every
    batch has the same size: the last is filled up with further examples that do not count, unless
    `pad` is False.

    An element is `(x, y, {"share": [B], "weight": [B], "real": [B]})`. `share` is an example's
    part in the average over the batch: equal for all that have a weight, 0 for the others.
    `weight` is its sample weight. `real` is 0 for one that fills up, else 1.

    Args:
        arrays: examples, what comes beside them, their targets and weights.
        batch_size: examples a step, over all replicas.
        pad: whether to fill the last batch up.
        seed: seed of the order; None keeps the order of the arrays.
        replicas: number of replicas that share a batch.
        length: batches an epoch; None for all that the examples fill.
    """

    def __init__(
        self,
        arrays: Arrays,
        batch_size: int,
        pad: bool = True,
        seed: int | None = None,
        replicas: int = 1,
        length: int | None = None,
    ) -> None:
        self.images, self.seed, self.replicas = arrays.images, seed, replicas
        images = arrays.images
        self.batch_size = min(batch_size, -(-len(images) // replicas) * replicas)
        self.pad = pad or replicas > 1
        self.steps = -(-len(images) // self.batch_size)
        self.whole = length is None
        self.length = self.steps if length is None else length
        columns = {"x": images.x, "y": arrays.y, "sample_weight": arrays.sample_weight}
        columns |= {BESIDE + name: values for name, values in arrays.side.items()}
        # Data stay in host memory, from where batches are gathered, whatever device trains.
        with tf.device("CPU:0"):
            self.columns = {
                name: tf.constant(column) for name, column in columns.items() if column is not None
            }
            # Read when an epoch's first batch is asked for.
            self.position = tf.Variable(0, dtype=tf.int64, trainable=False)

    def start_epoch(self, batches_before: int) -> None:
        """Sets how many batches come before the next epoch."""
        self.position.assign(batches_before)

    def dataset(self, context: tf.distribute.InputContext | None = None) -> tf.data.Dataset:
        """Returns one epoch as a data set; for several replicas, their parts of endless epochs.

        What a strategy reports as the size of its data is not their number of batches, so that an
        end cannot be told in advance; `length` can.

        Args:
            context: for which of the workers.
        """
        batches = self._from_position(self._index_batches)
        if context is None:
            batches = batches.take(self.length)
        batches = self._gathered(batches)
        cardinality = self.length
        if context is not None:
            first = context.input_pipeline_id * self.replicas // context.num_input_pipelines
            local = self.replicas // context.num_input_pipelines
            batches = batches.flat_map(lambda *batch: self._replica_slices(batch, first, local))
            cardinality = tf.data.INFINITE_CARDINALITY
        batches = batches.apply(tf.data.experimental.assert_cardinality(cardinality))
        return _steady(batches.prefetch(8))

    def launches(self, steps: int) -> tf.data.Dataset:
        """Returns endless epochs as launches: `(count, elements)`, elements stacked `[steps, ...]`.

        The first `count` elements are batches; after an epoch's last, others fill the launch up.
        An element is `(index, real)`, what `gather` takes; or, where images are drawn anew at each
        use, the batch itself.

        Args:
            steps: the most batches in a launch.
        """
        endless = self._from_position(lambda start: self._launches(start, steps))
        cardinality = tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
        return _steady(endless.apply(cardinality).prefetch(2))

    @property
    def gathers_late(self) -> bool:
        """Whether a launch is given the numbers of the examples, to gather them itself."""
        # TensorFlow's stateless draws differ between a graph and what XLA compiles.
        return self.images.binarization != "dynamic"

    def _gathered(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        def draw(use: tf.Tensor, index: tf.Tensor, real: tf.Tensor) -> tuple[Any, ...]:
            return gather(self.columns, index, real, lambda x: self.images.draw(x, use))

        return batches.map(draw, num_parallel_calls=1, deterministic=True)

    def _from_position(self, make: Callable[[tf.Tensor], tf.data.Dataset]) -> tf.data.Dataset:
        """Returns what is made of the position, which is read when the first element is wanted."""
        return tf.data.Dataset.from_tensors(0).flat_map(lambda _: make(tf.identity(self.position)))

    def _index_batches(self, start: tf.Tensor) -> tf.data.Dataset:
        """Returns number of use, indices and reality of the examples of each batch, endless."""
        passes = tf.data.Dataset.range(start // self.steps, tf.int64.max)
        return passes.flat_map(self._one_pass).skip(start % self.steps)

    def _launches(self, start: tf.Tensor, steps: int) -> tf.data.Dataset:
        def epoch(number: tf.Tensor) -> tf.data.Dataset:
            batches = self._index_batches(start + number * self.length).take(self.length)
            if self.gathers_late:
                batches = batches.map(lambda use, index, real: (index, real))
            else:
                batches = self._gathered(batches)
            return batches.batch(steps).map(filled)

        def filled(*elements: Any) -> tuple[tf.Tensor, Any]:
            count = tf.shape(tf.nest.flatten(elements)[0])[0]
            rows = tf.minimum(tf.range(steps), count - 1)
            return count, tf.nest.map_structure(lambda part: tf.gather(part, rows), elements)

        return tf.data.Dataset.range(tf.int64.max).flat_map(epoch)

    def _one_pass(self, number: tf.Tensor) -> tf.data.Dataset:
        size, rest = len(self.images), self.steps * self.batch_size - len(self.images)
        order = tf.range(size, dtype=tf.int64)
        if self.seed is not None:
            key = tf.stack([tf.constant(self.seed, tf.int64), number])
            order = tf.random.experimental.stateless_shuffle(order, key)
        use = number * self.steps
        if not self.pad:
            indices = tf.data.Dataset.from_tensor_slices(order).batch(self.batch_size)
            return indices.enumerate().map(
                lambda i, index: (use + i, index, tf.ones_like(index, tf.float32))
            )
        # No more than the data can be lacking: a batch is never larger than they are, but for
        # rounding up to the number of replicas.
        filled = tf.concat([order, tf.gather(order, tf.range(rest, dtype=tf.int64) % size)], axis=0)
        shape = (self.steps, self.batch_size)
        real = np.arange(self.steps * self.batch_size).reshape(shape) < size
        uses = use + tf.range(self.steps, dtype=tf.int64)
        return tf.data.Dataset.from_tensor_slices(
            (uses, tf.reshape(filled, shape), tf.constant(real, tf.float32))
        )

    def _replica_slices(self, batch: tuple[Any, ...], first: int, local: int) -> tf.data.Dataset:
        size = self.batch_size // self.replicas

        def cut(values: tf.Tensor) -> tf.Tensor:
            mine = values[first * size : (first + local) * size]
            return tf.reshape(mine, tf.concat([[local, size], tf.shape(values)[1:]], axis=0))

        return tf.data.Dataset.from_tensor_slices(tf.nest.map_structure(cut, batch))


class EpochClock(keras.callbacks.Callback):
    """Tells the data which epoch it is, counted over the life of the model."""

    def __init__(self, data: ArrayData, model: Any, initial_epoch: int) -> None:
        super().__init__()
        self.data, self.initial_epoch = data, initial_epoch
        taken = model.steps_taken()
        # Whole epochs begin with the first batch of an order, whatever came before.
        self.start = taken // data.steps * data.steps if data.whole else taken

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.data.start_epoch(self.start + (epoch - self.initial_epoch) * self.data.length)


def gather(
    columns: dict[str, tf.Tensor],
    index: tf.Tensor,
    real: tf.Tensor,
    draw: Callable[[tf.Tensor], tf.Tensor] = tf.identity,
) -> tuple[Any, ...]:
    """Returns a batch, as `ArrayData` describes its elements.

    Args:
        columns: `x`, and if there are any `y`, `sample_weight` and side inputs, each `[N, ...]`.
        index: numbers of the examples, `[B]`.
        real: 0 for those that fill up, else 1, `[B]`.
        draw: what is made of the examples, `[B, *event]`, before they are read.
    """
    x = draw(tf.gather(columns["x"], index))
    y = tf.gather(columns["y"], index) if "y" in columns else x
    weight = real
    if "sample_weight" in columns:
        weight *= tf.gather(columns["sample_weight"], index)
    counted = tf.cast(tf.not_equal(weight, 0.0), tf.float32)
    share = tf.math.divide_no_nan(counted, tf.reduce_sum(counted))
    side = {
        name.removeprefix(BESIDE): tf.gather(values, index)
        for name, values in columns.items()
        if name.startswith(BESIDE)
    }
    return join(x, side), y, {"share": share, "weight": weight, "real": real}


def _steady(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Returns a data set without tuning: it has nothing to tune, and its end was waited for.

    The thread that tunes sleeps, and an epoch's end was seen to wait up to 18 s for it
    (TensorFlow 2.21).
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
