"""A mixture as a `tfd.Distribution`: apart, since it cannot be defined without loading TFP."""

from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp


class MixtureDistribution(tfp.distributions.MixtureSameFamily):
    """TFP's mixture of diagonal Gaussians, with the mean of its likeliest component as the mode."""

    def __init__(
        self,
        log_weights: tf.Tensor,
        loc: tf.Tensor,
        scale: tf.Tensor,
        name: str = "MixtureOfGaussians",
    ) -> None:
        parameters = dict(locals())
        components = tfp.distributions.MultivariateNormalDiag(loc, scale)
        weights = tfp.distributions.Categorical(logits=log_weights)
        super().__init__(weights, components, name=name)
        # TFP copies a distribution from these: they must be this class's arguments.
        self._parameters = parameters

    @classmethod
    def _parameter_properties(cls, dtype: Any, num_classes: Any = None) -> Any:
        properties = tfp.util.ParameterProperties
        return {
            "log_weights": properties(event_ndims=1),
            "loc": properties(event_ndims=2),
            "scale": properties(event_ndims=2),
        }

    def _mode(self) -> tf.Tensor:
        likeliest = tf.argmax(self.mixture_distribution.logits, axis=-1)
        return tf.gather(self.components_distribution.mean(), likeliest, axis=-2, batch_dims=1)
