"""Models put together by hand: every choice of the first parts, and a user's own networks."""

import keras

import tfvae
from tests.conformance.variants.base import (
    IMAGE,
    Rows,
    Variant,
    Widen,
    binary,
    digits,
    functional,
    named,
    odd_images,
    vectors,
)
from tfvae import decoders, encoders, families, objectives, priors

SCHEDULES = keras.optimizers.schedules


def dense() -> Variant:
    vae = tfvae.VAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        posterior=families.DiagonalNormal(3),
        likelihood=families.Bernoulli(IMAGE),
    )
    return Variant(vae, binary())


def gated_mixture() -> Variant:
    vae = tfvae.VAE(
        encoders.GatedMLP((16,)),
        decoders.GatedMLP((16,)),
        posterior=families.DiagonalNormal(2),
        prior=priors.MixtureOfGaussians(3),
        likelihood=families.ContinuousBernoulli(IMAGE),
        objective=objectives.ELBO(objectives.Warmup(20)),
    )
    return Variant(vae, digits())


def convolutional_full() -> Variant:
    vae = tfvae.VAE(
        encoders.Conv((4, 4), dense=16),
        decoders.Conv((7, 9), (4, 4), dense=16),
        posterior=families.FullNormal(3),
        prior=priors.MixtureOfGaussians(4, "full", spread=2.0),
        likelihood=families.Normal((7, 9, 1), "shared"),
        objective=objectives.ELBO(num_samples=2),
    )
    return Variant(vae, odd_images())


def importance() -> Variant:
    vae = tfvae.VAE(
        encoders.MLP((16,), "tanh"),
        decoders.GatedDense(16),
        posterior=families.FullNormal(2),
        likelihood=families.Normal(IMAGE, "per_pixel"),
        objective=objectives.IWAE(4),
    )
    return Variant(vae, digits())


def free_bits_mixture() -> Variant:
    layers = keras.layers
    encoder = keras.Sequential([layers.Flatten(), layers.Dense(16, activation="relu")])
    decoder = keras.Sequential(
        [
            layers.Dense(64, activation="relu"),
            layers.Reshape(IMAGE),
            layers.Conv2D(4, 3, padding="same"),
        ]
    )
    vae = tfvae.VAE(
        encoder,
        decoder,
        posterior=families.FullNormal(2),
        prior=priors.MixtureOfGaussians(3, learned=("loc",)),
        likelihood=families.Bernoulli(IMAGE),
        objective=objectives.ELBO(beta=0.5, free_bits=0.05),
    )
    return Variant(vae, binary())


def importance_mixture() -> Variant:
    vae = tfvae.VAE(
        functional(IMAGE, 16, "encoder"),
        functional((2,), 16, "decoder"),
        posterior=families.DiagonalNormal(2),
        prior=priors.MixtureOfGaussians(3, "shared", learned=("weights", "scale"), start="mixture"),
        likelihood=families.Bernoulli(IMAGE),
        objective=objectives.IWAE(3),
    )
    return Variant(vae, binary())


def batch_statistics() -> Variant:
    layers = keras.layers
    encoder = keras.Sequential(
        [layers.Flatten(), layers.Dense(16), layers.BatchNormalization(), layers.ReLU()]
    )
    decoder = keras.Sequential([layers.Dense(16, activation="relu"), layers.Dropout(0.1)])
    beta = SCHEDULES.PolynomialDecay(0.1, 20, end_learning_rate=1.0)
    vae = tfvae.VAE(
        encoder,
        decoder,
        latents=tfvae.latents.Flat(tfvae.posteriors.Amortised(families.DiagonalNormal(2))),
        likelihood=families.Normal(IMAGE, 0.25),
        objective=objectives.ELBO(beta, free_bits=0.1),
    )
    return Variant(vae, digits())


def users_layers() -> Variant:
    vae = tfvae.VAE(
        Widen(16),
        Widen(16),
        posterior=families.DiagonalNormal(2),
        prior=priors.MixtureOfGaussians(2),
        likelihood=families.Normal((5,), "shared"),
    )
    return Variant(vae, vectors())


def sticking_the_landing() -> Variant:
    return named(
        tfvae.VAE,
        full=True,
        objective=objectives.ELBO(
            objectives.Cyclical(8, num_cycles=2), gradient="sticking_the_landing"
        ),
    )


def invariant_mixture() -> Variant:
    encoder = keras.Sequential([encoders.RandomAffine(10.0, shift=0.5), encoders.MLP((16,))])
    return _invariant(encoder, objectives.InvariantInformation(10.0))


def invariant_components() -> Variant:
    change = encoders.RandomAffine(10.0, shift=0.5)
    return _invariant(encoders.MLP((16,)), objectives.InvariantInformation(10.0, change=change))


def _invariant(encoder: keras.Layer, objective: objectives.Objective) -> Variant:
    vae = tfvae.VAE(
        encoder,
        decoders.MLP((16,)),
        posterior=families.DiagonalNormal(2),
        prior=priors.MixtureOfGaussians(3, "full", start="mixture"),
        likelihood=families.Bernoulli(IMAGE),
        objective=objective,
    )
    return Variant(vae, binary())


COMPOSED: Rows = {
    make.__name__: make
    for make in (
        dense,
        gated_mixture,
        convolutional_full,
        importance,
        free_bits_mixture,
        importance_mixture,
        batch_statistics,
        users_layers,
        sticking_the_landing,
        invariant_mixture,
        invariant_components,
    )
}
