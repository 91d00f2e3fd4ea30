"""What is measured, and that it is measured in a process of its own."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.export.bundles import Made
from tfvae.export.given import given_to
from tfvae.export.latency import latency_of_model, latency_of_saved_model
from tfvae.export.rendering import microseconds
from tfvae.export.subject import prepare
from tfvae.export.timing import measure

Z = np.ones([1, 4], np.float32)


def check(found: dict[str, Any], ways: set[str]) -> None:
    assert "error" not in found
    assert {call["way"] for call in found["calls"]} == ways
    for call in found["calls"]:
        assert 0.0 < call["p50_us"] <= call["p95_us"] < math.inf
    assert found["first_ms"] > 0.0


@pytest.mark.parametrize("threads", [1, 2])
def test_a_tflite_file_is_measured_without_tensorflow(made: Made, threads: int) -> None:
    calls = {"decode/1/z": Z, "decode/64/z": np.repeat(Z, 64, axis=0)}
    found = measure("TFLite", made.folder / "model_float32.tflite", calls, threads)
    check(found, {"LiteRT"})
    assert [(call["endpoint"], call["batch"]) for call in found["calls"]] == [
        ("decode", 1),
        ("decode", 64),
    ]
    # TensorFlow alone would take more.
    assert found["peak_mb"] < 200.0


def test_what_cannot_be_measured_says_why(made: Made, tmp_path: Path) -> None:
    found = measure("TFLite", tmp_path / "missing.tflite", {"decode/1/z": Z}, 1)
    assert set(found) == {"error"} and "missing.tflite" in found["error"]
    wrong = measure("TFLite", made.folder / "model_int8.tflite", {"decode/1/z": Z[:, :2]}, 1)
    assert set(wrong) == {"error"}


def test_a_report_writes_times_as_one_reads_them() -> None:
    assert [microseconds(value) for value in (8.24, 27.9, 1234.0)] == [
        "8.24 µs",
        "27.9 µs",
        "1.23 ms",
    ]


@pytest.mark.slow
def test_the_model_is_measured_in_the_ways_that_one_calls_it(made: Made) -> None:
    subject = prepare(made.vae, made.x, 1e-5)
    given = given_to(subject.model, made.x, 64)
    runs = latency_of_model(subject, given)
    assert [run["threads"] for run in runs] == [1, 2]
    for run in runs:
        check(run, {"Keras call", "Keras predict", "tf.function", "tf.function, XLA"})
    for run in latency_of_saved_model(subject, made.folder / "saved_model", given):
        check(run, {"SavedModel"})
