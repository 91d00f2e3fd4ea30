"""One batch as a step sees it: this replica's part, and how its examples count in the whole."""

import contextlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tfvae import random
from tfvae.random import Noise
from tfvae.side import join, told_apart
from tfvae.wiring import as_events


class Batch(NamedTuple):
    """Examples, and how they count.

    Args:
        x: what the encoder reads, `[B, *input_shape]`, in a dict with what comes beside it.
        target: what the likelihood is of, `[B, *event_shape]`.
        share: part of each example in the average over the batch, `[B]`; over all replicas the
            shares sum to 1. Examples without weight have none.
        weight: weight of each example: 0 for those that fill a batch up, `[B]`.
        real: False for those that fill a batch up, `[B]`.
        first: number of this replica's first example within the whole batch.
        size: number of examples of the whole batch.
    """

    x: tf.Tensor
    target: tf.Tensor
    share: tf.Tensor
    weight: tf.Tensor
    real: tf.Tensor
    first: Any
    size: Any

    def counted(self) -> tf.Tensor:
        """Returns 1 for examples that count in the loss, 0 for the others, `[B]`."""
        return tf.cast(self.share > 0.0, self.share.dtype)

    def total(self, values: tf.Tensor) -> tf.Tensor:
        """Returns this replica's part in the weighted loss of the whole batch, for values `[B]`."""
        return tf.reduce_sum(self.share * self.weight * values)

    def average(self, values: tf.Tensor) -> tf.Tensor:
        """Returns the weighted mean over the whole batch, on all replicas, of values `[B, ...]`."""
        parts = self.share * self.weight
        sums = over_replicas([tf.tensordot(parts, values, axes=1), tf.reduce_sum(parts)])
        return tf.math.divide_no_nan(*sums)

    def draw(self, specs: Mapping[str, Noise], samples: int, seed: tf.Tensor) -> Any:
        """Returns noise `[samples, B, *shape]` by name.

        Each replica draws for the whole batch and keeps its part, so that a batch gets the same
        noise on however many replicas.
        """
        noise = random.draw(specs, (samples, self.size), seed, self.share.dtype)
        if replicas() == 1:
            return noise
        rows = slice(self.first, self.first + tf.shape(self.share)[0])
        return {name: value[:, rows] for name, value in noise.items()}


def replicas() -> int:
    """Returns the number of replicas that share each batch."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def over_replicas(values: Any) -> Any:
    """Returns the sums over all replicas, with gradients."""
    if replicas() == 1:
        return values
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, values)


def unpack(data: Any, model: Any) -> Batch:
    """Makes a batch of what a data set yields: `x`, `(x, y)` or `(x, y, sample_weight)`.

    Raises:
        ValueError: if the examples do not have the shape of events.
    """
    x, y, given = keras.utils.unpack_x_y_sample_weight(data)
    dtype = model.likelihood.density_dtype
    # Our own data sets say it in their third part, and have the target in the second.
    own = isinstance(given, dict)
    inputs, side, y = told_apart({} if own else model.side_inputs(), x, y)
    inputs = _as_floats(inputs, model.input_shape, dtype)
    target = inputs if y is None else _as_floats(y, model.event_shape, dtype)
    x = join(inputs, side)
    if own:
        share, weight = tf.cast(given["share"], dtype), tf.cast(given["weight"], dtype)
        # Its batches are cut evenly.
        size = inputs.shape[0] or tf.shape(inputs)[0]
        first = replica() * size if replicas() > 1 else 0
        real = given["real"] > 0.0
        return Batch(x, target, share, weight, real, first, replicas() * size)
    size = tf.shape(inputs)[0]
    weight = tf.ones([size], dtype) if given is None else tf.cast(tf.reshape(given, [size]), dtype)
    counted = tf.cast(tf.not_equal(weight, 0.0), dtype)
    # What another data set yields may be cut unevenly, so the replicas tell each other.
    sizes = tf.one_hot(replica(), replicas(), dtype=dtype) * tf.cast(size, dtype)
    # All floats: a strategy reduces whole numbers elsewhere, and refuses both at once.
    count, sizes = over_replicas([tf.reduce_sum(counted), sizes])
    sizes = tf.cast(sizes, tf.int32)
    first = tf.reduce_sum(sizes[: replica()])
    share = tf.math.divide_no_nan(counted, count)
    real = tf.ones([size], tf.bool)
    return Batch(x, target, share, weight, real, first, tf.reduce_sum(sizes))


def after(data: Any) -> Any:
    """Returns a scope whose operations wait until the data are there.

    What needs no data, such as weight decay or a counter, would run beside the reading of a batch
    that turns out to be bad.
    """
    if replicas() > 1:
        # A strategy's own operations leave the scope of one replica.
        return contextlib.nullcontext()
    return tf.control_dependencies([part for part in tf.nest.flatten(data) if tf.is_tensor(part)])


def replica() -> Any:
    """Returns the number of this replica among those that share each batch."""
    if replicas() == 1:
        return 0
    return tf.distribute.get_replica_context().replica_id_in_sync_group


def _as_floats(x: Any, event_shape: tuple[int, ...], dtype: str) -> tf.Tensor:
    x = as_events(tf.convert_to_tensor(x), event_shape)
    # Networks cast floats to what they compute in, and take offence at whole numbers.
    return x if x.dtype.is_floating else tf.cast(x, dtype)
