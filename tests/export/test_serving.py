"""What servers need: signatures that can be batched, and nothing installed but what runs them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.export.bundles import Made
from tests.export.models import COVERING, SEED, Parts, Shelf, images
from tfvae.export import open_artefact, running
from tfvae.export.endpoints import endpoints_of
from tfvae.export.given import given_to
from tfvae.export.running import SERVING_DEFAULT


@pytest.mark.parametrize("parts", COVERING, ids=str)
def test_every_input_and_output_has_a_row_for_each_example(
    shelves: Mapping[Parts, Shelf], parts: Parts
) -> None:
    loaded = tf.saved_model.load(str(shelves[parts].saved_model))
    names = set(endpoints_of(shelves[parts].vae))
    assert set(loaded.signatures) == {*names, SERVING_DEFAULT}
    for function in loaded.signatures.values():
        tensors = [*function.structured_input_signature[1].values()]
        tensors += function.structured_outputs.values()
        for tensor in tensors:
            batch, *shape = tensor.shape
            assert batch is None and None not in shape


def test_a_request_without_a_name_encodes(shelf: Shelf) -> None:
    loaded = tf.saved_model.load(str(shelf.saved_model))
    x = images(3)
    found = loaded.signatures[SERVING_DEFAULT](x=tf.constant(x))
    for name, expected in shelf.vae.infer_parameters(x).items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-6)
    # An artefact lists each function once.
    assert SERVING_DEFAULT not in open_artefact(shelf.saved_model).endpoints


def test_requests_may_be_joined(shelf: Shelf) -> None:
    """A server that batches puts rows of many requests into one call, and takes them apart."""
    artefact = open_artefact(shelf.saved_model)
    given = given_to(shelf.vae, images(5), 5)
    given["seed"] = np.array([SEED, SEED, 1, 2, SEED], np.int32)
    given["index"] = np.array([0, 1, 0, 0, 0], np.int32)
    for name, inputs in artefact.inputs.items():
        joined = artefact.run(name, **{key: given[key] for key in inputs})
        for part in (slice(0, 2), slice(2, 3), slice(3, 5)):
            alone = artefact.run(name, **{key: given[key][part] for key in inputs})
            for output, values in alone.items():
                scale = np.max(np.abs(values))
                np.testing.assert_allclose(values, joined[output][part], atol=1e-5 * scale)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Returns a function that makes an environment of the packages named, and what these need."""

    def make(*packages: str) -> Path:
        folder = tmp_path_factory.mktemp("environment")
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        python = folder / "bin" / "python"
        pinned = [f"{package}=={version(package)}" for package in packages]
        command = [str(python), "-m", "pip", "install", "--quiet", *pinned]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"pip cannot install {', '.join(pinned)}: {done.stderr.strip()[-300:]}")
        return python

    return make


def run_alone(python: Path, artefact: Path, given: Mapping[str, Any], folder: Path) -> Any:
    """Runs `sample` and `encode` in another environment, by a copy of one file of ours."""
    program = shutil.copy(running.__file__, folder / "running.py")
    calls, results = folder / "calls.npz", folder / "results.npz"
    np.savez(calls, allow_pickle=False, **given)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    for module in ("tfvae", "tensorflow_probability"):
        missing = [str(python), "-I", "-c", f"import {module}"]
        assert subprocess.run(missing, capture_output=True, env=environment).returncode == 1
    command = [str(python), "-I", str(program), str(artefact), str(calls), str(results)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    with np.load(results) as found:
        return dict(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("packages", "file"),
    [
        (["tensorflow"], "saved_model"),
        (["ai-edge-litert", "numpy"], "model_float32.tflite"),
    ],
    ids=["tensorflow", "litert"],
)
def test_it_runs_where_nothing_else_is_installed(
    made: Made,
    environment: Callable[..., Path],
    packages: list[str],
    file: str,
    tmp_path: Path,
) -> None:
    x = made.x[:5]
    given = {
        "0/sample/seed": np.full(5, SEED, np.int32),
        "0/sample/index": np.arange(5, dtype=np.int32),
        "1/encode/x": x,
    }
    found = run_alone(environment(*packages), made.folder / file, given, tmp_path)
    expected = made.vae.sample(5, seed=SEED)
    np.testing.assert_allclose(found["0/sample/mean"], expected, atol=1e-5)
    for name, values in made.vae.infer_parameters(x).items():
        np.testing.assert_allclose(found[f"1/encode/{name}"], values, rtol=1e-5, atol=1e-5)
