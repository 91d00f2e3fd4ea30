"""A map of what a model learned, from examples: what the explorer draws, and where it starts."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import random
from tfvae.side import join

from .endpoints import Endpoint, endpoints_of, noise_names
from .parity import examples_of
from .precision import in_float32

# So many examples make the statistics, so many of them are drawn as points, so many are shown.
NUM_EXAMPLES, NUM_POINTS, NUM_SHOWN = 1000, 400, 12
BATCH_SIZE = 100
MAX_AXES = 8
# Beyond that, a button for each component is no help.
MAX_COMPONENTS = 24
# Numbers that the shown examples may have together: about 1 MB.
MAX_SHOWN_VALUES = 200_000
# What noise is where the posterior shall be at its centre.
MIDDLE = {"normal": 0.0, "uniform": 0.5}
Values = dict[str, np.ndarray]


def atlas(vae: Any, x: Any = None) -> dict[str, Any]:
    r"""Returns principal axes of the aggregated posterior, examples and their anomaly scores.

    With latents $$z_n \sim q(z|x_n)$$, their mean $$c$$ and their principal axes $$a_k$$ with
    standard deviations $$s_k$$, coordinates $$u$$ stand for $$z = c + \sum_k u_k s_k a_k$$.

    Args:
        vae: a `tfvae.VAE`.
        x: examples, `[N, *event_shape]`, of which the first 1,000 are used, or a dict of them and
            what the model reads beside them; None takes points of the model's own samples.

    Returns:
        What JSON can hold: `event`, the examples' shape and range; `latent`, with `centre`, `axes`
        and `scales`; `components`, with a latent each; `points`, coordinates of latents; `examples`
        to show; `noise`, the value of each input of noise at the posterior's centre; `side`, what
        else the first example comes with; `scores`, the percentiles of the anomaly score in nats.

    Raises:
        ExportError: if x are no examples of the model.

    Example:
        >>> import tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> sorted(atlas(vae)["latent"])
        ['axes', 'centre', 'point', 'scales', 'shape']
    """
    model, _ = in_float32(vae)
    images, side = examples_of(model, x, NUM_EXAMPLES)
    given = {"x": images, **side}
    endpoints = endpoints_of(model)
    noise = {
        noise_names(model)[name]: MIDDLE[need.kind] for name, need in model.latents.noise().items()
    }
    drawn, points = _latents(model, given)
    latent = _principal_axes(drawn)
    shares = _run(endpoints.get("cluster"), given, noise)
    beside = {name: np.ravel(values[0]).tolist() for name, values in side.items()}
    return {
        "event": _event(model, images),
        "latent": {
            "shape": list(model.latents.event_shape),
            **{name: _numbers(values) for name, values in latent.items()},
            "point": _name_of_point(_run(endpoints["encode"], given, noise) or {}, points),
        },
        "components": _components(model),
        "points": _points(drawn, latent, shares),
        "examples": _shown(given),
        "noise": noise,
        "side": beside,
        "scores": _scores(endpoints, given, noise),
    }


def _latents(model: Any, given: Values) -> tuple[np.ndarray, np.ndarray]:
    """Returns a draw from the posterior of each example, `[N, size]`, and its point."""
    drawn, points = [], []
    for start in range(0, len(given["x"]), BATCH_SIZE):
        part = {name: tf.constant(all_[start : start + BATCH_SIZE]) for name, all_ in given.items()}
        index = np.arange(start, start + len(part["x"]), dtype=np.int32)
        noise = random.threefry_draw(model.latents.noise(), np.zeros_like(index), index)
        parameters = model.infer_parameters(join(part.pop("x"), part))
        drawn.append(model.latents.draw(parameters, {k: v[None] for k, v in noise.items()})[0])
        points.append(model.latents.point(parameters))
    flat = [np.concatenate(each) for each in (drawn, points)]
    return flat[0].reshape(len(flat[0]), -1), flat[1].reshape(len(flat[1]), -1)


def _principal_axes(latents: np.ndarray) -> Values:
    """Returns centre `[size]`, axes `[k, size]` and their standard deviations `[k]`."""
    values = latents.astype(np.float64)
    centre = values.mean(axis=0)
    _, singular, axes = np.linalg.svd(values - centre, full_matrices=False)
    scales = singular / np.sqrt(max(len(values) - 1, 1))
    # Of an axis along which nothing varies there is nothing to see.
    kept = np.flatnonzero(scales > 1e-6)[:MAX_AXES]
    if not len(kept):
        size = min(MAX_AXES, values.shape[1])
        return {"centre": centre, "axes": np.eye(size, values.shape[1]), "scales": np.ones(size)}
    axes = axes[kept]
    # The sign of an axis is free: the same on every machine.
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1, keepdims=True), axis=1)
    return {"centre": centre, "axes": axes * np.sign(largest), "scales": scales[kept]}


def _coordinates(latents: np.ndarray, latent: Values) -> np.ndarray:
    return (latents - latent["centre"]) @ latent["axes"].T / latent["scales"]


def _points(drawn: np.ndarray, latent: Values, shares: Values | None) -> dict[str, Any]:
    few = _coordinates(drawn[:NUM_POINTS], latent)
    labels = None
    if shares is not None:
        labels = next(iter(shares.values()))[:NUM_POINTS].argmax(axis=1).tolist()
    return {"coordinates": np.round(few, 2).tolist(), "components": labels}


def _event(model: Any, images: np.ndarray) -> dict[str, Any]:
    low, high = float(images.min()), float(images.max())
    shape = model.input_shape
    is_image = len(shape) == 2 or (len(shape) == 3 and shape[-1] in (1, 3))
    border = images
    if is_image:
        inner = np.zeros(shape, bool)
        inner[1:-1, 1:-1] = True
        border = images[:, ~inner]
    return {
        "shape": list(shape),
        "image": is_image,
        "low": low,
        "high": high if high > low else low + 1.0,
        "background": float(np.median(border)),
    }


def _components(model: Any) -> dict[str, Any]:
    """Returns how many components `sample_component` takes, and a latent at the middle of each."""
    count = model.num_sample_components
    found: dict[str, Any] = {"count": count, "latents": None}
    if count is not None and count <= MAX_COMPONENTS and model.samples_from_noise:
        noise = random.threefry_draw(model.generative_noise(), *random.rows(0, count))
        middle = {
            name: tf.fill(tf.shape(noise[name]), MIDDLE[need.kind])
            for name, need in model.generative_noise().items()
        }
        found["latents"] = _numbers(model.draw_latents(middle, tf.range(count)).numpy())
    return found


def _shown(given: Values) -> dict[str, Any]:
    size = int(np.prod(given["x"].shape[1:]))
    count = max(1, min(NUM_SHOWN, len(given["x"]), MAX_SHOWN_VALUES // size))
    return {
        name: np.round(values[:count].reshape(count, -1).astype(np.float64), 4).tolist()
        for name, values in given.items()
    }


def _scores(
    endpoints: Mapping[str, Endpoint], given: Values, noise: Mapping[str, float]
) -> dict[str, Any] | None:
    """Returns the percentiles of the anomaly score, minus the ELBO at the posterior's centre."""
    found = _run(endpoints.get("elbo"), given, noise)
    if found is None:
        return None
    return {"percentiles": _numbers(np.percentile(-found["elbo"], np.arange(101)))}


def _name_of_point(parameters: Values, points: np.ndarray) -> str | None:
    """Returns which output of `encode` is the latent that stands for the posterior, if one is."""
    for name, values in parameters.items():
        flat = values.reshape(len(values), -1)
        if flat.shape == points.shape and np.allclose(flat, points, atol=1e-5):
            return name
    return None


def _run(endpoint: Endpoint | None, given: Values, noise: Mapping[str, float]) -> Values | None:
    """Returns an endpoint's outputs on all examples, with noise at the posterior's centre."""
    if endpoint is None:
        return None
    batches = []
    for start in range(0, len(given["x"]), BATCH_SIZE):
        rows = min(BATCH_SIZE, len(given["x"]) - start)
        inputs = {
            name: tf.fill([rows, *spec.shape[1:]], noise[name])
            if name in noise
            else tf.constant(given[name][start : start + rows])
            for name, spec in endpoint.inputs.items()
        }
        batches.append(endpoint.function(**inputs))
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def _numbers(values: np.ndarray) -> Any:
    """Returns an array as lists of numbers with the seven digits that float32 has."""
    flat = [float(f"{value:.7g}") for value in np.ravel(values)]
    return flat if np.ndim(values) == 1 else np.reshape(flat, (len(values), -1)).tolist()
