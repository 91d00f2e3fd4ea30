"""How fast the artefacts of a bundle are, and the model they came from, each in its own process."""

import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .given import Arrays
from .litert_files import TFLiteFile
from .subject import Subject
from .timing import measure

BATCH = 64
THREADS = (1, 2)
# By endpoint, the batch sizes; the first call of all is the one that start-up is measured by.
SIZES = {"decode": (1, BATCH), "encode": (1, BATCH), "reconstruct": (1,)}


def machine() -> dict[str, Any]:
    """Returns what times depend on."""
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "platform": f"{platform.system()} {platform.machine()}",
        "cores": len(affinity(0)) if affinity else os.cpu_count(),
        "load_before": os.getloadavg()[0],
    }


def latency_of_file(
    subject: Subject, file: TFLiteFile, given: Arrays, threads: Sequence[int] = THREADS
) -> list[dict[str, Any]]:
    """Returns what was measured of one TFLite file, with each number of threads."""
    sizes = (1, BATCH) if file.batch is None else (file.batch,)
    calls = dict(_calls(subject, given, sizes))
    return [_with(count, measure("TFLite", file.path, calls, count)) for count in threads]


def latency_of_saved_model(subject: Subject, path: Path, given: Arrays) -> list[dict[str, Any]]:
    """Returns what was measured of a SavedModel, with each number of threads."""
    calls = dict(_calls(subject, given, (1, BATCH)))
    return [_with(threads, measure("SavedModel", path, calls, threads)) for threads in THREADS]


def latency_of_model(subject: Subject, given: Arrays) -> list[dict[str, Any]]:
    """Returns what was measured of the Keras model itself, in the ways that one may call it."""
    calls = dict(_calls(subject, given, (1, BATCH)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        try:
            subject.model.save(path)
        except (TypeError, ValueError) as error:
            return [{"error": f"The model cannot be saved: {error}"}]
        return [_with(threads, measure("Keras", path, calls, threads)) for threads in THREADS]


def _with(threads: int, found: dict[str, Any]) -> dict[str, Any]:
    return {"threads": threads, **found}


def _calls(
    subject: Subject, given: Arrays, sizes: Sequence[int]
) -> Iterator[tuple[str, np.ndarray]]:
    for name, wanted in SIZES.items():
        for size in wanted:
            if size not in sizes:
                continue
            for key in subject.endpoints[name].inputs:
                array = given[key]
                yield f"{name}/{size}/{key}", np.resize(array, (size, *array.shape[1:]))
