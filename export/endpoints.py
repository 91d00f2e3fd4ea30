"""The model as plain functions from named tensors to named tensors: what artefacts contain.

An input of one name means the same at every endpoint:

| input | shape | what it is |
| --- | --- | --- |
| `x` | float32 `[B, *event_shape]` | examples |
| `z` | float32 `[B, *latent_shape]` | latents |
| `noise` | float32 `[B, *shape]` | what the posterior draws from; several are `noise_NAME` each |
| `seed` | int32 `[B]` | seed of a row |
| `index` | int32 `[B]` | number of a row under its seed |
| `component` | int32 `[B]` | component of the prior, from 0 |
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfvae import random

Tensors = dict[str, tf.Tensor]


@dataclass(frozen=True)
class Endpoint:
    """One function of an artefact.

    Args:
        inputs: the specification of each input by name, its first axis the batch.
        function: takes the inputs by name and returns the outputs by name.
    """

    inputs: Mapping[str, tf.TensorSpec]
    function: Callable[..., Tensors]


def endpoints_of(model: Any) -> dict[str, Endpoint]:
    """Returns the endpoints that a model has, by name.

    `encode`, `decode`, `reconstruct`, `sample` and `elbo` always; `sample_component` and `cluster`
    where the model has components. None may be called `serve` or `serving_default`: TensorFlow
    Lite's converter would take that one and drop the others.

    Args:
        model: a `tfvae.VAE` that computes in float32.
    """
    found = {**_inference(model), **_generation(model)}
    if model.latents.num_components is not None:
        found |= _clustering(model)
    return found


def noise_names(model: Any) -> dict[str, str]:
    """Returns the name of the input for each noise of the posterior."""
    names = list(model.latents.noise())
    return {name: "noise" if len(names) == 1 else f"noise_{name}" for name in names}


def _floats(name: str, shape: tuple[int, ...]) -> dict[str, tf.TensorSpec]:
    return {name: tf.TensorSpec([None, *shape], tf.float32, name)}


def _integers(*names: str) -> dict[str, tf.TensorSpec]:
    return {name: tf.TensorSpec([None], tf.int32, name) for name in names}


def _inference(model: Any) -> dict[str, Endpoint]:
    names = noise_names(model)
    x = _floats("x", model.event_shape)
    x_and_noise = dict(x)
    for name, need in model.latents.noise().items():
        x_and_noise |= _floats(names[name], need.shape)

    def by_own_name(noise: Tensors) -> Tensors:
        return {name: noise[given] for name, given in names.items()}

    def encode(x: tf.Tensor) -> Tensors:
        return model.infer_parameters(x)

    def reconstruct(x: tf.Tensor, **noise: tf.Tensor) -> Tensors:
        return {"mean": model.reconstruct_from(x, by_own_name(noise))}

    def elbo(x: tf.Tensor, **noise: tf.Tensor) -> Tensors:
        return {"elbo": model.elbo_from(x, by_own_name(noise))}

    return {
        "encode": Endpoint(x, encode),
        "reconstruct": Endpoint(x_and_noise, reconstruct),
        "elbo": Endpoint(x_and_noise, elbo),
    }


def _generation(model: Any) -> dict[str, Endpoint]:
    def decode(z: tf.Tensor) -> Tensors:
        return {"mean": model.likelihood.mean(model.decode_parameters(z))}

    def sample(seed: tf.Tensor, index: tf.Tensor) -> Tensors:
        noise = random.threefry_draw(model.latents.generative_noise(), seed, index)
        return {"mean": model.generate(noise)}

    return {
        "decode": Endpoint(_floats("z", model.latents.event_shape), decode),
        "sample": Endpoint(_integers("seed", "index"), sample),
    }


def _clustering(model: Any) -> dict[str, Endpoint]:
    def sample_component(seed: tf.Tensor, index: tf.Tensor, component: tf.Tensor) -> Tensors:
        noise = random.threefry_draw(model.latents.generative_noise(), seed, index)
        return {"mean": model.generate(noise, component)}

    def cluster(x: tf.Tensor) -> Tensors:
        return {"responsibilities": model.responsibilities_of(x)}

    return {
        "sample_component": Endpoint(_integers("seed", "index", "component"), sample_component),
        "cluster": Endpoint(_floats("x", model.event_shape), cluster),
    }
