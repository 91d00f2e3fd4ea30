"""Digits of which 100 or 1,000 have a label: M2, and M1 with M2 on top.

50,000 of the training images are trained on, 10,000 held out, as in Kingma et al. 2014
(arXiv:1406.5298). The seed of a run draws which images have a label, so many of each class; the
classes of all others are never looked at. Pixels are taken as probabilities: what is maximised is
the bound on average over binary images, with a q that reads the grey one.

Each labelled image is read so often an epoch that they are about a sixth of what is read. The
paper fills its batches with labelled and unlabelled images alike, and weighs a classification by a
tenth of all images over the labelled ones.

Nothing is chosen by the seeds that are scored: they train for a fixed number of epochs. Epochs,
networks and weights were chosen once, by the error of seed 100 on the images held out.

`labelled_alone` is M2 in all, but for the images without a label: what they bring.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import keras

import tfvae
from tfvae import decoders, encoders, families, models
from tfvae.zoo.labels import Labels
from tfvae.zoo.recipe import Recipe

IMAGE = (28, 28, 1)
COUNTS = (100, 1000)
# A sixth of what an epoch reads.
LABELLED_READ = 10_000
WEIGHT = 30.0


def encoder() -> keras.Layer:
    """Returns the network that reads images."""
    return encoders.Conv((32, 64), dense=256)


def m1(warmup_steps: int) -> tfvae.VAE:
    """Returns the variational autoencoder whose latents M2 reads; it knows no labels."""
    return tfvae.VAE(
        encoder(),
        decoders.MLP((512, 512)),
        families.DiagonalNormal(50),
        families.Bernoulli(IMAGE),
        objective=tfvae.objectives.ELBO(tfvae.objectives.Warmup(warmup_steps)),
    )


def m2(warmup_steps: int, weight: float) -> tfvae.VAE:
    """Returns M2 on pixels."""
    return models.M2(
        encoder(),
        decoders.MLP((256, 256)),
        families.DiagonalNormal(32),
        families.Bernoulli(IMAGE),
        weight=weight,
    )


def m1m2(warmup_steps: int, lower: tfvae.VAE, weight: float) -> tfvae.VAE:
    """Returns M2 on the latents of a trained M1, which stays as it is."""
    posterior = lower.latents.posterior
    for part in (lower.encoder, lower.decoder, lower.likelihood, posterior):
        part.trainable = False
    return models.M1M2(
        lower.encoder,
        lower.decoder,
        posterior,
        lower.likelihood,
        upper_encoder=encoders.MLP((256, 256)),
        upper_decoder=decoders.MLP((256, 256)),
        upper=families.DiagonalNormal(32),
        weight=weight,
    )


M1 = Recipe(
    name="m1_mnist",
    data="mnist",
    build=m1,
    summary="A variational autoencoder of handwritten digits, for M2 to read its latents.",
    prior="N(0, I)",
    warmup_epochs=5,
    epochs=40,
    batch_size=250,
    learning_rate=1e-3,
    binarization="none",
    num_samples=500,
    seeds=(0, 1, 2, 3, 4),
    adapts=False,
    validation=10_000,
)


def _recipes() -> Iterator[Recipe]:
    for count in COUNTS:
        labels = Labels(count, repeats=LABELLED_READ // count)
        m2_recipe = replace(
            M1,
            name=f"m2_mnist_{count}",
            build=partial(m2, weight=WEIGHT),
            summary=f"Handwritten digits and their classes, learned from {count} labels.",
            warmup_epochs=0,
            epochs=20,
            labels=labels,
        )
        yield m2_recipe
        yield replace(
            m2_recipe,
            name=f"m2_mnist_{count}_labelled_alone",
            labels=replace(labels, alone=True),
        )
        yield replace(
            m2_recipe,
            name=f"m1m2_mnist_{count}",
            build=partial(m1m2, weight=WEIGHT),
            first=M1,
        )


RECIPES = (M1, *_recipes())
