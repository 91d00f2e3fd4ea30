"""A posterior of a user's that is neither Gaussian nor made of normal noise."""

from typing import Any

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from tfvae.families import Family, Projection
from tfvae.families.gaussian import positive
from tfvae.random import Noise


@keras.saving.register_keras_serializable("tests")
class Laplace(Family):
    """Independent Laplace coordinates."""

    def __init__(self, latent_size: int, **kwargs: Any) -> None:
        super().__init__((latent_size,), **kwargs)

    def heads(self) -> dict[str, Projection]:
        return {name: Projection(self.event_shape, name=name) for name in ("loc", "scale")}

    def parameters(self, projected: Any) -> Any:
        return {"loc": projected["loc"], "scale": positive(projected["scale"])}

    def noise(self) -> dict[str, Noise]:
        return {"component": Noise("uniform", self.event_shape)}

    def distribution(self, parameters: Any) -> Any:
        elements = tfp.distributions.Laplace(parameters["loc"], parameters["scale"])
        return tfp.distributions.Independent(elements, 1)

    def reparametrise(self, parameters: Any, noise: Any) -> Any:
        centred = noise["component"] - 0.5
        size = -tf.math.log1p(-2.0 * tf.abs(centred))
        z = parameters["loc"] + parameters["scale"] * tf.sign(centred) * size
        return z, self.log_prob(parameters, z)
