"""What is exported: a model made ready, and the proof that an artefact of it is equal to it."""

import hashlib
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

import tfvae

from .endpoints import Endpoint, endpoints_of
from .errors import ExportError
from .parity import Case, cases, compare
from .precision import in_float32
from .report import ParityReport
from .rounding import Rounding
from .running import Artefact, open_artefact

LIBRARIES = ("tfvae", "keras", "tensorflow", "ai-edge-litert", "numpy")


@dataclass(frozen=True)
class Subject:
    """A model that is ready to be exported.

    Args:
        model: the model itself, in float32.
        endpoints: its functions.
        cases: the inputs on which its artefacts are compared with it.
        tolerance: how far they may differ.
        rebuilt_from: the precision that it was rebuilt from; None if it was in float32.
        rounding: what float32 itself errs by.
    """

    model: Any
    endpoints: Mapping[str, Endpoint]
    cases: Sequence[Case]
    tolerance: float
    rebuilt_from: str | None
    rounding: Rounding


def prepare(vae: Any, x: Any, tolerance: float) -> Subject:
    """Makes a model ready.

    Raises:
        ExportError: if it is no `tfvae.VAE`, has weights that are not finite, or cannot be rebuilt
            in float32; if `x` are no examples of it; if the tolerance is no number above zero.
    """
    if not isinstance(vae, tfvae.VAE):
        raise ExportError(f"A tfvae.VAE can be exported, but a {type(vae).__name__} was given.")
    number = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
    if not (number and math.isfinite(tolerance) and tolerance > 0.0):
        raise ExportError(f"`tolerance` must be a number above zero, but is {tolerance!r}.")
    for weight in vae.weights:
        if not np.all(np.isfinite(np.asarray(weight.numpy(), np.float64))):
            raise ExportError(
                f"The weight {weight.path} has values that are not finite, so the model computes "
                "nothing that could be exported. Train it anew, or load a checkpoint."
            )
    model, rebuilt_from = in_float32(vae)
    endpoints, inputs = endpoints_of(model), cases(model, x)
    rounding = Rounding(model, endpoints, inputs)
    return Subject(model, endpoints, inputs, float(tolerance), rebuilt_from, rounding)


def prove(subject: Subject, artefact: Path, kind: str) -> ParityReport:
    """Compares an artefact with the model, and returns the report.

    Args:
        subject: the model.
        artefact: a SavedModel's folder or a TFLite file.
        kind: what the report calls it.

    Raises:
        ExportError: if they differ by more than the tolerance.
    """
    report = compared(subject, open_artefact(artefact), subject.tolerance)
    details = {
        "artefact": kind,
        "precision": "float32",
        "rebuilt_from": subject.rebuilt_from,
        "files": files_of(artefact),
        "inputs": _inputs(subject.endpoints),
        "versions": versions(),
    }
    return replace(report, details=details)


def compared(subject: Subject, artefact: Artefact, tolerance: float) -> ParityReport:
    """Compares an artefact with the model.

    Raises:
        ExportError: if they differ by more than the tolerance, and than float32 itself explains.
    """
    float32_error = subject.rounding.error
    return compare(subject.endpoints, artefact, subject.cases, tolerance, float32_error)


def files_of(artefact: Path) -> dict[str, dict[str, Any]]:
    """Returns size and sha256 of an artefact's files, by their paths within its folder."""
    folder = artefact if artefact.is_dir() else artefact.parent
    paths = sorted(artefact.rglob("*")) if artefact.is_dir() else [artefact]
    return {
        path.relative_to(folder).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in paths
        if path.is_file()
    }


def _inputs(endpoints: Mapping[str, Endpoint]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            key: {"shape": spec.shape.as_list(), "dtype": spec.dtype.name}
            for key, spec in endpoint.inputs.items()
        }
        for name, endpoint in endpoints.items()
    }


def versions() -> dict[str, str]:
    """Returns the versions of Python and of the libraries that an export depends on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            # TensorFlow has other names too (tensorflow-cpu): a version less, not an error.
            continue
    return found
