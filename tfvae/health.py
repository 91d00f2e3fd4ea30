"""What a training or test step reports: terms of the bound, use of components, and bad losses."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.trace import Trace

TERMS = ("elbo", "rate", "distortion")
WATCHED = ("distortion", "rate", "loss")


class Health:
    """The metrics of a model, kept apart from what Keras saves with it.

    Args:
        latents: the model's latents; components and codes have metrics of their use.
    """

    def __init__(self, latents: Any) -> None:
        self.latents = latents
        self.terms = {name: keras.metrics.Mean(name=name) for name in TERMS}
        self.usage = latents.usage_metrics()
        self._bad_step = _noted([], tf.int64)
        self._bad_values = _noted([len(WATCHED)], tf.float32)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """All metrics, in the order in which they are shown."""
        return [*self.terms.values(), *self.usage]

    def update(self, trace: Trace, weight: tf.Tensor) -> None:
        """Adds one pass, examples weighted by `[B]`."""
        for name, metric in self.terms.items():
            metric.update_state(getattr(trace, name), sample_weight=weight)
        if self.usage:
            shares = self.latents.usage(trace.inference)
            for metric in self.usage:
                metric.update_state(shares, sample_weight=weight)

    def watch(self, values: dict[str, tf.Tensor], step: tf.Tensor) -> None:
        """Notes the number and the values of a training step, if it is the first with a bad loss.

        Args:
            values: scalars by the names of `WATCHED`, over the whole batch.
            step: number of the step over the model's life.
        """
        bad = tf.logical_not(tf.math.is_finite(values["loss"]))
        first = tf.logical_and(bad, self._bad_step < 0)
        self._bad_step.assign(tf.where(first, tf.cast(step, tf.int64), self._bad_step))
        stacked = tf.cast(tf.stack([values[name] for name in WATCHED]), tf.float32)
        self._bad_values.assign(tf.where(first, stacked, self._bad_values))

    def forget(self) -> None:
        """Begins a run anew: no loss was bad yet."""
        self._bad_step.assign(-1)

    def first_bad_step(self) -> tuple[int, dict[str, float]]:
        """Returns the first step whose loss was not finite, or -1, and what was watched in it."""
        values = self._bad_values.numpy().tolist()
        return int(self._bad_step.numpy()), dict(zip(WATCHED, values, strict=True))


def _noted(shape: list[int], dtype: tf.DType) -> tf.Variable:
    return tf.Variable(
        tf.fill(shape, tf.constant(-1, dtype)),
        trainable=False,
        synchronization=tf.VariableSynchronization.ON_READ,
        aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
    )
