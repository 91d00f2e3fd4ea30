"""A start for encoder and decoder: they learn to reconstruct before there is any rate."""

import warnings
from typing import Any

import tensorflow as tf

from tfvae.families.family import Parameters
from tfvae.latents.flat import Flat
from tfvae.part import positive_integer
from tfvae.posteriors import Posterior
from tfvae.random import Noise


class AtPoint(Posterior):
    """A posterior reduced to the point that stands for it, with the same weights.

    Args:
        posterior: one that has been built.
    """

    has_density = False

    def __init__(self, posterior: Posterior, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.posterior = posterior
        self.event_shape = posterior.event_shape

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        self.posterior.build_once(features_shape)
        self.built = True

    def call(self, features: tf.Tensor) -> Parameters:
        return self.posterior(features)

    def noise(self) -> dict[str, Noise]:
        return {}

    def sample(
        self, parameters: Parameters, noise: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        z = self.point(parameters)[None]
        return z, tf.zeros(tf.shape(z)[:2], z.dtype)

    def point(self, parameters: Parameters) -> tf.Tensor:
        return self.posterior.point(parameters)


def pretrain(vae: Any, x: Any, epochs: int, batch_size: int) -> None:
    """Trains encoder, decoder and likelihood as an autoencoder, by Adam.

    Args:
        vae: a model whose posterior reads the features alone.
        x: what `fit` takes.
        epochs: number of epochs.
        batch_size: examples a step.

    Raises:
        ValueError: if the latents are of another kind.
    """
    positive_integer(epochs, "epochs")
    if not isinstance(vae.latents, Flat):
        raise ValueError(
            "`epochs` of `adapt` train an autoencoder at the posterior's point, which "
            f"{type(vae.latents).__name__} latents do not have of the features alone: leave it out."
        )
    twin = type(vae)(
        vae.encoder,
        vae.decoder,
        AtPoint(vae.latents.posterior),
        vae.likelihood,
        input_shape=vae.input_shape,
    )
    twin.compile("adam")
    with warnings.catch_warnings():
        # The point does not depend on the scale, whose weights stay as they are.
        warnings.filterwarnings("ignore", "Gradients do not exist")
        twin.fit(x, batch_size=batch_size, epochs=epochs, verbose=0)
