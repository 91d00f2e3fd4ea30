"""Saving, exporting, and running the artefacts in a process of their own, beside the model."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tfvae
from tfvae import random
from tfvae_cli import standalone
from tfvae_cli.errors import DemoError, one_line

TOLERANCE = 1e-5
ROWS = 64
SCRIPT = "run_artefact.py"

Arrays = Mapping[str, np.ndarray]


class Artefact(NamedTuple):
    """An exported model.

    Args:
        kind: "SavedModel" or "TFLite".
        path: the folder or the file.
        size: of all its files, in bytes.
        worst: the largest difference that the export itself found, over extreme inputs too.
    """

    kind: str
    path: Path
    size: int
    worst: float


class Run(NamedTuple):
    """What an artefact did in a process of its own.

    Args:
        kind: "SavedModel" or "TFLite".
        command: what was run.
        packages: every package that the process imported, beside Python's own.
        differences: max|a - b| / max|a| of each output, by ENDPOINT/NAME.
    """

    kind: str
    command: str
    packages: list[str]
    differences: dict[str, float]


def save_and_reload(vae: tfvae.VAE, x: np.ndarray, path: Path) -> dict[str, int]:
    """Saves the model as a .keras file, loads it, and counts what is equal, to the bit.

    Args:
        vae: the model.
        x: images to score with both.
        path: the file.

    Returns:
        How many weights and optimiser variables, images drawn and scores were compared.

    Raises:
        DemoError: if anything differs.
    """
    temporary = path.with_name(f".partial-{path.name}")
    vae.save(temporary)
    os.replace(temporary, path)
    loaded = tfvae.VAE.load(path)
    pairs = {
        "weights": _values(vae.weights, loaded.weights),
        "optimiser variables": _values(vae.optimizer.variables, loaded.optimizer.variables),
        "images from one seed": [(vae.sample(100, seed=1), loaded.sample(100, seed=1))],
        "ELBOs": [(vae.elbo(x, seed=1), loaded.elbo(x, seed=1))],
    }
    for what, arrays in pairs.items():
        if not all(np.array_equal(ours, theirs) for ours, theirs in arrays):
            raise DemoError(f"The {what} of the reloaded model are not those of the saved one.")
    counts = {what: len(arrays) for what, arrays in pairs.items()}
    return {**counts, "images from one seed": 100, "ELBOs": len(x)}


def export(vae: tfvae.VAE, x: np.ndarray, folder: Path) -> list[Artefact]:
    """Exports the model as a SavedModel and as a TFLite file, each proven by the export itself.

    Args:
        vae: the model.
        x: images on which the export compares.
        folder: where both go.
    """
    saved = tfvae.export.saved_model(vae, folder / "saved_model", x)
    tflite = tfvae.export.litert(vae, folder / "digits.tflite", x)
    return [
        Artefact(kind, report.path, _size(report.path), report.worst.difference)
        for kind, report in (("SavedModel", saved), ("TFLite", tflite))
    ]


def run_apart(
    vae: tfvae.VAE, x: np.ndarray, artefacts: list[Artefact], folder: Path, seed: int
) -> list[Run]:
    """Runs every endpoint of each artefact in a new process and compares it with the model.

    The script, its inputs and its outputs stay in the folder.

    Args:
        vae: the model.
        x: held-out images.
        artefacts: what `export` made.
        folder: where they are.
        seed: seed of the noise that the endpoints are given.

    Raises:
        DemoError: if a process fails, imports what it should not need, or an output differs by
            more than 1e-5 of its largest value.
    """
    inputs = _inputs(vae, x[:ROWS], seed)
    expected = _expected(vae, inputs)
    np.savez(folder / "inputs.npz", allow_pickle=False, **inputs)
    shutil.copyfile(standalone.__file__, folder / SCRIPT)
    return [_run(artefact, expected, folder) for artefact in artefacts]


def _inputs(vae: tfvae.VAE, x: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Returns the inputs of every endpoint, by ENDPOINT/NAME."""
    count, components = len(x), vae.prior.num_components
    latents = (count, *vae.latents.event_shape)
    noise = np.random.RandomState(seed).normal(size=latents).astype("float32")
    seeds, index = random.rows(seed, count)
    component = (index % components).astype("int32")
    given = {
        "encode": {"x": x},
        "decode": {"z": noise},
        "reconstruct": {"x": x, "noise": noise},
        "elbo": {"x": x, "noise": noise},
        "cluster": {"x": x},
        "sample": {"seed": seeds, "index": index},
        "sample_component": {"seed": seeds, "index": index, "component": component},
    }
    return {f"{name}/{key}": value for name, v in given.items() for key, value in v.items()}


def _expected(vae: tfvae.VAE, inputs: Arrays) -> dict[str, np.ndarray]:
    """Returns what the model itself gives, by the methods that its user calls where there is one.

    Each method is another road to the same numbers than the one that the export took.
    """
    x, noise = inputs["encode/x"], {"z": tf.constant(inputs["elbo/noise"])}
    count, seed = len(x), int(inputs["sample/seed"][0])
    q = vae.encode(x)
    return {
        "encode/loc": q.mean(),
        "encode/scale": q.stddev(),
        "decode/mean": vae.decode(inputs["decode/z"]).mean(),
        "reconstruct/mean": vae.reconstruct_from(x, noise),
        "elbo/elbo": vae.elbo_from(x, noise),
        "cluster/responsibilities": vae.responsibilities(x),
        "sample/mean": vae.sample(count, seed=seed),
        "sample_component/mean": vae.sample(
            count, seed=seed, component=inputs["sample_component/component"]
        ),
    }


def _run(artefact: Artefact, expected: Mapping[str, Any], folder: Path) -> Run:
    command = [SCRIPT, artefact.path.name, "inputs.npz", f"{artefact.kind.lower()}_outputs.npz"]
    # -P and a path of the packages alone: nothing of this process but what is installed.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-P", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        last = one_line(ValueError(done.stderr[-1000:]))
        raise DemoError(f"{artefact.path} did not run in a process of its own: {last}")
    packages = json.loads(done.stdout.splitlines()[-1])
    with np.load(folder / command[-1]) as found:
        differences = {key: _difference(expected[key], found[key]) for key in expected}
    worst = max(differences, key=lambda key: differences[key])
    if not differences[worst] <= TOLERANCE:
        raise DemoError(
            f"{worst} of {artefact.path} differs from the model by {differences[worst]:.1e} of "
            f"its largest value, above {TOLERANCE:g}."
        )
    return Run(artefact.kind, " ".join(["python", *command]), packages, differences)


def _difference(model: Any, other: np.ndarray) -> float:
    """Returns max|a - b| / max|a|; infinite where the shapes differ."""
    a, b = np.asarray(model, "float64"), np.asarray(other, "float64")
    return float(np.max(np.abs(a - b)) / np.max(np.abs(a))) if a.shape == b.shape else float("inf")


def _values(ours: list[Any], theirs: list[Any]) -> list[tuple[np.ndarray, np.ndarray]]:
    if len(ours) != len(theirs):
        raise DemoError(f"The model has {len(ours)} variables, the reloaded one {len(theirs)}.")
    return [(np.asarray(a), np.asarray(b)) for a, b in zip(ours, theirs, strict=True)]


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
