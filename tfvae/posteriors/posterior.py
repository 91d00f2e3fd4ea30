"""What every posterior is: a sampler whose randomness comes from outside, with its density."""

from typing import Any

import tensorflow as tf

from tfvae.families.family import Parameters
from tfvae.part import Part
from tfvae.random import Noise


class Posterior(Part):
    """q(z given features): `call(features)` gives its parameters as tensors.

    Training, evaluation and export draw through the same `sample`, which makes the sample and its
    log-density from noise that it is given.

    Attributes:
        has_density: False if q is a point: the model then has a distortion but no rate.
    """

    has_density: bool = True
    event_shape: tuple[int, ...]

    def noise(self) -> dict[str, Noise]:
        """States the noise of one draw, by name."""
        raise TypeError(f"{type(self).__name__} must define `noise`.")

    def sample(
        self, parameters: Parameters, noise: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns z `[S, B, *event]` and log q(z given features) `[S, B]`, in nats."""
        raise TypeError(f"{type(self).__name__} must define `sample`.")

    def log_prob(self, parameters: Parameters, z: tf.Tensor) -> tf.Tensor:
        """Returns log q(z given features) of any z `[..., B, *event]`, `[..., B]`, in nats."""
        return self.distribution(parameters).log_prob(z)

    def distribution(self, parameters: Parameters) -> Any:
        """Returns the `tfd.Distribution`, batch `[B]`."""
        raise TypeError(f"{type(self).__name__} must define `distribution`.")

    def point(self, parameters: Parameters) -> tf.Tensor:
        """Returns the single value that stands for q, `[B, *event]`."""
        raise TypeError(f"{type(self).__name__} must define `point`.")
