"""Posteriors side by side as the components of a prior."""

from typing import Any

import tensorflow as tf

from tfvae.families.family import Parameters
from tfvae.priors.components import Components
from tfvae.priors.gaussians import Gaussians


class EncodedComponents:
    """The posteriors of K encoded inputs, whatever their kind.

    Args:
        posterior: the kind, a `Posterior` or `Latents`.
        parameters: their parameters, by name, each `[K, ...]`.
        num_components: K.
    """

    def __init__(self, posterior: Any, parameters: Parameters, num_components: int) -> None:
        self.posterior, self.parameters, self.num_components = posterior, parameters, num_components

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log q(z given u_k) in nats, `[..., K]` for z of shape `[..., *event]`."""
        rank = len(self.posterior.event_shape)
        shape = tf.shape(z)
        split = len(z.shape) - rank
        shape = tf.concat([shape[:split], [self.num_components], shape[split:]], axis=0)
        return self.posterior.log_prob(
            self.parameters, tf.broadcast_to(tf.expand_dims(z, split), shape)
        )

    exact_log_prob = lean_log_prob = log_prob

    def distribution(self) -> Any:
        """Returns them as one `tfd.Distribution`, batch `[K]`."""
        return self.posterior.distribution(self.parameters)


def side_by_side(posterior: Any, parameters: Parameters, num_components: int) -> Components:
    """Returns the posteriors of K encoded inputs as components, Gaussians in their faster way.

    Args:
        posterior: the kind, a `Posterior` or `Latents`.
        parameters: their parameters, by name, each `[K, ...]`.
        num_components: K.
    """
    gaussians = Gaussians.of(posterior.distribution(parameters))
    if gaussians is not None:
        return gaussians
    return EncodedComponents(posterior, parameters, num_components)
