"""What a training or test step reports: terms of the bound, use of components, and bad losses."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.trace import Trace

TERMS = ("elbo", "rate", "distortion")


class Health:
    """The metrics of a model, kept apart from what Keras saves with it.

    Args:
        latents: the model's latents; a prior with components has metrics of their use.
    """

    def __init__(self, latents: Any) -> None:
        self.latents = latents
        self.terms = {name: keras.metrics.Mean(name=name) for name in TERMS}
        self.usage = latents.prior.usage_metrics()
        self._first_bad_step = tf.Variable(
            -1,
            dtype=tf.int64,
            trainable=False,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """All metrics, in the order in which they are shown."""
        return [*self.terms.values(), *self.usage]

    def update(self, trace: Trace, loss: tf.Tensor, weight: tf.Tensor) -> None:
        """Adds one pass, examples weighted by `[B]`, and notes the first loss not finite."""
        for name, metric in self.terms.items():
            metric.update_state(getattr(trace, name), sample_weight=weight)
        if self.usage:
            responsibilities = self.latents.responsibilities(trace.inference.z[0, 0])
            for metric in self.usage:
                metric.update_state(responsibilities, sample_weight=weight)
        bad = tf.logical_not(tf.reduce_all(tf.math.is_finite(loss)))
        first = tf.logical_and(bad, self._first_bad_step < 0)
        step = tf.cast(trace.step, tf.int64)
        self._first_bad_step.assign(tf.where(first, step, self._first_bad_step))

    def first_bad_step(self) -> int:
        """Returns the first step, over the model's life, whose loss was not finite, or -1."""
        return int(self._first_bad_step.numpy())
