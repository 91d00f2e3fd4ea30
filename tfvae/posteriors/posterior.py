"""What every posterior is: a sampler whose randomness comes from outside, with its density."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tfvae.families.family import Parameters
from tfvae.part import Part
from tfvae.random import Noise


class RefinementError(ValueError):
    """Says that a part computes its parameters in one piece, so that none can be moved freely."""

    def __init__(self, part: Part) -> None:
        super().__init__(
            f"{type(part).__name__} cannot be refined: its parameters are not made of real numbers "
            "that `project` would give and `parameters` take. A posterior such as "
            "`tfvae.families.DiagonalNormal(32)` can."
        )


class Strata(NamedTuple):
    """Samples of q(z given features) from each of K parts that together make it up.

    Args:
        z: samples of each part, `[K, S, B, *event]`.
        log_q: log-density of q as a whole at z, `[K, S, B]`, in nats.
        log_w: logarithms of the parts' shares of q, `[K, 1, B]`; None for a single part.
    """

    z: tf.Tensor
    log_q: tf.Tensor
    log_w: tf.Tensor | None = None


class Posterior(Part):
    """q(z given features): `call(features)` gives its parameters as tensors.

    Training, evaluation and export draw through the same `sample`, which makes the sample and its
    log-density from noise that it is given. Expectations under q are taken over its `strata`: one,
    made of such samples, unless the posterior has parts of its own.

    Attributes:
        event_shape: shape of z.
        has_density: False if q is a point: the model then has a distortion but no rate.
        support: over what q is, as the prior must be too.
    """

    has_density: bool = True
    event_shape: tuple[int, ...]
    # What draws are, as the prior has it: densities of different kinds do not compare.
    support = "vectors"

    def call(self, features: tf.Tensor) -> Parameters:
        """Returns the parameters of q as tensors, by name, each `[N, ...]`."""
        return self.parameters(self.project(features))

    def project(self, features: tf.Tensor) -> Parameters:
        """Returns what the heads make of features: free real numbers, by name, each `[N, ...]`."""
        raise RefinementError(self)

    def parameters(self, projected: Parameters) -> Parameters:
        """Turns the heads' outputs into parameters of q."""
        raise RefinementError(self)

    def noise(self) -> dict[str, Noise]:
        """States the noise of one draw, by name."""
        raise TypeError(f"{type(self).__name__} must define `noise`.")

    def sample(
        self, parameters: Parameters, noise: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns z `[S, B, *event]` and log q(z given features) `[S, B]`, in nats."""
        raise TypeError(f"{type(self).__name__} must define `sample`.")

    def strata(self, parameters: Parameters, noise: dict[str, tf.Tensor]) -> Strata:
        """Returns the samples over which expectations under q are taken, with their weights."""
        z, log_q = self.sample(parameters, noise)
        return Strata(z[None], log_q[None])

    def log_prob(self, parameters: Parameters, z: tf.Tensor) -> tf.Tensor:
        """Returns log q(z given features) of any z `[..., B, *event]`, `[..., B]`, in nats."""
        return self.distribution(parameters).log_prob(z)

    def log_prob_of_strata(self, parameters: Parameters, z: tf.Tensor) -> tf.Tensor:
        """Returns the log-density of the part that each z `[K, S, B, *event]` was drawn from."""
        return self.log_prob(parameters, z)

    def detached_log_prob(self, parameters: Parameters, z: tf.Tensor) -> tf.Tensor:
        """Returns `log_prob`, whose gradient passes through z alone: all that makes q is constant.

        That is the parameters, and the weights of networks that the density runs through.
        """
        parameters = {name: tf.stop_gradient(value) for name, value in parameters.items()}
        weights = [(weight, tf.stop_gradient(weight.value)) for weight in self.trainable_variables]
        # In such a scope Keras's layers read these values for their weights.
        with keras.StatelessScope(weights):
            return self.log_prob(parameters, z)

    def distribution(self, parameters: Parameters) -> Any:
        """Returns the `tfd.Distribution`, batch `[B]`."""
        raise TypeError(f"{type(self).__name__} must define `distribution`.")

    def point(self, parameters: Parameters) -> tf.Tensor:
        """Returns the single value that stands for q, `[B, *event]`."""
        raise TypeError(f"{type(self).__name__} must define `point`.")
