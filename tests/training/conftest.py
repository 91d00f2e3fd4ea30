"""A model small enough to be trained in a blink, and data for it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest

import tfvae

EVENT = (4, 4, 1)


class Run(NamedTuple):
    """What a run left behind."""

    weights: list[np.ndarray]
    history: dict[str, list[float]]
    steps: int


def small_vae(encoder: Any = None, decoder: Any = None, seed: int = 1, **parts: Any) -> tfvae.VAE:
    """Builds the same small model, weights included, at each call."""
    keras.utils.set_random_seed(seed)
    given = {
        "posterior": tfvae.families.DiagonalNormal(2),
        "likelihood": tfvae.families.Bernoulli(EVENT),
        **parts,
    }
    return tfvae.VAE(
        tfvae.encoders.MLP((8,)) if encoder is None else encoder,
        tfvae.decoders.MLP((8,)) if decoder is None else decoder,
        **given,
    )


@pytest.fixture(scope="session")
def make_vae() -> Callable[..., tfvae.VAE]:
    """Returns a function that builds the same small model, weights included, at each call."""
    return small_vae


@pytest.fixture(scope="module")
def trained() -> Callable[..., Run]:
    """Returns a function that trains the small model by SGD from the same start each time.

    The model is the same object, put back to its start: tracing a step anew takes longer than all
    else that these tests do.
    """
    vae = small_vae()
    vae.compile(keras.optimizers.SGD(0.1))
    start = [(variable, variable.numpy()) for variable in vae.variables]

    def train(*data: Any, **arguments: Any) -> Run:
        for variable, value in start:
            variable.assign(value)
        vae.fit(*data, **{"verbose": 0, "shuffle": False, "batch_size": 4, **arguments})
        return Run(vae.get_weights(), vae.history.history, vae.steps_taken())

    return train


@pytest.fixture(scope="session")
def x() -> np.ndarray:
    """Ten examples, so that a batch size of 4 leaves two for the last batch."""
    return np.random.default_rng(0).uniform(size=(10, *EVENT)).astype("float32")


@pytest.fixture(scope="session")
def assert_same_weights() -> Callable[..., None]:
    """Returns a function that compares the weights of two models or runs."""

    def compare(a: Any, b: Any, **tolerance: float) -> None:
        a, b = (
            one.get_weights() if isinstance(one, keras.Model) else one.weights for one in (a, b)
        )
        for one, other in zip(a, b, strict=True):
            np.testing.assert_allclose(one, other, **{"rtol": 0.0, "atol": 1e-6, **tolerance})

    return compare
