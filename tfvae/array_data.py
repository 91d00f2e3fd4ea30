"""Arrays as batches: the fast road from memory to a training step."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfvae.pipeline import Images


class ArrayData:
    """Examples with their targets and weights, and the batches of one epoch after another.

    The order is a function of the seed and of how often the data have been gone through. Every
    batch has the same size: the last is filled up with further examples that do not count, unless
    `pad` is False.

    An element is `(x, y, {"share": [B], "weight": [B], "real": [B]})`. `share` is an example's
    part in the average over the batch: equal for all that have a weight, 0 for the others.
    `weight` is its sample weight. `real` is 0 for one that fills up, else 1.

    Args:
        images: what the encoder reads.
        y: targets of the likelihood, float `[N, *event]`, or None for the examples themselves.
        sample_weight: float `[N]`, or None for ones.
        batch_size: examples a step, over all replicas.
        pad: whether to fill the last batch up.
        seed: seed of the order; None keeps the order of the arrays.
        replicas: number of replicas that share a batch.
        length: batches an epoch; None for all that the examples fill.
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
        length: int | None = None,
    ) -> None:
        self.images, self.seed, self.replicas = images, seed, replicas
        self.batch_size = min(batch_size, -(-len(images) // replicas) * replicas)
        self.pad = pad or replicas > 1
        self.steps = -(-len(images) // self.batch_size)
        self.whole = length is None
        self.length = self.steps if length is None else length
        # Data stay in host memory, from where batches are gathered, whatever device trains.
        with tf.device("CPU:0"):
            self.x = tf.constant(images.x)
            self.y = None if y is None else tf.constant(y)
            self.sample_weight = None if sample_weight is None else tf.constant(sample_weight)
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
        batches = tf.data.Dataset.from_tensors(0).flat_map(lambda _: self._index_batches())
        batches = batches.map(self._gather, num_parallel_calls=1, deterministic=True)
        cardinality = self.length
        if context is not None:
            first = context.input_pipeline_id * self.replicas // context.num_input_pipelines
            local = self.replicas // context.num_input_pipelines
            batches = batches.flat_map(lambda *batch: self._replica_slices(batch, first, local))
            cardinality = tf.data.INFINITE_CARDINALITY
        batches = batches.apply(tf.data.experimental.assert_cardinality(cardinality))
        return batches.prefetch(8)

    def _index_batches(self) -> tf.data.Dataset:
        position = tf.identity(self.position)
        passes = tf.data.Dataset.range(position // self.steps, tf.int64.max)
        batches = passes.flat_map(self._one_pass).skip(position % self.steps)
        return batches.take(self.length) if self.replicas == 1 else batches

    def _one_pass(self, number: tf.Tensor) -> tf.data.Dataset:
        """Returns number of use, indices and reality of the examples of each batch of one pass."""
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

    def _gather(self, use: tf.Tensor, index: tf.Tensor, real: tf.Tensor) -> tuple[Any, ...]:
        x = self.images.draw(tf.gather(self.x, index), use)
        y = x if self.y is None else tf.gather(self.y, index)
        weight = real
        if self.sample_weight is not None:
            weight *= tf.gather(self.sample_weight, index)
        counted = tf.cast(tf.not_equal(weight, 0.0), tf.float32)
        share = tf.math.divide_no_nan(counted, tf.reduce_sum(counted))
        return x, y, {"share": share, "weight": weight, "real": real}

    def _replica_slices(self, batch: tuple[Any, ...], first: int, local: int) -> tf.data.Dataset:
        size = self.batch_size // self.replicas

        def cut(values: tf.Tensor) -> tf.Tensor:
            mine = values[first * size : (first + local) * size]
            return tf.reshape(mine, tf.concat([[local, size], tf.shape(values)[1:]], axis=0))

        return tf.data.Dataset.from_tensor_slices(tf.nest.map_structure(cut, batch))
