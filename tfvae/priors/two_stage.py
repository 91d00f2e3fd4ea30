"""A second VAE, of the latents of the first, as its sampler."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.families.normal import Normal
from tfvae.part import registered
from tfvae.priors.prior import EncodedData, Prior
from tfvae.random import Noise

# Tells the noise of the second model's own draw from that around it.
OF_SECOND = "second/"


@registered()
class TwoStage(Prior):
    r"""Draws the latents of one VAE from another.

    $$u \sim p_2(u),\qquad z \sim p_2(z|u) = \mathcal N(z;\ loc(u),\ scale^2)$$

    `fit_sampler` trains the second model on draws of q(z given x). There is no density in closed
    form, so that this is a sampler only, never the prior of a bound.

    Args:
        second: a `tfvae.VAE` over events of the shape of the latents, its likelihood a
            `tfvae.families.Normal`.

    Raises:
        ValueError: if `second` is something else; in building, if the shapes differ.

    Example:
        >>> import tfvae
        >>> second = tfvae.VAE(
        ...     tfvae.encoders.MLP((16,)),
        ...     tfvae.decoders.MLP((16,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Normal((2,), "shared"),
        ... )
        >>> sorted(tfvae.priors.TwoStage(second).noise())
        ['around', 'second/z']

    Reference:
        Dai and Wipf 2019, arXiv:1903.05789, the two-stage VAE. Ours, like theirs, adds the noise of
        p(z given u), of the scale that the second model has learned.
    """

    def __init__(self, second: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        likelihood = getattr(second, "likelihood", None)
        if not (isinstance(second, keras.Model) and isinstance(likelihood, Normal)):
            raise ValueError(
                "`second` must be a `tfvae.VAE` with a `tfvae.families.Normal` likelihood over the "
                f"latents, but is {second!r}."
            )
        self.second = second
        self.num_components = second.num_sample_components

    def build(self, latent_shape: tuple[Any, ...]) -> None:
        super().build(latent_shape)
        if self.event_shape != self.second.event_shape:
            raise ValueError(
                f"The second model is over events of shape {self.second.event_shape}, but the "
                f"latents have shape {self.event_shape}."
            )

    def fit(
        self, encoded: EncodedData, optimizer: Any = "adam", **fit_arguments: Any
    ) -> dict[str, list[float]]:
        """Trains the second model; returns Keras's history."""
        # Another one, so that what is saved has no optimiser within it.
        twin = type(self.second).from_config(self.second.get_config())
        twin.set_weights(self.second.get_weights())
        twin.compile(optimizer)
        history = twin.fit(encoded.z, **fit_arguments).history
        self.second.set_weights(twin.get_weights())
        return history

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        raise ValueError(
            "`TwoStage` has no density in closed form: give it to `fit_sampler`, not as a prior."
        )

    def distribution(self) -> Any:
        return self.log_prob(None)

    def noise(self) -> dict[str, Noise]:
        own = self.second.generative_noise()
        around = Noise("normal", self.second.event_shape)
        return {"around": around, **{OF_SECOND + name: spec for name, spec in own.items()}}

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        own = {name: noise[OF_SECOND + name] for name in self.second.generative_noise()}
        u = self.second.draw_latents(own, component, temperature)
        parameters = self.second.decode_parameters(u)
        scale = self.second.likelihood.distribution(parameters).stddev()
        return self.second.likelihood.mean(parameters) + temperature * scale * noise["around"]
