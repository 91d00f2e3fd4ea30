"""What is in a bundle, and that it is there as a whole or not at all."""

import hashlib
import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfvae
from tests.export.bundles import ABOUT, PRECISIONS, Made
from tests.export.explorers import archive, package
from tests.export.models import SMALLEST, build, images
from tfvae.export import ExportError, artefacts, bundling, litert_files, litert_js, open_artefact
from tfvae.export.litert_files import file_name

FILES = [file_name(precision, batch) for precision in PRECISIONS for batch in (None, 1)]


def described(made: Made) -> dict[str, Any]:
    return json.loads((made.folder / "model.json").read_text())


def test_a_bundle_has_what_it_promises_and_nothing_else(made: Made) -> None:
    examples = ["example_android.kt", "example_cpp.cc", "example_python.py"]
    expected = {"saved_model", *FILES, *examples, "model.json", "report.html", "report.json"}
    assert {path.name for path in made.folder.iterdir()} == expected
    assert [path.name for path in made.folder.parent.iterdir()] == ["dist"]
    assert made.report.path == made.folder
    assert [one["path"] for one in made.report.artefacts] == ["saved_model", *FILES]


def test_the_description_fits_every_file(made: Made) -> None:
    description = described(made)
    assert {key: description[key] for key in ABOUT} == ABOUT
    signatures = description["signatures"]
    for one in description["artefacts"]:
        artefact = open_artefact(made.folder / one["path"])
        assert set(artefact.inputs) == set(signatures)
        for name, inputs in artefact.inputs.items():
            stated = signatures[name]["inputs"]
            assert set(inputs) == set(stated)
            for key, (shape, dtype) in inputs.items():
                assert stated[key]["dtype"] == np.dtype(dtype).name
                assert stated[key]["shape"][1:] == list(shape[1:]) and shape[0] == one["batch"]
                assert stated[key]["meaning"]
    given = {"z": np.zeros([3, 4]), "seed": [1] * 3, "index": range(3), "component": [0] * 3}
    artefact = open_artefact(made.folder / FILES[0])
    for name in ("decode", "sample", "sample_component"):
        inputs = {key: given[key] for key in signatures[name]["inputs"]}
        for key, value in artefact.run(name, **inputs).items():
            stated = signatures[name]["outputs"][key]
            assert (stated["dtype"], stated["shape"][1:]) == (value.dtype.name, [*value.shape[1:]])


def test_the_checksums_are_those_of_the_files(made: Made) -> None:
    stated = described(made)["files"]
    found = {
        path.relative_to(made.folder).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in made.folder.rglob("*")
        if path.is_file() and path.name != "model.json"
    }
    assert stated == found


def test_inputs_say_which_values_they_may_have(made: Made) -> None:
    signatures = described(made)["signatures"]
    assert signatures["sample_component"]["inputs"]["component"]["range"] == [0, 3]
    assert signatures["sample"]["inputs"]["seed"]["range"] == [-(2**31), 2**31 - 1]
    assert signatures["elbo"]["inputs"]["noise"]["kind"] == "normal"
    assert signatures["impute"]["inputs"]["mask"]["range"] == [0, 1]
    assert signatures["encode"]["inputs"]["x"]["seen"] == [0.0, 1.0]


def test_the_page_needs_no_other_file(made: Made) -> None:
    page = (made.folder / "report.html").read_text()
    assert all(name in page for name in FILES)
    assert "<script" not in page and "http" not in page and "src=" not in page
    assert "prefers-color-scheme: dark" in page
    assert str(made.report).count("\n") == len(FILES) + 1


WITHOUT_TENSORFLOW = """
import runpy, sys
for name in ("tensorflow", "tfvae", "keras", "tf_keras", "tensorflow_probability"):
    sys.modules[name] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_example(folder: Path, *arguments: str) -> Any:
    command = [sys.executable, "-P", "-c", WITHOUT_TENSORFLOW]
    command += [str(folder / "example_python.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def refusal(done: Any) -> str:
    """The one line with which the example stopped."""
    said = [line for line in done.stderr.splitlines() if not line.startswith(("INFO", "ERROR"))]
    assert done.returncode == 1 and len(said) == 1, done.stderr
    return said[0]


@pytest.mark.parametrize("file", ["model_float32.tflite", "model_int8.batch1.tflite"])
def test_the_example_runs_without_tensorflow(made: Made, file: str, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs.npz"
    options = ["--file", str(made.folder / file), "--seed", "7", "--rows", "3"]
    done = run_example(made.folder, *options, "--outputs", str(outputs))
    assert done.returncode == 0, done.stderr
    rows = 1 if "batch1" in file else 3
    artefact = open_artefact(made.folder / file)
    expected = artefact.run("sample", seed=[7] * rows, index=range(rows))["mean"]
    with np.load(outputs) as found:
        np.testing.assert_array_equal(found["sample/mean"], expected)
        assert {key.split("/")[0] for key in found} == set(artefact.endpoints)
    lines = [line for line in done.stdout.splitlines() if line.startswith("sample ")]
    assert lines and "drawn from the prior" in lines[0]


@pytest.mark.parametrize("fault", ["truncated", "empty", "text", "missing"])
def test_the_example_says_in_one_line_what_is_wrong(made: Made, fault: str, tmp_path: Path) -> None:
    file = tmp_path / "model.tflite"
    contents = {
        "truncated": (made.folder / FILES[0]).read_bytes()[:1000],
        "empty": b"",
        "text": b"not a model at all, but long enough to be one",
    }
    if fault in contents:
        file.write_bytes(contents[fault])
    assert str(file) in refusal(run_example(made.folder, "--file", str(file)))


def test_the_example_takes_arrays_by_the_names_of_inputs(made: Made, tmp_path: Path) -> None:
    x, inputs, outputs = made.x[:3], tmp_path / "mine.npz", tmp_path / "outputs.npz"
    np.savez(inputs, allow_pickle=False, x=x, seed=np.array([5, 6, 7]))
    done = run_example(made.folder, "--inputs", str(inputs), "--outputs", str(outputs))
    assert done.returncode == 0, done.stderr
    artefact = open_artefact(made.folder / FILES[0])
    with np.load(outputs) as found:
        expected = artefact.run("encode", x=x)["loc"]
        np.testing.assert_allclose(found["encode/loc"], expected, rtol=1e-5, atol=1e-6)
        expected = artefact.run("sample", seed=[5, 6, 7], index=range(3))["mean"]
        np.testing.assert_array_equal(found["sample/mean"], expected)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"x": np.zeros([2, 8, 8])},
            r"`x` must have the shape \[any, 8, 8, 1\], but has \[2, 8, 8\]",
        ),
        ({"z": np.zeros([2, 5])}, r"`z` must have the shape \[any, 4\], but has \[2, 5\]"),
        ({"seed": np.zeros(2)}, "`seed` must be of int32, but is of float64"),
        ({"seed": np.array([2**40])}, "`seed` has values that int32 cannot hold"),
        ({"x": np.array(["a"])}, "`x` of .* must be an array of numbers"),
        ({"x": np.zeros([0, 8, 8, 1])}, "`x` of .* must be an array of numbers, a row an example"),
        (
            {"z": np.zeros([2, 4]), "seed": np.array([1])},
            "differ in their number of rows: .*seed 1",
        ),
        ({}, "mine.npz is no .npz file of arrays, or is damaged"),
    ],
)
def test_the_example_says_which_array_does_not_fit(
    made: Made, arrays: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.npz"
    np.savez(path, allow_pickle=False, **arrays)
    if not arrays:
        path.write_bytes(b"PK\x03\x04 cut short")
    assert re.search(message, refusal(run_example(made.folder, "--inputs", str(path))))


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b'{"files": [1], "artefacts": []}'])
def test_the_example_says_what_is_wrong_with_the_description(
    made: Made, content: bytes | None, tmp_path: Path
) -> None:
    shutil.copyfile(made.folder / "example_python.py", tmp_path / "example_python.py")
    if content is not None:
        (tmp_path / "model.json").write_bytes(content)
    assert str(tmp_path / "model.json") in refusal(run_example(tmp_path))


@pytest.mark.parametrize("place", [100, 5000, 50000, -100])
def test_the_example_opens_no_file_with_another_checksum(
    made: Made, place: int, tmp_path: Path
) -> None:
    content = bytearray((made.folder / FILES[0]).read_bytes())
    content[place] ^= 1
    path = tmp_path / FILES[0]
    path.write_bytes(content)
    said = refusal(run_example(made.folder, "--file", str(path)))
    assert said.startswith(f"{path} is none of the files that model.json lists")


def test_the_example_for_android_has_a_function_for_each_signature(made: Made) -> None:
    text = (made.folder / "example_android.kt").read_text()
    for name, signature in described(made)["signatures"].items():
        assert f'run("{name}", mapOf(' in text
        for key in signature["inputs"]:
            assert f'"{key}" to ' in text
    assert "fun sampleComponent(seed: Int, index: Int, component: Int)" in text
    assert "model_float32.batch1.tflite" in text
    assert all(text.count(left) == text.count(right) for left, right in ("()", "{}"))


def test_a_bundle_of_one_kind_replaces_another(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made.folder, tmp_path / "dist")
    told: list[str] = []
    report = tfvae.export.bundle(
        build(SMALLEST), tmp_path / "dist", to="saved_model", measure=False, progress=told.append
    )
    assert {path.name for path in report.path.iterdir()} == {
        *("saved_model", "model.json", "report.html", "report.json")
    }
    assert [path.name for path in tmp_path.iterdir()] == ["dist"]
    assert "Writing the SavedModel" in told


def test_a_bundle_that_fails_leaves_nothing(
    made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def write_that_of_another(endpoints: Any, folder: Path) -> None:
        shutil.copytree(made.folder / "saved_model", folder)

    monkeypatch.setattr(artefacts, "write_saved_model", write_that_of_another)
    weight = made.vae.decoder.weights[-1]
    value = weight.numpy()
    weight.assign(value + 0.1)
    try:
        with pytest.raises(ExportError, match=r"saved_model: .*output `\w+` of `\w+`"):
            tfvae.export.bundle(made.vae, tmp_path / "new" / "dist", made.x[:50], measure=False)
    finally:
        weight.assign(value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_somebody_else_stays(taken: Path) -> None:
    with pytest.raises(ExportError, match=r"no bundle of tfvae \(thesis.txt\)"):
        tfvae.export.bundle(build(SMALLEST), taken, to="saved_model")
    (taken / "model.json").write_text("{}")
    with pytest.raises(ExportError, match=r"no bundle of tfvae \(thesis.txt\)"):
        tfvae.export.bundle(build(SMALLEST), taken, to="saved_model")
    (taken / "thesis.txt").unlink()
    with pytest.raises(ExportError, match=r"no bundle of tfvae \(model.json\)"):
        tfvae.export.bundle(build(SMALLEST), taken, to="saved_model")
    assert (taken / "model.json").read_text() == "{}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"to": ["saved_model", "ios"]}, "`to` must be some of .* but 'ios'"),
        ({"to": []}, "`to` must be some of .* but nothing"),
        ({"precisions": ["int4"]}, "`precisions` must be some of .* but 'int4'"),
        ({"precisions": []}, "`precisions` must be some of"),
        ({"batch": "eight"}, "`batch` must be one of dynamic, static, both, but is 'eight'"),
        ({"limits": {"int4": 1.0}}, "`precisions` must be some of"),
        ({"limits": {"int8": -1.0}}, "limit of int8 must be a number above zero, in nats"),
        ({"limits": {"int8": "wide"}}, "limit of int8 must be a number above zero"),
        ({"about": {"colour": "red"}}, "`about` has no entry 'colour'"),
        ({"about": {"class_names": "0123456789"}}, "must be a list of strings"),
        ({"about": {"name": 3}}, "must be a string"),
        ({"about": {"component_names": ["one"]}}, "has 1 names, but the model has 4 components"),
    ],
)
def test_arguments_that_cannot_be_are_explained(
    arguments: dict[str, Any], message: str, made: Made, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match=message):
        tfvae.export.bundle(made.vae, tmp_path / "dist", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_examples_that_are_none_are_explained(tmp_path: Path) -> None:
    vae = build(SMALLEST)
    for x in (np.zeros([3, 5, 5, 1]), np.array(3.0), {"y": images(3)}):
        with pytest.raises(ExportError, match="`x` must be an array of examples"):
            tfvae.export.bundle(vae, tmp_path / "dist", x, precisions=["float32"])


def test_without_the_quantiser_one_is_told_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(litert_files, "is_installed", lambda: False)
    with pytest.raises(ExportError, match=r"int8 need.*pip install 'tfvae\[export\]'"):
        tfvae.export.bundle(build(SMALLEST), tmp_path / "dist", precisions=["int8"])
    assert list(tmp_path.iterdir()) == []


def test_without_the_explorer_one_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    export, import_module = tfvae.export.bundle, importlib.import_module

    def missing(name: str, package: str | None = None) -> Any:
        if name == ".to_web":
            raise ModuleNotFoundError(f"No module named {name!r}")
        return import_module(name, package)

    monkeypatch.setattr(bundling.importlib, "import_module", missing)
    with pytest.raises(ExportError, match="explorer for browsers is not part"):
        export(build(SMALLEST), tmp_path / "dist", to=["web"])


def test_a_bundle_may_be_moved(made: Made, tmp_path: Path) -> None:
    moved = shutil.copytree(made.folder, tmp_path / "elsewhere")
    done = run_example(moved, "--outputs", str(tmp_path / "outputs.npz"))
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_explorer_may_be_all_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With its own files, but a runtime that needs no network."""
    content = archive(one=b"the runtime")
    monkeypatch.setenv("TFVAE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(litert_js, "PACKAGES", (package(content),))
    (tmp_path / "home" / "litert-js").mkdir(parents=True)
    (tmp_path / "home" / "litert-js" / "some-thing-1.2.3.tgz").write_bytes(content)
    report = tfvae.export.bundle(
        build(SMALLEST), tmp_path / "dist", images(20), to=["web"], measure=False
    )
    assert [one["path"] for one in report.artefacts] == ["web/model.tflite"]
    beside = {"model.json", "report.html", "report.json", "web"}
    assert {path.name for path in report.path.iterdir()} == beside
    assert {"index.html", "atlas.json", "model.json"} <= {
        path.name for path in (report.path / "web").iterdir()
    }


class FakeExplorer:
    """Stands for the explorer, which is tested by itself, with its runtime from a registry."""

    def __init__(self) -> None:
        self.description: dict[str, Any] = {}

    def atlas(self, vae: Any, x: Any) -> dict[str, Any]:
        return {"examples": len(x)}

    def write_explorer(
        self, folder: Path, model: Path, description: dict[str, Any], atlas: dict[str, Any]
    ) -> None:
        folder.mkdir()
        shutil.copyfile(model, folder / "model.tflite")
        (folder / "atlas.json").write_text(json.dumps(atlas))
        self.description = description


@pytest.mark.slow
def test_the_explorer_gets_a_file_for_batches_of_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    explorer = FakeExplorer()
    monkeypatch.setattr(bundling, "_explorer", lambda: explorer)
    report = tfvae.export.bundle(
        build(SMALLEST),
        tmp_path / "dist",
        images(20),
        to="web",
        precisions="float32",
        about={"name": "small"},
        limits={"float32": float("inf")},
        measure=False,
    )
    assert [one["path"] for one in report.artefacts] == ["web/model.tflite"]
    inputs = open_artefact(report.path / "web" / "model.tflite").inputs
    assert {shape[0] for one in inputs.values() for shape, _ in one.values()} == {1}
    assert explorer.description["name"] == "small"
    assert json.loads((report.path / "web" / "atlas.json").read_text()) == {"examples": 20}
    assert json.loads((report.path / "report.json").read_text())["limits"]["float32"] is None
