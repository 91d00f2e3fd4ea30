"""How a label or a condition joins features, or latents, as further channels."""

import math

import tensorflow as tf


def joined_shape(shape: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the shape of one example's `join` of the two shapes.

    Raises:
        ValueError: if the first is a map, and the second neither one of its size nor a vector.
    """
    if len(shape) == 1:
        return (shape[0] + math.prod(other),)
    if len(other) > 1 and other[:-1] != shape[:-1]:
        raise ValueError(
            f"A condition of shape {other} cannot join a map of shape {shape}: it must be a "
            f"vector, or a map of size {shape[:-1]}. Give an `embedding` that brings it to one."
        )
    return (*shape[:-1], shape[-1] + other[-1])


def join(values: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """Appends channels: to a vector all numbers of `other`; to a map those of its place.

    Args:
        values: `[N, C]` or `[N, ..., C]`.
        other: `[N, E]`, or `[N, ..., E]`.

    Returns:
        `[N, ..., C + E]`.
    """
    other = tf.cast(other, values.dtype)
    if values.shape.rank == 2:
        return tf.concat([values, tf.reshape(other, (-1, math.prod(other.shape[1:])))], axis=-1)
    if other.shape.rank == 2:
        between = [1] * (values.shape.rank - 2)
        other = tf.reshape(other, (-1, *between, other.shape[-1]))
        places = tf.concat([tf.shape(values)[:-1], tf.shape(other)[-1:]], axis=0)
        other = tf.broadcast_to(other, places)
    return tf.concat([values, other], axis=-1)
