"""Bundles that earlier versions wrote still open, run, and give the numbers that they gave."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfvae
from tests.golden.bundles import unpack
from tfvae.export.running import SERVING_DEFAULT

VERSIONS = sorted(path.parent for path in Path(__file__).parent.glob("v*/bundle.tar.xz"))
ARTEFACTS = (
    "saved_model",
    "model_float32.tflite",
    "model_float16.tflite",
    "model_int8-weights.tflite",
    "model_int8.tflite",
)
# Of the largest value of an output. Integer kernels may round a step of 1/255 to the other side,
# which later layers see.
TOLERANCES = {"model_int8.tflite": 0.05}
STORED = {
    "saved_model": {"float32"},
    "model_float32.tflite": {"float32"},
    "model_float16.tflite": {"float32", "float16"},
    "model_int8-weights.tflite": {"float32", "int8, per channel"},
}


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda path: path.name)
def version(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture(scope="module")
def bundle(version: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(version, tmp_path_factory.mktemp(version.name) / "bundle")


@pytest.fixture(scope="module")
def description(bundle: Path) -> dict[str, Any]:
    return json.loads((bundle / "model.json").read_text())


def test_there_is_something_to_open() -> None:
    assert VERSIONS


def test_golden_files_stay_small(version: Path) -> None:
    assert sum(path.stat().st_size for path in version.glob("bundle.*")) < 150_000


@pytest.mark.parametrize("name", ARTEFACTS)
def test_every_endpoint_gives_its_numbers(bundle: Path, version: Path, name: str) -> None:
    artefact = tfvae.export.open_artefact(bundle / name)
    tolerance = TOLERANCES.get(name, 1e-5)
    with np.load(version / "bundle.npz") as stored:
        compared = []
        for endpoint, specs in artefact.inputs.items():
            inputs = {key: stored[f"{endpoint}/{key}"] for key in specs}
            for output, values in artefact.run(endpoint, **inputs).items():
                expected = stored[f"{name}:{endpoint}/{output}"]
                compared.append(f"{name}:{endpoint}/{output}")
                scale = np.abs(expected).max()
                np.testing.assert_allclose(
                    values, expected, rtol=0.0, atol=tolerance * scale, err_msg=compared[-1]
                )
        assert sorted(compared) == sorted(key for key in stored if key.startswith(f"{name}:"))


@pytest.mark.parametrize("name", ARTEFACTS)
def test_inspect_says_what_the_description_does(
    bundle: Path, description: dict[str, Any], name: str
) -> None:
    contents = tfvae.export.inspect(bundle / name)
    assert contents.endpoints == tuple(sorted(description["signatures"]))
    for signature in contents.signatures:
        if signature.name == SERVING_DEFAULT:
            continue
        stated = description["signatures"][signature.name]
        for values, said in (
            (signature.inputs, stated["inputs"]),
            (signature.outputs, stated["outputs"]),
        ):
            assert {one.name for one in values} == set(said)
            for one in values:
                assert (one.dtype, one.meaning) == (
                    said[one.name]["dtype"],
                    said[one.name]["meaning"],
                )
                assert list(one.shape[1:]) == said[one.name]["shape"][1:]
    assert contents.about["name"] == "golden"
    assert "model.json" in contents.checked_by
    if name in STORED:
        assert set(contents.precisions) == STORED[name]
    else:
        assert {"int8, per channel", "int32, per channel"} <= set(contents.precisions)
        assert contents.activations["int8"] > 0


@pytest.mark.parametrize("name", [name for name in ARTEFACTS if name.endswith(".tflite")])
def test_the_example_of_the_bundle_still_runs(bundle: Path, name: str, tmp_path: Path) -> None:
    command = [sys.executable, str(bundle / "example_python.py"), "--file", str(bundle / name)]
    command += ["--outputs", str(tmp_path / "outputs.npz")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    artefact = tfvae.export.open_artefact(bundle / name)
    with np.load(tmp_path / "outputs.npz") as outputs:
        expected = artefact.run("sample", seed=[0] * 4, index=range(4))["mean"]
        np.testing.assert_allclose(outputs["sample/mean"], expected, atol=1e-6)
