"""Digits of which 100 or 1,000 have a label: M2, and M1 with M2 on top.

50,000 of the training images are trained on, 10,000 held out, as in Kingma et al. 2014
(arXiv:1406.5298). The seed of a run draws which images have a label, so many of each class; the
classes of all others are never looked at. Pixels are taken as probabilities: what is maximised is
the bound on average over binary images, with a q that reads the grey one.

Each labelled image is read so often an epoch that they are about a sixth of what is read, shuffled
among the others; each time its classification weighs 30, and its bound 1.

The encoder reads images that are moved at random, labelled or not, and explains the image as it
was. In the paper M1 stays as it was trained; here it is where the training of all begins.

Nothing is chosen by the seeds that are scored: they train for a fixed number of epochs, and the
weights are the last. Networks, weights and motions were chosen by the error of one more label set,
that of seed 100, on the images held out, in runs of at most 12 epochs.

`labelled_alone` is M2 without the images that have no label; it reads the others as often.
"""

from collections.abc import Iterator
from dataclasses import replace

import keras

import tfvae
from tfvae import decoders, encoders, families, models
from tfvae.zoo.labels import Labels
from tfvae.zoo.recipe import Recipe
from tfvae.zoo.tasks import FewLabels

IMAGE = (28, 28, 1)
COUNTS = (100, 1000)
# A sixth of what an epoch reads.
LABELLED_READ = 10_000
WEIGHT = 30.0
LATENT_SIZE = 16
HIDDEN = (256, 256)


def encoder() -> keras.Layer:
    """Returns the network that reads images, in training moved ones; what it explains is not."""
    move = encoders.RandomAffine(rotation=15.6, shear=0.325, scale=0.156, shift=3.25)
    return keras.Sequential([keras.Input(IMAGE), move, encoders.MLP((512, 512))])


def m1(warmup_steps: int) -> tfvae.VAE:
    """Returns the variational autoencoder that M1+M2 begins with; it knows no labels."""
    return tfvae.VAE(
        encoder(),
        decoders.MLP(HIDDEN),
        families.DiagonalNormal(LATENT_SIZE),
        families.Bernoulli(IMAGE),
    )


def m2(warmup_steps: int) -> tfvae.VAE:
    """Returns M2 on pixels."""
    return models.M2(
        encoder(),
        decoders.MLP(HIDDEN),
        families.DiagonalNormal(LATENT_SIZE),
        families.Bernoulli(IMAGE),
        weight=WEIGHT,
    )


def m1m2(warmup_steps: int, lower: tfvae.VAE) -> tfvae.VAE:
    """Returns M2 on the latents of a trained M1, all of which goes on learning."""
    return models.M1M2(
        lower.encoder,
        lower.decoder,
        lower.latents.posterior,
        lower.likelihood,
        upper_encoder=encoders.MLP(HIDDEN),
        upper_decoder=decoders.MLP(HIDDEN),
        upper=families.DiagonalNormal(LATENT_SIZE // 2),
        weight=WEIGHT,
    )


M1 = Recipe(
    name="m1_mnist",
    data="mnist",
    build=m1,
    summary="A variational autoencoder of handwritten digits, for M2 to read its latents.",
    prior="N(0, I)",
    warmup_epochs=0,
    epochs=5,
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
            build=m2,
            summary=f"Handwritten digits and their classes, learned from {count} labels.",
            epochs=40,
            labels=labels,
            task=FewLabels(),
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
            build=m1m2,
            epochs=60,
            first=M1,
        )


def _preset() -> Recipe:
    """Returns M2 by its preset's name: of the two models it erred less on seed 100."""
    # `python -m benchmarks.choices few_labels_model` compares them again.
    (found,) = (recipe for recipe in _recipes() if recipe.name == "m2_mnist_100")
    summary = "Handwritten digits and their classes, learned from 100 labels by M2."
    return replace(found, name="semi_mnist_100", summary=summary)


# Rows of the table of few labels, and what they begin with.
TABLE = (M1, *_recipes())
RECIPES = (*TABLE, _preset())
