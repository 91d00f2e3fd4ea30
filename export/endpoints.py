"""The model as plain functions from named tensors to named tensors: what artefacts contain.

An input of one name means the same at every endpoint:

| input | shape | what it is |
| --- | --- | --- |
| `x` | float32 `[B, *input_shape]` | examples |
| `z` | float32 `[B, *latent_shape]` | latents |
| `noise` | float32 `[B, *shape]` | what the posterior draws from; several are `noise_NAME` each |
| `seed` | int32 `[B]` | seed of a row |
| `index` | int32 `[B]` | number of a row under its seed |
| `component` | int32 `[B]` | component of the prior or the sampler, from 0 |
| `condition` and others | `[B, ...]` | what the model reads beside x or z, by its name |
| `mask` | float32 `[B, *input_shape]` | 1 where a value of `x` is observed, 0 where it is missing |
| `a`, `b` | float32 `[B, *input_shape]` | examples to begin and to end at |
| `fraction` | float32 `[B]` | how far between them, from 0 to 1 |
| `codes` | int32 `[B, *code_shape]` | codes, from 0 |
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import tensorflow as tf

from tfvae import random
from tfvae.side import LABEL, SideInput, join

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

    `encode`, `decode`, `reconstruct` and `interpolate` always; `elbo` and `anomaly_score` where the
    likelihood is of x itself; `impute`, one step of it, where means can stand in place of x;
    `sample` unless what it draws from has generators of its own; `sample_component` where that has
    components; `cluster` where the model has, and `predict_labels` where they are labels; `codes`
    and `decode_codes` where its latents are codes. None may be called `serve` or
    `serving_default`: TensorFlow Lite's converter would take that one and drop the others.

    Args:
        model: a `tfvae.VAE`: in float32 for an artefact, in float64 to compare with.
    """
    found = {**_inference(model), **_generation(model), "interpolate": _interpolation(model)}
    if model.num_sample_components is not None:
        found |= _generation_by_component(model)
    if model.latents.num_components is not None:
        found |= _clustering(model)
    if model.latents.code_shape is not None:
        found |= _coding(model)
    # What a prior computes by a network from weights alone is a constant of an artefact.
    context = model.latents.prior.as_constants()
    return {name: _within(context, endpoint) for name, endpoint in found.items()}


def fixed_batch(endpoints: Mapping[str, Endpoint], size: int) -> dict[str, Endpoint]:
    """Returns the endpoints for batches of one size, as browsers and delegates of phones need them.

    Args:
        endpoints: endpoints by name.
        size: how many rows each input has.
    """
    return {
        name: replace(
            endpoint,
            inputs={
                key: tf.TensorSpec([size, *spec.shape[1:]], spec.dtype, spec.name)
                for key, spec in endpoint.inputs.items()
            },
        )
        for name, endpoint in endpoints.items()
    }


def noise_names(model: Any) -> dict[str, str]:
    """Returns the name of the input for each noise of the posterior."""
    names = list(model.latents.noise())
    return {name: "noise" if len(names) == 1 else f"noise_{name}" for name in names}


def _within(context: AbstractContextManager[None], endpoint: Endpoint) -> Endpoint:
    def function(*inputs: tf.Tensor, **named: tf.Tensor) -> Tensors:
        with context:
            return endpoint.function(*inputs, **named)

    return replace(endpoint, function=function)


def _floats(name: str, shape: tuple[int, ...]) -> dict[str, tf.TensorSpec]:
    return {name: tf.TensorSpec([None, *shape], tf.float32, name)}


def _integers(*names: str) -> dict[str, tf.TensorSpec]:
    return {name: tf.TensorSpec([None], tf.int32, name) for name in names}


def _beside(wanted: Mapping[str, SideInput]) -> dict[str, tf.TensorSpec]:
    """Returns the inputs for what a model must be given beside x, or beside z."""
    return {name: one.spec(name) for name, one in wanted.items() if one.needed}


def _inference(model: Any) -> dict[str, Endpoint]:
    names = noise_names(model)
    x = _floats("x", model.input_shape)
    noise: dict[str, tf.TensorSpec] = {}
    for name, need in model.latents.noise().items():
        noise |= _floats(names[name], need.shape)

    def told_apart(given: Tensors) -> tuple[Any, Tensors]:
        """Returns x, with what comes beside it, and the noise by its own names."""
        noise = {name: given.pop(input_name) for name, input_name in names.items()}
        return join(given.pop("x"), given), noise

    def encode(x: tf.Tensor, **side: tf.Tensor) -> Tensors:
        return model.infer_parameters(join(x, side))

    def reconstruct(**given: tf.Tensor) -> Tensors:
        return {"mean": model.reconstruct_from(*told_apart(given))}

    def elbo(**given: tf.Tensor) -> Tensors:
        return {"elbo": model.elbo_from(*told_apart(given))}

    def anomaly_score(**given: tf.Tensor) -> Tensors:
        return {"score": -model.elbo_from(*told_apart(given))}

    def impute(mask: tf.Tensor, **given: tf.Tensor) -> Tensors:
        x, noise = told_apart(given)
        return {"x": model.impute_from(x, mask, noise)}

    x_and_noise = {**x, **_beside(model.side_inputs()), **noise}
    found = {
        "encode": Endpoint({**x, **_beside(model.latents.side_inputs())}, encode),
        "reconstruct": Endpoint(x_and_noise, reconstruct),
    }
    if not model.needs_target:
        found["elbo"] = Endpoint(x_and_noise, elbo)
        found["anomaly_score"] = Endpoint(x_and_noise, anomaly_score)
    if model.imputes:
        found["impute"] = Endpoint({**x_and_noise, **_floats("mask", model.input_shape)}, impute)
    return found


def _generation(model: Any) -> dict[str, Endpoint]:
    beside_z = _beside(model.generative_inputs())

    def decode(z: tf.Tensor, **side: tf.Tensor) -> Tensors:
        return {"mean": model.likelihood.mean(model.decode_parameters(z, side=side))}

    def sample(seed: tf.Tensor, index: tf.Tensor, **side: tf.Tensor) -> Tensors:
        noise = _noise(model, seed, index)
        return {"mean": model.generate(noise, side=side)}

    z = _floats("z", model.latents.event_shape)
    found = {"decode": Endpoint({**z, **beside_z}, decode)}
    if model.samples_from_noise:
        found["sample"] = Endpoint({**_integers("seed", "index"), **beside_z}, sample)
    return found


def _noise(model: Any, seed: tf.Tensor, index: tf.Tensor) -> Tensors:
    dtype = model.likelihood.density_dtype
    return random.threefry_draw(model.generative_noise(), seed, index, dtype)


def _interpolation(model: Any) -> Endpoint:
    beside_z = set(model.generative_inputs())

    def interpolate(a: tf.Tensor, b: tf.Tensor, fraction: tf.Tensor, **side: tf.Tensor) -> Tensors:
        joins_z = {name: value for name, value in side.items() if name in beside_z}
        return {"mean": model.interpolate_from(join(a, side), join(b, side), fraction, joins_z)}

    inputs = {
        **_floats("a", model.input_shape),
        **_floats("b", model.input_shape),
        **_floats("fraction", ()),
        **_beside(model.side_inputs()),
    }
    return Endpoint(inputs, interpolate)


def _generation_by_component(model: Any) -> dict[str, Endpoint]:
    def sample_component(
        seed: tf.Tensor, index: tf.Tensor, component: tf.Tensor, **side: tf.Tensor
    ) -> Tensors:
        noise = _noise(model, seed, index)
        return {"mean": model.generate(noise, component, side=side)}

    inputs = {**_integers("seed", "index", "component"), **_beside(model.generative_inputs())}
    return {"sample_component": Endpoint(inputs, sample_component)}


def _clustering(model: Any) -> dict[str, Endpoint]:
    def cluster(x: tf.Tensor, **side: tf.Tensor) -> Tensors:
        return {"responsibilities": model.responsibilities_of(join(x, side))}

    def predict_labels(x: tf.Tensor, **side: tf.Tensor) -> Tensors:
        shares = model.responsibilities_of(join(x, side))
        return {"label": tf.argmax(shares, axis=-1, output_type=tf.int32)}

    x = {**_floats("x", model.input_shape), **_beside(model.latents.side_inputs())}
    found = {"cluster": Endpoint(x, cluster)}
    if LABEL in model.side_inputs():
        found["predict_labels"] = Endpoint(x, predict_labels)
    return found


def _coding(model: Any) -> dict[str, Endpoint]:
    def codes(x: tf.Tensor) -> Tensors:
        return {"codes": model.latents.codes(model.infer_parameters(x))}

    def decode_codes(codes: tf.Tensor) -> Tensors:
        z = model.latents.vectors(codes)
        return {"mean": model.likelihood.mean(model.decode_parameters(z))}

    given = {"codes": tf.TensorSpec([None, *model.latents.code_shape], tf.int32, "codes")}
    return {
        "codes": Endpoint(_floats("x", model.input_shape), codes),
        "decode_codes": Endpoint(given, decode_codes),
    }
