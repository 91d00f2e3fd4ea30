"""The table of clusters: ten groups found without labels, by one pair of networks.

Every method trains on all training images, with the same networks, latents, likelihood and number
of epochs; what differs is the model. The flagship, `two_levels`, was named by the bound of
validation images of MNIST, with a seed that is not scored: `benchmarks/choices.py`.

`invariant` is trained in two parts, each with a learning rate that falls to 0. The first is a VAE
whose encoder reads images moved at random, and which explains them as they were: where ink lies is
not in its latents. Then its prior becomes the mixture of Gaussians that fits its latents best, and
all of it goes on learning, while what two moved views of an image say of its component is to agree.
`moved` is the same without that agreement. The presets of groups are made by `invariant`: it is
smaller, and its groups differ less between seeds.

`two_levels` begins with the same VAE and keeps of it the encoder, for the upper of two levels. The
lower one, and a decoder of its own, explain where ink lies, so that the bound is that of images as
they are; only the views by which components are to agree are moved.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import keras

import tfvae
from tfvae import decoders, encoders, families, latents, models, priors
from tfvae.objectives import ELBO, InvariantInformation, Warmup
from tfvae.zoo.recipe import Recipe
from tfvae.zoo.tasks import ImageClusters

IMAGE = (28, 28, 1)
NUM_CLASSES = 10
LATENT_SIZE = 10
HIDDEN = (512, 512)
EPOCHS = 60
# Of these, before there is a mixture.
FIRST_EPOCHS = 20
# Of the information, beside a bound of some hundred nats; it is of log 10 = 2.3 at most.
WEIGHT = 200.0
BATCH_SIZE = 250
# Of the model with two levels: its lower latents, and the steps along which the weight falls, which
# are all that it makes of 60,000 images.
LOWER_SIZE = 40
FALLING_STEPS = 60_000 // BATCH_SIZE * (EPOCHS - FIRST_EPOCHS)
DATA = {"mnist": "handwritten digits", "fashion_mnist": "clothes"}
FLAGSHIP = "two_levels"


class Method(NamedTuple):
    """A row of the table: how the model is built and started."""

    words: str
    build: Callable[..., tfvae.VAE]
    warmup_epochs: int = 5
    adapts: bool = False
    pretraining_epochs: int = 0
    batch_size: int = BATCH_SIZE
    first: bool = False


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


def motion(size: float = 1.0) -> keras.Layer:
    """Returns the layer that moves the images that an encoder trains on."""
    return encoders.RandomAffine(
        rotation=12.0 * size, shear=0.25 * size, scale=0.12 * size, shift=2.5 * size
    )


def moved(warmup_steps: int) -> tfvae.VAE:
    """Returns the VAE that the last rows begin with: its encoder trains on moved images."""
    return gaussian(models.DenoisingVAE, warmup_steps, corruption=motion())


def full_gaussians() -> priors.Prior:
    """Returns the mixture that starts as the best of ten fits to the latents."""
    return priors.MixtureOfGaussians(NUM_CLASSES, covariance="full", start="mixture", restarts=10)


def grouped(weight: float, warmup_steps: int, lower: tfvae.VAE) -> tfvae.VAE:
    """Returns the VAE of a mixture prior that has the networks of one that is trained.

    Args:
        weight: of the information that two views share of their component.
        warmup_steps: none: the rate counts from the start.
        lower: the trained one.
    """
    return models.DenoisingVAE(
        lower.encoder.layers[-1],
        lower.decoder,
        lower.latents.posterior,
        lower.likelihood,
        full_gaussians(),
        corruption=motion(1.5),
        objective=InvariantInformation(weight) if weight else ELBO(),
    )


def two_levels(warmup_steps: int, first: tfvae.VAE) -> tfvae.VAE:
    """Returns the VAE whose upper level has the encoder of one that is trained.

    Args:
        warmup_steps: none: the rate counts from the start.
        first: the trained one.
    """
    x = keras.Input(IMAGE)
    encoder = keras.Model(x, [encoders.MLP(HIDDEN, name="lower")(x), first.encoder.layers[-1](x)])
    lower = latents.Level(
        families.DiagonalNormal(LOWER_SIZE),
        prior=encoders.MLP(HIDDEN[:1]),
        posterior=encoders.MLP(HIDDEN[:1]),
    )
    upper = latents.Level(first.latents.posterior.family)
    falling = keras.optimizers.schedules.CosineDecay(WEIGHT, FALLING_STEPS, alpha=0.05)
    return tfvae.VAE(
        encoder,
        decoders.MLP(HIDDEN),
        likelihood=first.likelihood,
        latents=latents.Ladder([lower, upper], full_gaussians()),
        objective=InvariantInformation(falling, change=motion(1.5)),
    )


def methods() -> dict[str, Method]:
    """Returns the rows of the table that are trained, by name."""
    enumerated = partial(gaussian, models.GMVAE, num_classes=NUM_CLASSES)
    pretrained = partial(gaussian, models.VaDE, num_classes=NUM_CLASSES)
    second = Method(
        "10 full Gaussians, images moved",
        partial(grouped, 0.0),
        warmup_epochs=0,
        adapts=True,
        batch_size=500,
        first=True,
    )
    agreeing = second._replace(
        words="10 full Gaussians, invariant to motion",
        build=partial(grouped, WEIGHT),
    )
    return {
        "ae": Method("autoencoder", autoencoder),
        "vae": Method("N(0, I)", partial(gaussian, tfvae.VAE)),
        "mixture": Method("10 Gaussians, learned by `fit`", learned_mixture),
        "gmvae": Method("GMVAE of 10 classes", enumerated),
        "vade": Method("VaDE", pretrained, 0, adapts=True, pretraining_epochs=20),
        "moved": second,
        "invariant": agreeing,
        FLAGSHIP: Method(
            "10 full Gaussians on the upper of two levels, invariant to motion",
            two_levels,
            warmup_epochs=0,
            adapts=True,
            first=True,
        ),
    }


def _recipe(name: str, method: Method, data: str, epochs: int) -> Recipe:
    below = Method("N(0, I), images moved", moved)
    return Recipe(
        name=f"{name}_{data}_clusters",
        data=data,
        build=method.build,
        summary=f"Ten clusters of {DATA[data]}, for the table of clusters.",
        prior=method.words,
        warmup_epochs=method.warmup_epochs,
        epochs=epochs,
        batch_size=method.batch_size,
        learning_rate=1e-3,
        binarization="dynamic",
        num_samples=500,
        seeds=(0, 1, 2, 3, 4),
        adapts=method.adapts,
        pretraining_epochs=method.pretraining_epochs,
        first=_recipe("first", below, data, FIRST_EPOCHS) if method.first else None,
    )


def _recipes() -> Iterator[Recipe]:
    for data in DATA:
        for name, method in methods().items():
            epochs = EPOCHS - FIRST_EPOCHS if method.first else EPOCHS
            yield _recipe(name, method, data, epochs)


def _presets() -> Iterator[Recipe]:
    """Yields `invariant` once more, under the names of the presets that it makes."""
    for recipe in _recipes():
        if recipe.name == f"invariant_{recipe.data}_clusters":
            summary = f"Ten groups of {DATA[recipe.data]}, found without labels."
            name = f"cluster_{recipe.data}"
            yield replace(recipe, name=name, summary=summary, task=ImageClusters())


RECIPES = (*_recipes(), *_presets())
