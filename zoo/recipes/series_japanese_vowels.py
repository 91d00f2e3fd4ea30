"""Japanese vowels: linear networks under a mixture of nine Gaussians.

Deeper networks, convolutions among them, explained the 216 training series that they were tried on
far better, and the 54 others far worse.
"""

import keras

import tfvae
from tfvae import decoders, families, priors
from tfvae.objectives import ELBO, Warmup
from tfvae.zoo.recipe import Recipe
from tfvae.zoo.sources.series import CHANNELS, LENGTH
from tfvae.zoo.tasks import SeriesTask

DATA = "japanese_vowels"
SHAPE = (LENGTH, len(CHANNELS[DATA].names))
LATENT_SIZE, COMPONENTS = 32, 9
NOISE = 0.3


def mixture_of_factors(warmup_steps: int) -> tfvae.VAE:
    """Returns the model: factors that are shared by components, each with its own Gaussian."""
    encoder = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.GaussianNoise(NOISE), keras.layers.Flatten()]
    )
    prior = priors.MixtureOfGaussians(COMPONENTS, spread=0.0, start="mixture")
    return tfvae.VAE(
        encoder,
        decoders.MLP(()),
        families.DiagonalNormal(LATENT_SIZE),
        families.Normal(SHAPE, "per_pixel"),
        prior,
        objective=ELBO(Warmup(warmup_steps)),
    )


RECIPE = Recipe(
    name="series_japanese_vowels",
    data=DATA,
    build=mixture_of_factors,
    summary=(
        "A variational autoencoder of utterances of two vowels by nine speakers, as 12 cepstral "
        "coefficients over time, whose prior is a mixture of nine Gaussians."
    ),
    prior="9 Gaussians",
    warmup_epochs=150,
    epochs=600,
    batch_size=90,
    learning_rate=8e-3,
    binarization="none",
    num_samples=5000,
    seeds=(0, 1, 2),
    task=SeriesTask(),
)
