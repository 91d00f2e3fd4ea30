"""Families whose elements are independent: what most likelihoods are."""

import math

import tensorflow as tf

from tfvae.families.family import Family, Parameters


class Elementwise(Family):
    """A family over events whose elements are independent, given the parameters.

    A subclass states the density of its elements, once; that of an event is their sum.

    Attributes:
        placeholder: a value within the support, which stands where one is missing.
    """

    placeholder = 0.0

    def element_log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        """Returns log p of each element, `[..., *event_shape]`, in nats."""
        raise TypeError(f"{type(self).__name__} must define `element_log_prob`.")

    def log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        return self.sum_over_event(self.element_log_prob(parameters, x))

    def flat(self, values: tf.Tensor, rest: int = 0) -> tf.Tensor:
        """Joins the axes of an event to one: `[..., *event_shape, *rest]` to `[..., D, *rest]`.

        LiteRT broadcasts tensors of up to six axes, and a trace's parameters begin with three.

        Args:
            values: the tensor.
            rest: how many axes follow those of the event.
        """
        shape, end = tf.shape(values), values.shape.rank - rest
        parts = [shape[: end - len(self.event_shape)], [math.prod(self.event_shape)], shape[end:]]
        return tf.reshape(values, tf.concat(parts, axis=0))

    def unflat(self, values: tf.Tensor, rest: int = 0) -> tf.Tensor:
        """Undoes `flat`: `[..., D, *rest]` to `[..., *event_shape, *rest]`."""
        shape, end = tf.shape(values), values.shape.rank - rest
        return tf.reshape(values, tf.concat([shape[: end - 1], self.event_shape, shape[end:]], 0))

    def sum_over_event(self, elements: tf.Tensor) -> tf.Tensor:
        """Sums `[..., *event_shape]` to `[...]`."""
        return tf.reduce_sum(elements, axis=list(range(-len(self.event_shape), 0)))
