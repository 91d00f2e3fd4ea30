"""A mixture as a `tfd.Distribution`: apart, since it cannot be defined without loading TFP."""

from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp


class MixtureDistribution(tfp.distributions.MixtureSameFamily):
    """TFP's mixture with its density replaced by the prior's `MixtureDensity`, faster by far."""

    def __init__(
        self,
        mixture_distribution: Any,
        components_distribution: Any,
        density: Any,
        name: str = "Mixture",
    ) -> None:
        parameters = dict(locals())
        self.density = density
        super().__init__(mixture_distribution, components_distribution, name=name)
        # TFP copies a distribution from these: they must be this class's arguments.
        self._parameters = parameters

    @classmethod
    def _parameter_properties(cls, dtype: Any, num_classes: Any = None) -> Any:
        return super()._parameter_properties(dtype, num_classes)

    def _log_prob(self, x: tf.Tensor) -> tf.Tensor:
        return self.density.log_prob(x)
