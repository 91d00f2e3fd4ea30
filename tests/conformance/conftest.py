"""Each variant by name, fresh or trained: training once is enough for most behaviours."""

import dataclasses
import gc
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.variants import VARIANTS
from tests.conformance.variants.base import Variant
from tfvae import random

EPOCHS, BATCH_SIZE = 6, 16
# What takes long is done with these by default, with the others in the slow tests.
FEW = {"dense", "convolutional_full", "importance_mixture"}

every = pytest.mark.parametrize("name", VARIANTS)
few = pytest.mark.parametrize(
    "name",
    [name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in VARIANTS],
)


class Trained(NamedTuple):
    """A variant that `fit` has trained, and what that did."""

    vae: Any
    x: Any
    history: dict[str, list[float]]
    weights: list[np.ndarray]
    loss_before: float
    loss_after: float


def make_variant(name: str, seed: int = 1) -> Variant:
    """The same model, weights included, at each call."""
    keras.utils.set_random_seed(seed)
    return VARIANTS[name]()


def rows(x: Any, part: slice) -> Any:
    """Rows of examples, and of all that they carry."""
    return tf.nest.map_structure(lambda values: values[part], x)


def count(x: Any) -> int:
    return len(tf.nest.flatten(x)[0])


def told(x: Any) -> tuple[Any, Any]:
    """What the model reads, and what the likelihood is of, if that is something else."""
    if not isinstance(x, dict) or "y" not in x:
        return x, None
    rest = {name: values for name, values in x.items() if name != "y"}
    return (rest if len(rest) > 1 else rest["x"]), x["y"]


def beside_z(vae: Any, x: Any) -> dict[str, Any]:
    """What `sample` and `decode` need, as the examples carry it."""
    return {name: x[name] for name in vae.generative_inputs() if isinstance(x, dict) and name in x}


def trace_of(vae: Any, x: Any, noise: Any, **arguments: Any) -> Any:
    return vae.trace(*told(tf.nest.map_structure(tf.constant, x)), noise, **arguments)


def noise_for(vae: Any, count: int, samples: int | None = None) -> dict[str, tf.Tensor]:
    """The same noise at each call, `[S, B, *shape]`."""
    samples = vae.objective.num_samples if samples is None else samples
    dtype = vae.likelihood.density_dtype
    return random.draw(vae.noise(), (samples, count), (7, 7), dtype)


def final_loss(vae: Any, x: Any) -> float:
    """The objective on fixed noise, as it is once every schedule has run out."""
    trace = trace_of(vae, x, noise_for(vae, count(x)))
    trace = dataclasses.replace(trace, step=tf.constant(10**6))
    return float(tf.reduce_mean(vae.loss_of(trace)))


def train(
    name: str, epochs: int = EPOCHS, examples: int | None = None, **compile_arguments: Any
) -> Trained:
    """Trains a variant from its start, in the same way at each call."""
    vae, x = make_variant(name)
    x = rows(x, slice(examples))
    vae.compile(keras.optimizers.Adam(0.01), **compile_arguments)
    before = final_loss(vae, x)
    history = vae.fit(*told(x), batch_size=BATCH_SIZE, epochs=epochs, verbose=0).history
    return Trained(vae, x, history, vae.get_weights(), before, final_loss(vae, x))


@pytest.fixture(scope="session")
def trained() -> Callable[[str], Trained]:
    """Returns a function that trains a variant once, and remembers it until it is given another.

    The tests come variant by variant; all trained models, with what was compiled for each, would
    take more than ten gigabytes.
    """

    @lru_cache(maxsize=1)
    def once(name: str) -> Trained:
        gc.collect()
        return train(name)

    return once
