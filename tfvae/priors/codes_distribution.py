"""A prior over codes as a `tfd.Distribution`: apart, since it cannot be defined without TFP."""

from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

from tfvae import random


class CodesDistribution(tfp.distributions.Distribution):
    """TFP's face of a `CodePrior`: one event is the codes of an example."""

    def __init__(self, prior: Any, name: str = "Codes") -> None:
        parameters = dict(locals())
        self._prior = prior
        super().__init__(
            dtype=tf.int32,
            reparameterization_type=tfp.distributions.NOT_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name=name,
        )

    @classmethod
    def _parameter_properties(cls, dtype: Any, num_classes: Any = None) -> Any:
        return {}

    def _batch_shape(self) -> tf.TensorShape:
        return tf.TensorShape([])

    def _event_shape(self) -> tf.TensorShape:
        return tf.TensorShape(self._prior.event_shape)

    def _event_shape_tensor(self) -> tf.Tensor:
        return tf.constant(self._prior.event_shape, tf.int32)

    def _log_prob(self, codes: tf.Tensor) -> tf.Tensor:
        return self._prior.log_prob(codes)

    def _sample_n(self, n: tf.Tensor, seed: Any = None) -> tf.Tensor:
        key = tfp.random.sanitize_seed(seed)
        noise = random.draw(self._prior.noise(), [n], key, self._prior.density_dtype)
        return self._prior.sample(noise)
