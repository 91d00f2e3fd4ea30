"""What variants are made of: small data, networks of a user's, and the row itself."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from sklearn.datasets import load_digits

import tfvae
from tfvae import decoders, encoders, families, priors

COUNT = 64
IMAGE = (8, 8, 1)


class Variant(NamedTuple):
    """A model, never called, and data that it is meant for."""

    vae: tfvae.VAE
    x: np.ndarray


Rows = dict[str, Callable[[], Variant]]
# By the name of a row: by format, "saved_model" or "litert", what the error says that refuses it.
Refusals = dict[str, dict[str, str]]


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
