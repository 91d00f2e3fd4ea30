"""What every prior is: a log-density on tensors, and a sampler whose randomness is given to it."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.part import Part
from tfvae.random import Noise


class Prior(Part):
    """p(z): `prior(z)` is its log-density, `[..., *event]` to `[...]`, in nats.

    A prior learns the shape of z when the model builds it. `num_components` is None unless it is
    a mixture; one that is has `component_log_prob(z)`, the joint log p(k, z), `[..., K]`.
    """

    num_components: int | None = None

    def __init__(self, **kwargs: Any) -> None:
        # A density is not computed in half precision, whatever the networks are.
        super().__init__(autocast=False, **kwargs)

    def build(self, latent_shape: tuple[Any, ...]) -> None:
        self.event_shape: tuple[int, ...] = tuple(latent_shape)[1:]
        self.built = True

    def call(self, z: tf.Tensor) -> tf.Tensor:
        return self.log_prob(tf.cast(z, self.density_dtype))

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log p(z) in nats, `[...]` for z of shape `[..., *event]`."""
        raise TypeError(f"{type(self).__name__} must define `log_prob`.")

    def distribution(self) -> Any:
        """Returns p(z) as a `tfd.Distribution`, built anew from the present weights."""
        raise TypeError(f"{type(self).__name__} must define `distribution`.")

    def noise(self) -> dict[str, Noise]:
        """States the noise of one draw, by name."""
        return {"z": Noise("normal", self.event_shape)}

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        """Returns z `[..., *event]` made from noise `[..., *shape]`.

        Args:
            noise: what `noise` asks for.
            component: int32 `[...]`, the component to draw from; None draws it from the weights.
            temperature: what the noise around a location is multiplied by.
        """
        raise TypeError(f"{type(self).__name__} must define `sample`.")

    def adapt(self, latents: np.ndarray) -> None:
        """Starts the prior from latents `[N, *event]` of data, where its kind has such a start."""

    def usage_metrics(self) -> list[keras.metrics.Metric]:
        """Returns metrics of z that `fit` reports; none unless the kind has something to say."""
        return []
