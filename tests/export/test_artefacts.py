"""What is in the artefacts, and that they compute what the model does, by themselves."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.export.models import (
    ARCHITECTURES,
    COMPONENTS,
    COVERING,
    EVERY,
    LATENT_SIZE,
    PRIORS,
    SEED,
    Parts,
    Shelf,
    build,
    images,
    shelve,
)
from tfvae.export import ExportError, open_artefact, run_apart
from tfvae.export.endpoints import endpoints_of
from tfvae.export.parity import cases, compare

ALWAYS = {
    *("encode", "decode", "reconstruct", "interpolate", "sample"),
    *("elbo", "anomaly_score", "impute"),
}
WITH_COMPONENTS = {"sample_component", "cluster"}
TOLERANCE = 1e-5


def relative(model: Any, other: np.ndarray) -> float:
    model = np.asarray(model, np.float64)
    assert model.shape == other.shape
    return float(np.max(np.abs(model - other)) / np.max(np.abs(model)))


def calls(rows: int) -> list[tuple[str, dict[str, Any]]]:
    """One call of each endpoint of a model with components."""
    noise = np.random.default_rng(2).normal(size=(rows, LATENT_SIZE)).astype(np.float32)
    x, draws = images(rows), {"seed": [SEED] * rows, "index": range(rows)}
    return [
        ("encode", {"x": x}),
        ("decode", {"z": noise}),
        ("reconstruct", {"x": x, "noise": noise}),
        ("elbo", {"x": x, "noise": noise}),
        ("cluster", {"x": x}),
        ("sample", draws),
        ("sample_component", {**draws, "component": np.arange(rows) % COMPONENTS}),
        ("anomaly_score", {"x": x, "noise": noise}),
        ("impute", {"x": x, "noise": noise, "mask": np.roll(x, 1, axis=0)}),
        ("interpolate", {"a": x, "b": x[::-1], "fraction": np.full(rows, 0.5)}),
    ]


def check_against_verbs(vae: Any, asked: list, answered: list, posterior: str) -> None:
    """Compares with the methods that a user of the model calls, another road than the export's."""
    given, found = dict(asked), dict(zip([name for name, _ in asked], answered, strict=True))
    rows, x = len(found["elbo"]["elbo"]), given["encode"]["x"]
    q = vae.encode(x)
    scale = q.stddev() if posterior == "DiagonalNormal" else q.scale_tril
    name = "scale" if posterior == "DiagonalNormal" else "scale_tril"
    noise = {"z": tf.constant(given["elbo"]["noise"])}
    components = given["sample_component"]["component"]
    expected = {
        ("encode", "loc"): q.mean(),
        ("encode", name): scale,
        ("decode", "mean"): vae.decode(given["decode"]["z"]).mean(),
        ("reconstruct", "mean"): vae.reconstruct_from(x, noise),
        ("elbo", "elbo"): vae.elbo_from(x, noise),
        ("cluster", "responsibilities"): vae.responsibilities(x),
        ("sample", "mean"): vae.sample(rows, seed=SEED),
        ("sample_component", "mean"): vae.sample(rows, seed=SEED, component=components),
        ("anomaly_score", "score"): -vae.elbo_from(x, noise),
        ("impute", "x"): np.where(given["impute"]["mask"], x, vae.reconstruct_from(x, noise)),
        ("interpolate", "mean"): vae.interpolate(x, x[::-1], steps=3)[:, 1],
    }
    assert {(endpoint, out) for endpoint in found for out in found[endpoint]} == set(expected)
    differences = {key: relative(value, found[key[0]][key[1]]) for key, value in expected.items()}
    assert {key: gap for key, gap in differences.items() if gap > TOLERANCE} == {}


@pytest.mark.parametrize("parts", COVERING, ids=str)
@pytest.mark.parametrize("kind", ["saved_model", "tflite"])
def test_an_artefact_equals_its_model(
    shelves: Mapping[Parts, Shelf], parts: Parts, kind: str
) -> None:
    shelf = shelves[parts]
    endpoints = endpoints_of(shelf.vae)
    artefact = open_artefact(getattr(shelf, kind))
    report = compare(endpoints, artefact, cases(shelf.vae, images(20)), TOLERANCE)
    expected = ALWAYS | (set() if parts.prior == "standard" else WITH_COMPONENTS)
    assert {row.endpoint for row in report.rows} == set(artefact.endpoints) == expected
    # Something was compared, and it was not all zero.
    assert all(row.count > 0 and row.largest > 0.0 for row in report.rows)


@pytest.mark.parametrize("parts", [COVERING[0], COVERING[4]], ids=str)
@pytest.mark.parametrize("rows", [1, 33])
def test_a_tflite_file_runs_where_tensorflow_cannot_be_imported(
    shelves: Mapping[Parts, Shelf], parts: Parts, rows: int
) -> None:
    shelf, asked = shelves[parts], calls(rows)
    check_against_verbs(shelf.vae, asked, run_apart(shelf.tflite, asked), parts.posterior)


def test_a_saved_model_runs_where_tfvae_and_keras_cannot_be_imported(
    shelves: Mapping[Parts, Shelf],
) -> None:
    shelf, asked = shelves[COVERING[1]], calls(33)
    check_against_verbs(shelf.vae, asked, run_apart(shelf.saved_model, asked), "FullNormal")


PROBE = """
import importlib
found = []
for name in ("numpy", "tfvae", "keras", "tf_keras", "tensorflow_probability", "tensorflow"):
    try:
        importlib.import_module(name)
    except ImportError:
        continue
    found.append(name)
raise RuntimeError(f"importable: {found}")
"""


def test_what_a_process_apart_cannot_import(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ai_edge_litert").mkdir()
    (tmp_path / "ai_edge_litert" / "__init__.py").touch()
    (tmp_path / "ai_edge_litert" / "interpreter.py").write_text(PROBE)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=r"importable: \['numpy'\]"):
        run_apart(shelf.tflite, calls(1))


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("prior", PRIORS)
def test_every_combination_of_parts_equals_its_model(
    architecture: str, prior: str, tmp_path: Path
) -> None:
    chosen = [p for p in EVERY if p.architecture == architecture and p.prior == prior]
    assert len(chosen) == 10
    for parts, shelf in zip(chosen, shelve([build(p) for p in chosen], tmp_path), strict=True):
        endpoints, inputs = endpoints_of(shelf.vae), cases(shelf.vae, images(20))
        for path in (shelf.saved_model, shelf.tflite):
            try:
                compare(endpoints, open_artefact(path), inputs, TOLERANCE)
            except ExportError as error:
                pytest.fail(f"{parts} {path.name}: {error}\n{error.report}")
