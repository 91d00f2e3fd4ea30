"""The table of clusters: ten groups found without labels, by one pair of networks.

Every method trains on all training images, with the same networks, latents, epochs and schedule;
what differs is the model. The flagship, `moved`, was named on validation images, and on seeds that
are not scored.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import tfvae
from tfvae import decoders, encoders, families, models, priors
from tfvae.objectives import ELBO, Warmup
from tfvae.zoo.recipe import Recipe

IMAGE = (28, 28, 1)
NUM_CLASSES = 10
LATENT_SIZE = 10
HIDDEN = (512, 512)
EPOCHS = 60
DATA = {"mnist": "handwritten digits", "fashion_mnist": "clothes"}
FLAGSHIP = "moved"


class Method(NamedTuple):
    """A row of the table: how the model is built and started."""

    words: str
    build: Callable[[int], tfvae.VAE]
    warmup_epochs: int = 5
    adapts: bool = False
    pretraining_epochs: int = 0


def built(kind: Callable[..., tfvae.VAE], warmup_steps: int, **given: Any) -> tfvae.VAE:
    """Returns a model of that kind with the networks, latents and likelihood of the table."""
    return kind(
        encoders.MLP(HIDDEN),
        decoders.MLP(HIDDEN),
        likelihood=families.Bernoulli(IMAGE),
        **given,
        **({"objective": ELBO(Warmup(warmup_steps))} if warmup_steps else {}),
    )


def gaussian(kind: Callable[..., tfvae.VAE], warmup_steps: int, **given: Any) -> tfvae.VAE:
    """Returns such a model whose posterior is a Gaussian."""
    return built(kind, warmup_steps, posterior=families.DiagonalNormal(LATENT_SIZE), **given)


def autoencoder(warmup_steps: int) -> tfvae.VAE:
    """Returns the autoencoder: it has no rate that could be warmed up."""
    return built(models.AE, 0, latent_size=LATENT_SIZE)


def learned_mixture(warmup_steps: int) -> tfvae.VAE:
    """Returns the VAE whose prior is a mixture, learned by plain `fit`."""
    return gaussian(tfvae.VAE, warmup_steps, prior=priors.MixtureOfGaussians(NUM_CLASSES))


def moved(warmup_steps: int) -> tfvae.VAE:
    """Returns the flagship: its encoder trains on images that are moved at random."""
    prior = priors.MixtureOfGaussians(
        NUM_CLASSES, covariance="full", spread=0.0, start="mixture", restarts=10
    )
    motion = encoders.RandomAffine(rotation=12.0, shear=0.25, scale=0.12, shift=2.5)
    return gaussian(models.DenoisingVAE, warmup_steps, prior=prior, corruption=motion)


def methods() -> dict[str, Method]:
    """Returns the rows of the table that are trained, by name."""
    enumerated = partial(gaussian, models.GMVAE, num_classes=NUM_CLASSES)
    pretrained = partial(gaussian, models.VaDE, num_classes=NUM_CLASSES)
    return {
        "ae": Method("autoencoder", autoencoder),
        "vae": Method("N(0, I)", partial(gaussian, tfvae.VAE)),
        "mixture": Method("10 Gaussians, learned by `fit`", learned_mixture),
        "gmvae": Method("GMVAE of 10 classes", enumerated),
        "vade": Method("VaDE", pretrained, 0, adapts=True, pretraining_epochs=20),
        FLAGSHIP: Method("10 full Gaussians, images moved", moved, 15, adapts=True),
    }


def _recipes() -> Iterator[Recipe]:
    for data, things in DATA.items():
        for name, method in methods().items():
            yield Recipe(
                name=f"{name}_{data}_clusters",
                data=data,
                build=method.build,
                summary=f"Ten clusters of {things}, for the table of clusters.",
                prior=method.words,
                warmup_epochs=method.warmup_epochs,
                epochs=EPOCHS,
                batch_size=250,
                learning_rate=1e-3,
                binarization="dynamic",
                num_samples=500,
                seeds=(0, 1, 2, 3, 4),
                adapts=method.adapts,
                pretraining_epochs=method.pretraining_epochs,
            )


RECIPES = tuple(_recipes())
