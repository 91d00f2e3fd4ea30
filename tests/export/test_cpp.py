"""The example in C++: it compiles, and gives what Python gives."""

import importlib.metadata
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ai_edge_litert
import numpy as np
import pytest
from packaging.specifiers import SpecifierSet

import tfvae
from tests.export.bundles import Made
from tfvae.export import open_artefact
from tfvae.export.examples import LITERT_RELEASES

COMPILER = shutil.which("g++")
LIBRARY = Path(ai_edge_litert.__path__[0]) / "libLiteRt.so"
INSTALLED = importlib.metadata.version("ai-edge-litert")
SEED, ROWS = 7, 3

compiles = pytest.mark.skipif(COMPILER is None, reason="needs g++, and there is none here")
links = pytest.mark.skipif(
    not LIBRARY.exists() or INSTALLED not in SpecifierSet(LITERT_RELEASES),
    reason=f"needs libLiteRt.so of ai-edge-litert{LITERT_RELEASES}; here is {INSTALLED}",
)


def compiled(*arguments: str) -> None:
    command = [str(COMPILER), "-std=c++17", "-Wall", "-Wextra", "-Werror", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@compiles
def test_the_example_is_free_of_warnings(made: Made) -> None:
    compiled("-fsyntax-only", str(made.folder / "example_cpp.cc"))


@pytest.fixture(scope="module")
def program(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, built as its first lines say."""
    path = tmp_path_factory.mktemp("cpp") / "example_cpp"
    rpath = f"-Wl,-rpath,{LIBRARY.parent}"
    compiled("-O1", str(made.folder / "example_cpp.cc"), str(LIBRARY), rpath, "-o", str(path))
    return path


def run(program: Path, folder: Path, *arguments: Any) -> Any:
    command = [str(program), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def given(name: str, inputs: Mapping[str, Any], row: int, drawn: np.ndarray) -> dict[str, Any]:
    """What the program gives a signature."""
    values: dict[str, Any] = {"seed": SEED, "index": row}
    found = {}
    for key, (shape, dtype) in inputs.items():
        default = 0 if np.issubdtype(dtype, np.integer) else 0.5
        found[key] = np.full([1, *shape[1:]], values.get(key, default), dtype)
    return {**found, "x": drawn} if "x" in found else found


@pytest.mark.slow
@compiles
@links
@pytest.mark.parametrize("file", ["model_float32.batch1.tflite", "model_int8.tflite"])
def test_its_numbers_are_those_of_python(
    made: Made, program: Path, file: str, tmp_path: Path
) -> None:
    outputs = tmp_path / "outputs.txt"
    options = ["--file", file, "--seed", SEED, "--rows", ROWS, "--outputs", outputs]
    done = run(program, made.folder, *options)
    assert done.returncode == 0, done.stderr
    artefact = open_artefact(made.folder / file)
    drawn = artefact.run("sample", seed=[SEED] * ROWS, index=range(ROWS))["mean"]
    found = set()
    for line in outputs.read_text().splitlines():
        row, name, output, *numbers = line.split()
        inputs = given(name, artefact.inputs[name], int(row), drawn[[int(row)]])
        expected = artefact.run(name, **inputs)[output]
        if np.issubdtype(expected.dtype, np.integer):
            np.testing.assert_array_equal([int(number) for number in numbers], expected.ravel())
        else:
            scale = max(1.0, np.max(np.abs(expected)))
            np.testing.assert_allclose(
                np.array(numbers, float), expected.ravel(), atol=1e-5 * scale, err_msg=name
            )
        found.add((int(row), name))
    assert found == {(row, name) for row in range(ROWS) for name in artefact.endpoints}
    assert done.stdout.count("\n") == len(outputs.read_text().splitlines())


@pytest.mark.slow
@compiles
@links
def test_it_draws_what_the_model_draws(made: Made, program: Path, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs.txt"
    options = ["--seed", SEED, "--rows", ROWS, "--outputs", outputs]
    assert run(program, made.folder, *options).returncode == 0
    lines = [line.split() for line in outputs.read_text().splitlines()]
    drawn = [line[3:] for line in lines if line[1:3] == ["sample", "mean"]]
    expected = made.vae.sample(ROWS, seed=SEED).reshape(ROWS, -1)
    np.testing.assert_allclose(np.array(drawn, float), expected, atol=1e-5)


@pytest.mark.slow
@compiles
@links
def test_codes_are_the_same_integers(program: Path, tmp_path: Path) -> None:
    vae = tfvae.models.FSQVAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        tfvae.families.Bernoulli((4, 4, 1)),
        levels=(5, 4),
        positions=(3,),
    )
    tfvae.export.bundle(
        vae, tmp_path / "dist", to="litert", precisions="float32", batch="static", measure=False
    )
    file, outputs = tmp_path / "dist" / "model_float32.batch1.tflite", tmp_path / "outputs.txt"
    done = run(program, tmp_path, "--file", file, "--seed", SEED, "--outputs", outputs)
    assert done.returncode == 0, done.stderr
    artefact = open_artefact(file)
    drawn = artefact.run("sample", seed=[SEED], index=[0])["mean"]
    lines = {
        tuple(line.split()[1:3]): line.split()[3:] for line in outputs.read_text().splitlines()
    }
    expected = artefact.run("codes", x=drawn)["codes"]
    assert [int(number) for number in lines["codes", "codes"]] == expected.ravel().tolist()


@pytest.mark.slow
@compiles
@links
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("missing", "there is no file"),
        ("empty", "is no TFLite file"),
        ("text", "is no TFLite file"),
        ("truncated", "is damaged"),
        ("half", "is damaged"),
        ("option", "not understood: --sed"),
        ("number", "no 32-bit whole number: 1e3"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    made: Made, program: Path, fault: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "model.tflite"
    whole = (made.folder / "model_float32.batch1.tflite").read_bytes()
    contents = {
        "empty": b"",
        "text": b"not a model at all, but long enough to be one",
        "truncated": whole[:1000],
        "half": whole[: len(whole) // 2],
    }
    if fault in contents:
        file.write_bytes(contents[fault])
    options = {"option": ["--sed", "1"], "number": ["--seed", "1e3"]}
    done = run(program, made.folder, *options.get(fault, ["--file", file]))
    assert done.returncode == 1
    assert done.stderr.startswith("example_cpp: ") and message in done.stderr
    assert done.stderr.count("\n") == 1 and done.stdout == ""


@pytest.mark.slow
@compiles
@links
def test_a_file_of_integers_is_refused_with_the_name_of_another(
    made: Made, program: Path, tmp_path: Path
) -> None:
    tfvae.export.bundle(
        made.vae,
        tmp_path / "dist",
        made.x,
        to="litert",
        precisions="int8",
        batch="static",
        integer=True,
        limits={"int8": float("inf")},
        measure=False,
    )
    done = run(program, tmp_path, "--file", tmp_path / "dist" / "model_int8.batch1.tflite")
    assert done.returncode == 1 and done.stdout == ""
    assert "is neither float32 nor int32; take model_float32.batch1.tflite" in done.stderr
    assert done.stderr.count("\n") == 1
