"""README's tables of exports: every figure from the file that the benchmark wrote."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import shipping
from benchmarks.outcome import RESULTS
from benchmarks.tables import shipping as tables


def pair(model: float, artefact: float) -> dict[str, float]:
    return {"model": model, "artefact": artefact}


def measured(slow: float) -> dict[str, Any]:
    """One preset, whose calls by TensorFlow take `slow` us where LiteRT takes 10."""
    quality = {
        "elbo": pair(-80.0, -80.25),
        "reconstruction_error": pair(0.02, 0.021),
        "cluster_agreement": 0.998,
        "anomaly_auroc": pair(0.9, 0.899),
        "frechet_distance": pair(5.0, 5.5),
    }
    sizes = {"float32": 1000, "float16": 505, "int8-weights": 270, "int8": 275}
    artefacts = [
        {
            "precision": name,
            "bytes": 1000 * size,
            "differences": [{"relative": 1e-6}, {"relative": 2e-3}],
            "quality": quality,
        }
        for name, size in sizes.items()
    ]
    turns = []
    for scale in (1.0, 3.0, 2.0):
        times = {way: slow if way.startswith("tf.") else 10.0 for way in tables.WAYS}
        turns.append(
            {
                way: {name: {"p50": scale * time, "p95": 2 * scale * time} for name in ENDPOINTS}
                for way, time in times.items()
            }
        )
    starts = [{"numpy": 60.0, "total": total} for total in (100.0, 140.0, 90.0)]
    return {"artefacts": artefacts, "turns": turns, "starts": starts}


ENDPOINTS = ("encode", "decode", "reconstruct")


@pytest.fixture
def report() -> dict[str, Any]:
    return {
        "settings": {"held_out": 1000, "samples": 500},
        "measurements": {"fast": measured(120.0), "slow": measured(50.0)},
        "command": "python -m benchmarks export",
        "machine": {"processor": "P", "cores": 2, "memory_gib": 8.0, "system": "S"},
        "versions": {"tensorflow": "2"},
        "date": "2026-01-01",
        "cores_busy_for_others": 0.5,
    }


def test_every_figure_is_in_its_place(report: dict[str, Any]) -> None:
    text = tables.markdown(report)
    assert (
        "| float16 | 0.51 MB | 0.505x | 2.0e-03 | -0.250 | +0.00100 | 99.8 % | -0.0010 | +0.50 |"
        in text
    )
    assert "| LiteRT, int8 | 20 µs (40) | 20 µs (40) | 20 µs (40) |" in text
    assert "| `tf.function` | 240 µs (480) |" in text and "| `tf.function` | 100 µs (200) |" in text
    assert "pass 100 ms: numpy 60." in text
    assert "other programs took 0.5 cores" in text


def test_a_claim_is_of_the_preset_that_keeps_it_least(report: dict[str, Any]) -> None:
    targets = {one.what: one for one in shipping._targets(report["measurements"])}
    assert targets["encode of one image, tf.function over LiteRT"].value == pytest.approx(5.0)
    assert not targets["encode of one image, tf.function over LiteRT"].holds
    assert targets["decode of one image, tf.function, XLA over LiteRT"].holds
    assert targets["LiteRT from start to first result"].value == 100.0
    assert targets["size of int8 over float32"].value == pytest.approx(0.275)


def test_the_tables_in_readme_are_those_of_the_result(root: Path) -> None:
    readme = (root / "README.md").read_text("utf-8")
    _, _, rest = readme.partition(tables.BEGIN)
    found, end, _ = rest.partition(tables.END)
    assert end
    expected = tables.markdown(json.loads((RESULTS / "export.json").read_text("utf-8")))
    assert found.strip() == expected
