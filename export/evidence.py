"""What an artefact does on held-out examples, beside its model: differences, and what they cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .endpoints import Endpoint
from .errors import ExportError
from .given import Arrays, given_to, run_model
from .precisions import NATS, PRECISIONS
from .running import Artefact
from .subject import Subject

Outputs = dict[str, Arrays]

# How many other examples lie in the ball around one, in which a sample counts as near it.
NEIGHBOURS = 5


@dataclass(frozen=True)
class HeldOut:
    """Held-out examples, and what the model gives for them.

    Args:
        given: an array for every input, by name.
        strange: the same, with chimeras in place of the examples.
        expected: outputs of each endpoint for `given`.
        strange_elbo: the ELBO of the chimeras; None if the model has no such endpoint.
    """

    given: Arrays
    strange: Arrays
    expected: Outputs
    strange_elbo: np.ndarray | None

    @property
    def count(self) -> int:
        """How many examples there are."""
        return len(self.given["x"])


def held_out(subject: Subject, x: Any, count: int) -> HeldOut:
    """Runs the model on held-out examples.

    Args:
        subject: the model.
        x: examples, `[N, *event_shape]`; None takes the points of the model's own samples.
        count: how many at most.
    """
    given = given_to(subject.model, x, count, seed=1)
    strange = {**given, "x": chimeras(given["x"])}
    endpoints = subject.endpoints
    expected = {name: run_model(endpoint, given) for name, endpoint in endpoints.items()}
    elbo = run_model(endpoints["elbo"], strange)["elbo"] if "elbo" in endpoints else None
    return HeldOut(given, strange, expected, elbo)


def chimeras(x: np.ndarray) -> np.ndarray:
    """Returns examples whose second half, in the order of their values, is the next example's.

    Each half is as it should be, and every value alone too: what is strange is that they meet.

    Example:
        >>> chimeras(np.array([[1, 2, 3, 4], [5, 6, 7, 8]]))
        array([[1, 2, 7, 8],
               [5, 6, 3, 4]])
    """
    flat = x.reshape(len(x), -1)
    half = flat.shape[1] // 2
    second = np.roll(flat, -1, axis=0)[:, half:]
    return np.concatenate([flat[:, :half], second], axis=1).reshape(x.shape)


def examine(artefact: Artefact, endpoints: Mapping[str, Endpoint], held: HeldOut) -> dict[str, Any]:
    """Returns what an artefact does on held-out examples, for the report.

    Args:
        artefact: what was exported.
        endpoints: those of the model.
        held: the examples.

    Raises:
        ExportError: if an output is not finite where the model's is.
    """
    found = {
        name: artefact.run(name, **{key: held.given[key] for key in endpoint.inputs})
        for name, endpoint in endpoints.items()
    }
    strange = None
    if "elbo" in endpoints:
        inputs = {key: held.strange[key] for key in endpoints["elbo"].inputs}
        strange = artefact.run("elbo", **inputs)["elbo"]
    return {
        "differences": [
            _difference(name, output, values, found[name][output])
            for name, outputs in held.expected.items()
            for output, values in outputs.items()
        ],
        "quality": _quality(held, found, strange),
    }


def _difference(endpoint: str, output: str, a: np.ndarray, b: np.ndarray) -> dict[str, Any]:
    if a.shape != b.shape or not np.all(np.isfinite(b) | ~np.isfinite(a)):
        raise ExportError(
            f"The output `{output}` of `{endpoint}` is not finite, or of another shape, on "
            "held-out examples, where the model's is. Ask for a higher precision."
        )
    left, right = (np.nan_to_num(np.asarray(array, np.float64)) for array in (a, b))
    largest, absolute = float(np.max(np.abs(left))), float(np.max(np.abs(left - right)))
    return {
        "endpoint": endpoint,
        "output": output,
        "absolute": absolute,
        "relative": absolute / largest if largest else absolute,
        "mean_absolute": float(np.mean(np.abs(left - right))),
    }


def _quality(held: HeldOut, found: Outputs, strange_elbo: np.ndarray | None) -> dict[str, Any]:
    expected = held.expected
    quality: dict[str, Any] = {}
    if strange_elbo is not None and held.strange_elbo is not None:
        ours, theirs = expected["elbo"]["elbo"], found["elbo"]["elbo"]
        quality["elbo"] = _pair(np.mean(ours, dtype=np.float64), np.mean(theirs, dtype=np.float64))
        quality["anomaly_auroc"] = _pair(
            _auroc(ours, held.strange_elbo), _auroc(theirs, strange_elbo)
        )
    x, mean = held.given["x"], expected["reconstruct"]["mean"]
    if mean.shape == x.shape:
        errors = [np.nanmean((x - one["reconstruct"]["mean"]) ** 2) for one in (expected, found)]
        quality["reconstruction_error"] = _pair(*errors)
    if "cluster" in expected:
        ours, theirs = (
            np.argmax(one["cluster"]["responsibilities"], 1) for one in (expected, found)
        )
        quality["cluster_agreement"] = float(np.mean(ours == theirs))
    if "sample" in expected:
        ours, theirs = (one["sample"]["mean"] for one in (expected, found))
        quality["sample_difference"] = float(np.sqrt(np.mean((ours - theirs) ** 2)))
        quality |= _sample_quality(x, ours, theirs)
    return quality


def _sample_quality(x: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> dict[str, Any]:
    """Returns whether samples lie where the examples are, and the examples where samples are."""
    from tfvae.evaluate import density_coverage

    if ours.shape != x.shape or len(x) <= NEIGHBOURS:
        return {}
    # A table's missing values are NaN.
    rows = [np.nan_to_num(values).reshape(len(x), -1) for values in (x, ours, theirs)]
    model, artefact = (density_coverage(rows[0], one, NEIGHBOURS) for one in rows[1:])
    return {f"sample_{key}": _pair(model[key], artefact[key]) for key in model}


def _pair(model: Any, artefact: Any) -> dict[str, float]:
    return {"model": float(model), "artefact": float(artefact)}


def _auroc(elbo: np.ndarray, strange_elbo: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    strange = np.repeat([0, 1], [len(elbo), len(strange_elbo)])
    return float(roc_auc_score(strange, -np.concatenate([elbo, strange_elbo])))


def check_elbo(quality: Mapping[str, Any], precision: str, limit: float, file: str) -> None:
    """Raises an ExportError if a file's mean ELBO is farther from the model's than its limit.

    Args:
        quality: what `examine` found.
        precision: name of a precision whose limit is in nats.
        limit: that limit.
        file: name of the file.
    """
    assert PRECISIONS[precision].unit == NATS
    if "elbo" not in quality:
        return
    difference = quality["elbo"]["artefact"] - quality["elbo"]["model"]
    if not abs(difference) <= limit:
        raise ExportError(
            f"{file} differs from the model: the mean of `elbo` on held-out examples by "
            f"{difference:+.2f} nats, above the limit of {limit:g} for {precision}. Nothing was "
            "written. Give more representative examples, ask for a higher precision, or raise the "
            f"limit: limits={{{precision!r}: ...}}."
        )
