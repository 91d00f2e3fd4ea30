"""A distribution sampled level by level: apart, since it cannot be defined without loading TFP."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability.python.internal import samplers


class Ancestral(tfp.distributions.Distribution):
    """All levels of a ladder as one vector, from functions that go down through the levels.

    Args:
        draw: from a number n and a seed, two integers, to samples `[n, *batch, *event]`.
        log_prob: from `[..., *batch, *event]` to log-densities `[..., *batch]`, in nats.
        point: gives the ancestral point, `[*batch, *event]`; None if there is none.
        batch_shape: shape of the batch.
        event_shape: shape of one event.
        dtype: the samples' dtype.
        name: what it is called.
    """

    def __init__(
        self,
        draw: Callable[[Any, tf.Tensor], tf.Tensor],
        log_prob: Callable[[tf.Tensor], tf.Tensor],
        point: Callable[[], tf.Tensor] | None = None,
        batch_shape: Sequence[int | None] = (),
        event_shape: Sequence[int] = (),
        dtype: str = "float32",
        name: str = "Ancestral",
    ) -> None:
        parameters = dict(locals())
        self._draw, self._evaluate, self._point = draw, log_prob, point
        self._static_shapes = tf.TensorShape(batch_shape), tf.TensorShape(event_shape)
        super().__init__(
            dtype=tf.as_dtype(dtype),
            reparameterization_type=tfp.distributions.FULLY_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=False,
            parameters=parameters,
            name=name,
        )

    def _batch_shape(self) -> tf.TensorShape:
        return self._static_shapes[0]

    def _event_shape(self) -> tf.TensorShape:
        return self._static_shapes[1]

    def _batch_shape_tensor(self) -> tf.Tensor:
        return tf.constant(self._static_shapes[0].as_list(), tf.int32)

    def _event_shape_tensor(self) -> tf.Tensor:
        return tf.constant(self._static_shapes[1].as_list(), tf.int32)

    def _sample_n(self, n: Any, seed: Any = None) -> tf.Tensor:
        return self._draw(n, samplers.sanitize_seed(seed))

    def _log_prob(self, x: tf.Tensor) -> tf.Tensor:
        return self._evaluate(x)

    def _mode(self) -> tf.Tensor:
        if self._point is None:
            raise NotImplementedError("The mode of a prior over levels has no closed form.")
        return self._point()
