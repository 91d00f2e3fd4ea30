"""What endpoints are given where real data are wanted: for ranges, for evidence, for latency."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import random

from .endpoints import Endpoint
from .parity import examples_of, inputs_from

Arrays = dict[str, np.ndarray]

BATCH_SIZE = 128


def given_to(model: Any, x: Any, count: int, seed: int = 0) -> Arrays:
    """Returns an array for every input that an endpoint may have, by its name.

    Latents are draws from the posterior of the examples: of the aggregated posterior, that is,
    which the decoder was trained on.

    Args:
        model: a `tfvae.VAE` that computes in float32.
        x: examples, `[N, *event_shape]`; None takes the points of the model's own samples.
        count: how many rows at most; no more than there are examples.
        seed: seed of noise and draws.

    Raises:
        ExportError: if x is not an array of examples of the model.
    """
    examples, side = examples_of(model, x, count)
    seeds, index = random.rows(seed, len(examples))
    noise = random.threefry_draw(model.latents.noise(), seeds, index)
    drawn = []
    for part in _parts(len(examples)):
        given: Any = tf.constant(examples[part])
        if side:
            given = {"x": given, **{name: tf.constant(value[part]) for name, value in side.items()}}
        parameters = model.infer_parameters(given)
        one = {name: value[part][None] for name, value in noise.items()}
        drawn.append(model.latents.draw(parameters, one)[0].numpy())
    arrays = {name: value.numpy() for name, value in noise.items()}
    z = np.concatenate(drawn)
    return inputs_from(model, examples, side, z, arrays, np.array(seeds), np.array(index))


def for_endpoints(endpoints: Mapping[str, Endpoint], given: Arrays) -> Arrays:
    """Returns what each endpoint is given, by ENDPOINT/INPUT."""
    return {
        f"{name}/{key}": given[key]
        for name, endpoint in endpoints.items()
        for key in endpoint.inputs
    }


def run_model(endpoint: Endpoint, given: Arrays) -> Arrays:
    """Returns what the model itself gives for one endpoint, by output."""
    count = len(next(iter(given.values())))
    outputs: dict[str, list[np.ndarray]] = {}
    for part in _parts(count):
        inputs = {name: tf.constant(given[name][part]) for name in endpoint.inputs}
        for name, value in endpoint.function(**inputs).items():
            outputs.setdefault(name, []).append(value.numpy())
    return {name: np.concatenate(values) for name, values in outputs.items()}


def _parts(count: int) -> Iterator[slice]:
    for start in range(0, count, BATCH_SIZE):
        yield slice(start, start + BATCH_SIZE)
