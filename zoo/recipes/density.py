"""The table of evidence: one network with several priors, two data sets, two protocols.

`long` is the published protocol (Tomczak and Welling 2017, arXiv:1705.07120, section 5): a constant
learning rate, and the weights of the epoch with the best validation ELBO; ours ends with a budget
of processor time. `short` gives all priors the same epochs, and its learning rate falls to zero.
"""

import dataclasses
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import keras

import tfvae
from tfvae import decoders, encoders, families, flows, models, posteriors, priors
from tfvae.objectives import ELBO, Warmup
from tfvae.zoo.recipe import Recipe

IMAGE = (28, 28, 1)
LATENT_SIZE = 40
HIDDEN = (300, 300)
COMPONENTS = (10, 100, 500)
DATA = {"mnist": "handwritten digits", "fashion_mnist": "clothes"}
# What two cores compute in ninety minutes when nothing else runs: the products leave the second one
# idle for a ninth of the time.
PROCESSOR_MINUTES = 160.0


class Variant(NamedTuple):
    """A row of the table: how the model is built, and what is special in training it."""

    words: str
    build: Callable[[int], tfvae.VAE]
    adapts: bool = False


def flat(warmup_steps: int, prior: Callable[[], priors.Prior], components: int = 1) -> tfvae.VAE:
    """Returns a model with one level of latents, its q of one Gaussian or several."""
    posterior = (
        families.DiagonalNormal(LATENT_SIZE)
        if components == 1
        else posteriors.MixtureOfGaussians(LATENT_SIZE, components)
    )
    return tfvae.VAE(
        encoders.GatedMLP(HIDDEN),
        decoders.GatedMLP(HIDDEN),
        posterior,
        families.Bernoulli(IMAGE),
        prior(),
        objective=ELBO(Warmup(warmup_steps)),
    )


def two_levels(warmup_steps: int, prior: Callable[[], priors.Prior]) -> tfvae.VAE:
    """Returns a model with two levels of latents, the prior on top."""
    x = keras.Input(IMAGE)
    pixels = keras.layers.Flatten()(x)
    return models.HVAE(
        keras.Model(x, [pixels, encoders.GatedMLP(HIDDEN)(x)]),
        decoders.GatedJoin((LATENT_SIZE,), HIDDEN[0]),
        families.Bernoulli(IMAGE),
        prior(),
        latent_sizes=(LATENT_SIZE, LATENT_SIZE),
        units=HIDDEN[0],
        objective=ELBO(Warmup(warmup_steps)),
    )


def mixture(components: int) -> Callable[[], priors.Prior]:
    """Returns what makes a mixture: one Gaussian, until `adapt` places its components."""
    return partial(priors.MixtureOfGaussians, components, spread=0.0, restarts=1)


def real_nvp() -> priors.Prior:
    """Returns the flow prior."""
    return priors.Flowed(flows.RealNVP(8, hidden=(128, 128)))


def variants() -> dict[str, Variant]:
    """Returns the rows of the table, by name."""
    gaussian, vamp = priors.StandardNormal, partial(priors.VampPrior, 500)
    mixtures = {
        f"gmvae{k}": Variant(f"{k} Gaussians", partial(flat, prior=mixture(k)), adapts=True)
        for k in COMPONENTS
    }
    several = partial(flat, prior=mixture(COMPONENTS[-1]), components=5)
    return {
        "vae": Variant("N(0, I)", partial(flat, prior=gaussian)),
        **mixtures,
        "vampvae": Variant("VampPrior of 500", partial(flat, prior=vamp)),
        "flowvae": Variant("RealNVP of 8 layers", partial(flat, prior=real_nvp)),
        "hvae": Variant("VampPrior of 500 on the upper level", partial(two_levels, prior=vamp)),
        "hvae_mixture": Variant(
            "500 Gaussians on the upper level",
            partial(two_levels, prior=mixture(COMPONENTS[-1])),
            adapts=True,
        ),
        "gmvae500_mixture_posterior": Variant("500 Gaussians", several, adapts=True),
    }


def _recipes() -> Iterator[Recipe]:
    for data, things in DATA.items():
        for name, variant in variants().items():
            short = Recipe(
                name=f"{name}_{data}_short",
                data=data,
                build=variant.build,
                summary=f"A variational autoencoder of {things}, for the table of evidence.",
                prior=variant.words,
                warmup_epochs=10,
                epochs=100,
                batch_size=100,
                learning_rate=1e-3,
                binarization="dynamic",
                num_samples=5000,
                seeds=(0, 1, 2),
                adapts=variant.adapts,
                validation=10_000,
            )
            yield short
            yield dataclasses.replace(
                short,
                name=f"{name}_{data}_long",
                warmup_epochs=100,
                epochs=2000,
                learning_rate=5e-4,
                seeds=(0, 1),
                decay=False,
                patience=50,
                processor_minutes=PROCESSOR_MINUTES,
            )


RECIPES = tuple(_recipes())
