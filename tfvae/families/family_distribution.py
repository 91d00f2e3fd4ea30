"""A family as a `tfd.Distribution`: apart, since it cannot be defined without loading TFP."""

from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp


class FamilyDistribution(tfp.distributions.Distribution):
    """A family at its parameters, for families that TFP has no counterpart of.

    Density and mean are the family's own; it draws by `family.draw`.

    Args:
        family: the family.
        values: its parameters, each `[..., ...]`.
        batch_shape: the shape of the batch of parameters, a tensor.
    """

    def __init__(
        self, family: Any, values: dict[str, tf.Tensor], batch_shape: tf.Tensor, name: str
    ) -> None:
        parameters = dict(locals())
        self._family, self._values = family, values
        self._batch = tf.convert_to_tensor(batch_shape)
        super().__init__(
            dtype=tf.as_dtype(family.density_dtype),
            reparameterization_type=tfp.distributions.NOT_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name=name,
        )

    @classmethod
    def _parameter_properties(cls, dtype: Any, num_classes: Any = None) -> Any:
        return {}

    def _batch_shape_tensor(self, **parameters: Any) -> tf.Tensor:
        return self._batch

    def _batch_shape(self) -> tf.TensorShape:
        return tf.TensorShape(tf.get_static_value(self._batch, partial=True))

    def _event_shape_tensor(self) -> tf.Tensor:
        return tf.constant(self._family.event_shape)

    def _event_shape(self) -> tf.TensorShape:
        return tf.TensorShape(self._family.event_shape)

    def _log_prob(self, x: tf.Tensor) -> tf.Tensor:
        return self._family.log_prob(self._values, x)

    def _mean(self) -> tf.Tensor:
        return self._family.mean(self._values)

    def _sample_n(self, n: tf.Tensor, seed: Any = None) -> tf.Tensor:
        return self._family.draw(self._values, n, seed)
