"""What `model.json` says: all that a program needs to know to call the artefacts of a bundle."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .endpoints import Endpoint
from .errors import ExportError
from .given import Arrays, run_model
from .placing import WRITER
from .precisions import PRECISIONS
from .subject import Subject, files_of, versions

FORMAT_VERSION = 1
ARTEFACT = ("path", "kind", "precision", "batch", "bytes", "takes_and_gives", "quantisation")
IN_FILE = ("kind", "precision", "batch", "takes_and_gives")

# What may be said of a model from outside, and of what kind it is.
ABOUT = {
    "name": str,
    "summary": str,
    "licence": str,
    "citation": str,
    "data": str,
    "normalisation": str,
    "class_names": list,
    "component_names": list,
}

SEED_RULE = (
    "Row b of `sample` has the key (seed[b], index[b]). Threefry-2x32 with 20 rounds turns it and "
    "the counter (j, CRC-32 of the noise's name without its top bit) into two words; their top 23 "
    "bits k are the uniforms (k + 1/2) / 2^23, and pairs of those normals by Box-Muller. The same "
    "seed and index give the same row in every file, in any batch: for n rows of one seed, take "
    "that seed n times and the indices 0 to n - 1."
)

INPUTS = {
    "x": "examples",
    "z": "latents",
    "seed": "seed of a row",
    "index": "number of a row under its seed, from 0",
    "component": "component to draw from, from 0",
    "codes": "codes, from 0",
    "mask": "1 where a value of x is observed, 0 where it is missing",
    "a": "examples to begin at",
    "b": "examples to end at",
    "fraction": "how far between them, from 0 (a) to 1 (b)",
}
NOISE = "what the posterior draws from: standard normal, or uniform between 0 and 1, as `kind` says"
OUTPUTS = {
    ("elbo", "elbo"): "evidence lower bound of one draw, in nats; higher is likelier",
    ("anomaly_score", "score"): "minus the evidence lower bound, in nats; higher is stranger",
    ("cluster", "responsibilities"): "share of each component in an example; they sum to 1",
    ("predict_labels", "label"): "the most probable label, from 0",
    ("codes", "codes"): "codes, from 0",
    ("impute", "x"): "x, with its missing values in place of what was there",
    ("decode", "mean"): "mean of p(x given z)",
    ("reconstruct", "mean"): "mean of p(x given z), for z drawn from q(z given x)",
    ("interpolate", "mean"): "mean of p(x given z), for z between the points of a and b",
    ("sample", "mean"): "mean of p(x given z), for z drawn from the prior",
    ("sample_component", "mean"): "mean of p(x given z), for z drawn from one component",
}


def checked_about(about: Mapping[str, Any] | None, components: int | None) -> dict[str, Any]:
    """Returns what is said of a model from outside.

    Raises:
        ExportError: if a key is unknown, a value of another kind, or the names of components are
            not as many as there are.
    """
    checked: dict[str, Any] = {}
    for key, value in (about or {}).items():
        if key not in ABOUT:
            raise ExportError(f"`about` has no entry {key!r}; it may have {', '.join(ABOUT)}.")
        is_list = ABOUT[key] is list
        value = list(value) if is_list and isinstance(value, list | tuple) else value
        words = value if isinstance(value, list) else [value]
        if isinstance(value, list) != is_list or not all(isinstance(each, str) for each in words):
            kind = "a list of strings" if is_list else "a string"
            raise ExportError(f"`about[{key!r}]` must be {kind}, but is {value!r}.")
        checked[key] = value
    names = checked.get("component_names")
    if names is not None and len(names) != (components or 0):
        raise ExportError(
            f"`about['component_names']` has {len(names)} names, but the model has "
            f"{components or 0} components."
        )
    return checked


def describe(subject: Subject, given: Arrays, about: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what model.json says, but for its artefacts and its list of files.

    Args:
        subject: the model.
        given: inputs of held-out examples, for the ranges.
        about: what is said of it from outside.
    """
    model = subject.model
    components = model.num_sample_components
    return {
        "written_by": WRITER,
        "format_version": FORMAT_VERSION,
        **about,
        "example": {
            "shape": list(model.input_shape),
            "dtype": "float32",
            "range": _seen(given["x"]),
            "likelihood": type(model.likelihood).__name__,
        },
        "latents": {"shape": list(model.latents.event_shape), "prior": type(model.prior).__name__},
        "components": components,
        "precisions": {name: one.meaning for name, one in PRECISIONS.items()},
        "seed_rule": SEED_RULE,
        "signatures": {
            name: _signature(model, name, endpoint, given)
            for name, endpoint in subject.endpoints.items()
        },
        "versions": versions(),
    }


def _signature(model: Any, name: str, endpoint: Endpoint, given: Arrays) -> dict[str, Any]:
    one_row = {key: given[key][:1] for key in endpoint.inputs}
    outputs = run_model(endpoint, one_row)
    return {
        "inputs": {
            key: {
                "shape": spec.shape.as_list(),
                "dtype": spec.dtype.name,
                "meaning": INPUTS.get(key, NOISE if key.startswith("noise") else f"`{key}`"),
                **_range(model, key, given),
            }
            for key, spec in endpoint.inputs.items()
        },
        "outputs": {
            key: {
                "shape": [None, *value.shape[1:]],
                "dtype": value.dtype.name,
                "meaning": OUTPUTS.get((name, key), f"`{key}` of q(z given x)"),
            }
            for key, value in outputs.items()
        },
    }


def _range(model: Any, key: str, given: Arrays) -> dict[str, Any]:
    """Returns which values an input may have, or which it had."""
    limits = np.iinfo(np.int32)
    if key in ("seed", "index"):
        return {"range": [limits.min, limits.max]}
    if key == "component":
        return {"range": [0, model.num_sample_components - 1]}
    if key in ("mask", "fraction"):
        return {"range": [0, 1]}
    if key.startswith("noise"):
        specs = model.latents.noise()
        name = key.removeprefix("noise_") if key != "noise" else next(iter(specs))
        return {"kind": specs[name].kind}
    return {"seen": _seen(given[key])}


def _seen(values: np.ndarray) -> list[float | int]:
    """Returns the least and the largest value, of those that are there."""
    if np.issubdtype(values.dtype, np.integer):
        return [int(values.min()), int(values.max())]
    return [float(np.nanmin(values)), float(np.nanmax(values))]


def with_artefacts(
    description: Mapping[str, Any], artefacts: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Returns a description with what was found out about each artefact."""
    listed = [{key: one[key] for key in ARTEFACT if key in one} for one in artefacts]
    return {**description, "artefacts": listed}


def for_file(description: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a file says of itself: the description, and which of the artefacts it is.

    What it cannot say are sizes and checksums, which are those of the file with this in it.

    Args:
        description: what `describe` returned.
        entry: the artefact's in the report.
    """
    return {**description, "artefact": {key: entry[key] for key in IN_FILE}}


def with_files(description: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Returns a description with size and sha256 of every file of a bundle."""
    return {**description, "files": files_of(folder)}
