"""One table of variants: a name, and a function that makes a small model and data for it.

A new part is entered here, in a model of its own or in place of another's part, and every behaviour
is tested with it. `test_table.py` says what is missing.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from sklearn.datasets import load_digits

import tfvae
from tfvae import decoders, encoders, families, models, objectives, priors

COUNT = 64
IMAGE = (8, 8, 1)
SCHEDULES = keras.optimizers.schedules


class Variant(NamedTuple):
    """A model, never called, and data that it is meant for."""

    vae: tfvae.VAE
    x: np.ndarray


def digits() -> np.ndarray:
    """scikit-learn's handwritten digits, `[N, 8, 8, 1]`, from 0 to 1."""
    return (load_digits().images[:COUNT, ..., None] / 16).astype("float32")


def binary() -> np.ndarray:
    return (digits() > 0.5).astype("float32")


def odd_images() -> np.ndarray:
    """The digits, their last row cut off and a column added."""
    return np.pad(digits()[:, :7], [(0, 0), (0, 0), (0, 1), (0, 0)])


def vectors() -> np.ndarray:
    """Points near a circle in five dimensions."""
    random = np.random.RandomState(0)
    angle = random.uniform(0, 2 * np.pi, (COUNT, 1))
    circle = np.cos(angle + np.arange(5))
    return (2 * circle + 0.1 * random.normal(size=(COUNT, 5))).astype("float32")


@keras.saving.register_keras_serializable("tests")
class Widen(keras.layers.Layer):
    """A user's layer, which takes no `training`."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.dense = keras.layers.Dense(units)

    def build(self, shape: Any) -> None:
        self.dense.build(shape)
        self.built = True

    def call(self, inputs: Any) -> Any:
        return keras.ops.concatenate([inputs, keras.ops.sin(self.dense(inputs))], axis=-1)

    def compute_output_shape(self, shape: Any) -> Any:
        return (*shape[:-1], shape[-1] + self.units)


def functional(shape: tuple[int, ...], units: int, name: str) -> keras.Model:
    inputs = keras.Input(shape)
    features = keras.layers.Flatten()(inputs)
    wide = keras.layers.Dense(units, activation="silu")(features)
    return keras.Model(inputs, keras.layers.Concatenate()([features, wide]), name=name)


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
        prior=priors.MixtureOfGaussians(3, "full", learned=("weights", "scale"), start="mixture"),
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


def named(model: Callable[..., tfvae.VAE], full: bool = False, **arguments: Any) -> Variant:
    vae = model(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.FullNormal(2) if full else families.DiagonalNormal(2),
        families.Bernoulli(IMAGE),
        priors.MixtureOfGaussians(2) if full else None,
        **arguments,
    )
    return Variant(vae, binary())


def sticking_the_landing() -> Variant:
    return named(
        tfvae.VAE,
        full=True,
        objective=objectives.ELBO(
            objectives.Cyclical(8, num_cycles=2), gradient="sticking_the_landing"
        ),
    )


NAMED: dict[str, Callable[[], Variant]] = {
    "BetaVAE": lambda: named(models.BetaVAE, beta=2.0),
    "DisentangledBetaVAE": lambda: named(
        models.DisentangledBetaVAE, capacity=3.0, warmup_steps=20, gamma=2.0
    ),
    "BetaTCVAE": lambda: named(models.BetaTCVAE, data_size=COUNT, beta=4.0),
    "DIPVAE": lambda: named(models.DIPVAE, full=True, off_diagonal=0.5, kind=2),
    "IWAE": lambda: named(models.IWAE, num_samples=3, gradient="doubly_reparametrised"),
    "MIWAE": lambda: named(models.MIWAE, full=True, num_bounds=2, samples_each=3),
    "PIWAE": lambda: named(models.PIWAE, num_bounds=2, samples_each=3),
    "CIWAE": lambda: named(models.CIWAE, num_samples=4, beta=0.3),
    "RenyiVAE": lambda: named(models.RenyiVAE, full=True, num_samples=4),
    "InfoVAE": lambda: named(models.InfoVAE, full=True, alpha=0.5, scale=5.0),
    "WAE": lambda: named(models.WAE, scale=5.0),
}

VARIANTS: dict[str, Callable[[], Variant]] = {
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
    )
} | NAMED
