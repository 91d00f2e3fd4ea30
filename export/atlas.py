"""A map of what a model learned, from examples: what the explorer draws, and where it starts."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import random

from .endpoints import endpoints_of, noise_names
from .given import Arrays, given_to, run_model
from .precision import in_float32

# So many examples make the statistics, so many of them are drawn as points, so many are shown.
NUM_EXAMPLES, NUM_POINTS, NUM_SHOWN = 1000, 400, 12
MAX_AXES = 8
# Beyond that, a button for each component is no help.
MAX_COMPONENTS = 24
# Numbers that the shown examples may have together: about 1 MB.
MAX_SHOWN_VALUES = 200_000
# What noise is where the posterior shall be at its centre.
MIDDLE = {"normal": 0.0, "uniform": 0.5}


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
    noise = {
        noise_names(model)[name]: MIDDLE[need.kind] for name, need in model.latents.noise().items()
    }
    drawn = given_to(model, x, NUM_EXAMPLES)
    given = {**drawn, **{name: np.full_like(drawn[name], value) for name, value in noise.items()}}
    found = {
        name: run_model(endpoint, given)
        for name, endpoint in endpoints_of(model).items()
        if name in ("encode", "cluster", "anomaly_score")
    }
    shown = {"x": drawn["x"]} | {name: drawn[name] for name in model.side_inputs() if name in drawn}
    z = drawn["z"].reshape(len(drawn["z"]), -1)
    latent = _principal_axes(z)
    return {
        "event": _event(model, drawn["x"]),
        "latent": {
            "shape": list(model.latents.event_shape),
            **{name: _numbers(values) for name, values in latent.items()},
            "point": _name_of_point(model, found["encode"]),
        },
        "components": _components(model),
        "points": _points(z, latent, found.get("cluster")),
        "examples": _shown(shown),
        "noise": noise,
        "side": {name: np.ravel(shown[name][0]).tolist() for name in shown if name != "x"},
        "scores": _scores(found.get("anomaly_score")),
    }


def _principal_axes(z: np.ndarray) -> Arrays:
    """Returns centre `[size]`, axes `[k, size]` and their standard deviations `[k]`."""
    values = z.astype(np.float64)
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


def _points(z: np.ndarray, latent: Arrays, shares: Arrays | None) -> dict[str, Any]:
    """Returns coordinates of the first latents, and the component of each example."""
    offsets = z[:NUM_POINTS] - latent["centre"]
    coordinates = offsets @ latent["axes"].T / latent["scales"]
    components = None
    if shares is not None:
        components = shares["responsibilities"][:NUM_POINTS].argmax(axis=1).tolist()
    return {"coordinates": np.round(coordinates, 2).tolist(), "components": components}


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


def _shown(given: Arrays) -> dict[str, Any]:
    size = int(np.prod(given["x"].shape[1:]))
    count = max(1, min(NUM_SHOWN, len(given["x"]), MAX_SHOWN_VALUES // size))
    return {
        name: np.round(values[:count].reshape(count, -1).astype(np.float64), 4).tolist()
        for name, values in given.items()
    }


def _scores(found: Arrays | None) -> dict[str, Any] | None:
    """Returns the percentiles of the anomaly score at the posterior's centre."""
    if found is None:
        return None
    return {"percentiles": _numbers(np.percentile(found["score"], np.arange(101)))}


def _name_of_point(model: Any, parameters: Arrays) -> str | None:
    """Returns which output of `encode` is the latent that stands for the posterior, if one is."""
    tensors = {name: tf.constant(values) for name, values in parameters.items()}
    point = model.latents.point(tensors).numpy()
    for name, values in parameters.items():
        if values.shape == point.shape and np.allclose(values, point, atol=1e-5):
            return name
    return None


def _numbers(values: np.ndarray) -> Any:
    """Returns an array as lists of numbers with the seven digits that float32 has."""
    flat = [float(f"{value:.7g}") for value in np.ravel(values)]
    return flat if np.ndim(values) == 1 else np.reshape(flat, (len(values), -1)).tolist()
