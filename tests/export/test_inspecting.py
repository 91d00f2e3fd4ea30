"""What `inspect` says of a file, beside what LiteRT, TensorFlow and Keras say once they run it."""

import json
import shutil
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

import tfvae
from tests.export.bundles import GOLDEN, PRECISIONS, Made
from tests.export.models import SMALL, build, weight_bytes
from tfvae.export import ArtefactError, inspect
from tfvae.export.inspecting.contents import Contents
from tfvae.export.litert_files import file_name
from tfvae.export.running import SEAL
from tfvae.export.tflite_file import read_tflite, store_tflite

NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if name[0] != "_"}
FILES = [file_name(precision, None) for precision in PRECISIONS]


@pytest.fixture(scope="module")
def vae() -> tfvae.VAE:
    """The model of the golden bundle."""
    return tfvae.VAE.load(GOLDEN / "model.keras")


@pytest.fixture(scope="module")
def keras_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keras") / "small.keras"
    build(SMALL).save(path)
    return path


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier of somebody else, as SavedModel, TFLite files and Keras file."""
    folder = tmp_path_factory.mktemp("foreign")
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, name="scores")])
    model.save(folder / "model.keras")
    tf.saved_model.save(
        model,
        str(folder / "saved"),
        signatures=tf.function(model).get_concrete_function(
            tf.TensorSpec([None, 5], tf.float32, "x")
        ),
    )
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    (folder / "model.tflite").write_bytes(converter.convert())
    return folder


def sides(contents: Contents) -> dict[str, dict[str, Any]]:
    """Type and shape of every input and output."""
    return {
        signature.name: {
            f"{side}/{one.name}": (one.dtype, one.shape)
            for side in ("inputs", "outputs")
            for one in getattr(signature, side)
        }
        for signature in contents.signatures
    }


def sides_in_litert(path: Path) -> dict[str, dict[str, Any]]:
    interpreter = Interpreter(str(path))
    found: dict[str, dict[str, Any]] = {}
    for name in interpreter.get_signature_list():
        runner = interpreter.get_signature_runner(name)
        details = {"inputs": runner.get_input_details(), "outputs": runner.get_output_details()}
        found[name] = {
            f"{side}/{key}": (
                np.dtype(one["dtype"]).name,
                tuple(None if size < 0 else int(size) for size in one["shape_signature"]),
            )
            for side, values in details.items()
            for key, one in values.items()
        }
    return found


@pytest.mark.parametrize("name", FILES)
def test_signatures_of_a_tflite_file_are_those_of_litert(golden: Path, name: str) -> None:
    contents = inspect(golden / name)
    assert (contents.kind, contents.path) == ("TFLite", golden / name)
    assert sides(contents) == sides_in_litert(golden / name)
    assert contents.endpoints == tuple(sorted(sides(contents)))
    assert contents.checked_by == ("tfvae.model.json", "model.json")


def test_operations_are_counted_over_all_signatures(golden: Path) -> None:
    path = golden / FILES[0]
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes()))
    assert len(model.subgraphs) > 5
    expected = Counter(
        NAMES[model.operatorCodes[operator.opcodeIndex].builtinCode]
        for graph in model.subgraphs
        for operator in graph.operators
    )
    contents = inspect(path)
    assert {one.name: one.count for one in contents.operators} == dict(expected)
    for one in contents.operators:
        assert sum(one.types.values()) == one.count


def test_operations_are_those_that_litert_runs(foreign: Path) -> None:
    path = foreign / "model.tflite"
    expected = Counter(one["op_name"] for one in Interpreter(str(path))._get_ops_details())
    # Beside them LiteRT lists what it puts in their place.
    expected.pop("DELEGATE", None)
    assert {one.name: one.count for one in inspect(path).operators} == dict(expected)


def test_ranges_and_meanings_are_those_of_the_description(golden: Path) -> None:
    contents = inspect(golden / FILES[0])
    by_name = {one.name: one for one in contents.signatures}
    component = {one.name: one for one in by_name["sample_component"].inputs}["component"]
    assert component.limits == (0, 2) and component.meaning == "component to draw from, from 0"
    noise = {one.name: one for one in by_name["elbo"].inputs}["noise"]
    assert noise.kind == "normal"
    assert "nats" in by_name["elbo"].outputs[0].meaning


def test_weights_have_the_types_of_the_precision(golden: Path, vae: tfvae.VAE) -> None:
    size = weight_bytes(vae)
    found = {name: inspect(golden / file_name(name, None)) for name in PRECISIONS}
    assert set(found["float32"].precisions) == {"float32"}
    assert size <= found["float32"].sizes["weights"] < 1.2 * size
    assert set(found["float16"].precisions) == {"float16", "float32"}
    rows = found["int8-weights"].precisions
    assert set(rows) == {"int8, per channel", "float32"}
    kernels = sum(int(np.prod(weight.shape)) for weight in vae.weights if len(weight.shape) == 2)
    assert 0.9 * kernels < rows["int8, per channel"]["numbers"] <= kernels
    assert rows["int8, per channel"]["bytes"] == rows["int8, per channel"]["numbers"]
    assert "int8" not in found["int8-weights"].activations
    assert found["int8"].activations["int8"] > 0
    products = {one.name: one.types for one in found["int8"].operators}["FULLY_CONNECTED"]
    assert products["int8"] > products.get("float32", 0)


@pytest.mark.parametrize("name", [*FILES, "saved_model"])
def test_sizes_add_up(golden: Path, name: str) -> None:
    path = golden / name
    sizes = dict(inspect(path).sizes)
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    assert sizes.pop("all") == sum(one.stat().st_size for one in files) == sum(sizes.values())
    assert min(sizes.values()) >= 0


@pytest.mark.slow
def test_integer_inputs_state_their_scale(made: Made, tmp_path: Path) -> None:
    tfvae.export.bundle(
        made.vae,
        tmp_path / "dist",
        made.x,
        to="litert",
        precisions="int8",
        batch="dynamic",
        integer=True,
        measure=False,
        limits={"int8": float("inf")},
    )
    path = tmp_path / "dist" / file_name("int8", None)
    runner = Interpreter(str(path)).get_signature_runner("decode")
    contents = inspect(path)
    (z,) = next(one for one in contents.signatures if one.name == "decode").inputs
    assert (z.dtype, (z.scale, z.zero_point)) == (
        "int8",
        runner.get_input_details()["z"]["quantization"],
    )


def test_a_saved_model_is_what_tensorflow_loads(golden: Path, vae: tfvae.VAE) -> None:
    path = golden / "saved_model"
    contents = inspect(path)
    loaded = tf.saved_model.load(str(path))
    expected = {
        name: {
            **{
                f"inputs/{key}": (spec.dtype.name, tuple(spec.shape))
                for key, spec in function.structured_input_signature[1].items()
            },
            **{
                f"outputs/{key}": (spec.dtype.name, tuple(spec.shape))
                for key, spec in function.structured_outputs.items()
            },
        }
        for name, function in loaded.signatures.items()
    }
    assert sides(contents) == expected
    assert sum(one.bytes for one in contents.weights) == weight_bytes(vae)
    assert contents.checked_by == ("model.json",)
    assert contents.about["name"] == "golden"
    # Every signature draws on the products of the networks.
    assert {one.name: one.count for one in contents.operators}["MatMul"] > len(expected)


def test_a_keras_file_is_what_keras_saved(keras_file: Path) -> None:
    vae = build(SMALL)
    contents = inspect(keras_file)
    assert (contents.kind, contents.signatures) == ("Keras", ())
    assert {one.name for one in contents.operators} >= {"VAE", "GatedMLP", "Bernoulli", "Adam"}
    roles: Counter[str] = Counter()
    for one in contents.weights:
        roles[one.role] += one.size if one.dtype == "float32" else 0
    assert roles["weight"] == weight_bytes(vae) // 4
    # Two moments of each, and the learning rate.
    assert roles["optimiser"] == 2 * roles["weight"] + 1


def test_a_preset_is_checked_and_listed(tmp_path: Path) -> None:
    build(SMALL).save_to_preset(tmp_path / "preset")
    contents = inspect(tmp_path / "preset")
    assert (contents.kind, contents.checked_by) == ("preset", ("metadata.json",))
    assert contents.about["weights_dtype"] == "float32"
    with (tmp_path / "preset" / "model.weights.h5").open("r+b") as file:
        file.seek(2000)
        file.write(b"damage")
    with pytest.raises(ArtefactError, match=r"another file than .*metadata.json lists"):
        inspect(tmp_path / "preset")


def test_what_is_not_ours_is_read_too(foreign: Path) -> None:
    saved = inspect(foreign / "saved")
    assert sides(saved)["serving_default"]["inputs/x"] == ("float32", (None, 5))
    tflite = inspect(foreign / "model.tflite")
    assert sides(tflite) == sides_in_litert(foreign / "model.tflite")
    assert [one.name for one in tflite.operators] == ["FULLY_CONNECTED"]
    assert [one.shape for one in tflite.weights if len(one.shape) == 2] == [(3, 5)]
    assert tflite.about == {} and tflite.checked_by == ()
    assert {one.name for one in inspect(foreign / "model.keras").operators} >= {"Dense"}


def test_a_file_without_signatures_shows_its_graph(foreign: Path, tmp_path: Path) -> None:
    model = read_tflite(foreign / "model.tflite")
    model.signatureDefs = None
    store_tflite(model, tmp_path / "bare.tflite")
    contents = inspect(tmp_path / "bare.tflite")
    (signature,) = contents.signatures
    assert (signature.name, contents.endpoints) == ("", ())
    assert [one.shape for one in signature.inputs + signature.outputs] == [(None, 5), (None, 3)]


def test_nothing_that_a_file_names_is_imported_or_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trap.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    config = {"module": "trap", "class_name": "Trap", "config": {}, "registered_name": "Trap"}
    with zipfile.ZipFile(tmp_path / "made.keras", "w") as made:
        made.writestr("metadata.json", "{}")
        made.writestr("config.json", json.dumps(config))
    assert [one.name for one in inspect(tmp_path / "made.keras").operators] == ["Trap"]
    assert "trap" not in sys.modules


def test_a_neighbour_that_lists_another_file_is_named(golden: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(golden, tmp_path / "dist"))
    shutil.copyfile(folder / FILES[0], folder / FILES[1])
    with pytest.raises(ArtefactError, match=f"{FILES[1]} is another file than .*model.json lists"):
        inspect(folder / FILES[1])
    # Somewhere else it is a file of its own, which its seal proves whole.
    moved = Path(shutil.copy(folder / FILES[1], tmp_path / "moved.tflite"))
    assert inspect(moved).checked_by == ("tfvae.model.json",)
    (folder / "saved_model" / "fingerprint.pb").unlink()
    with pytest.raises(ArtefactError, match=r"fingerprint.pb is missing, which .*model.json"):
        inspect(folder / "saved_model")


@pytest.mark.slow
def test_a_report_beside_an_artefact_has_its_checksums(tmp_path: Path) -> None:
    vae = build(SMALL)
    tfvae.export.litert(vae, tmp_path / "vae.tflite")
    tfvae.export.saved_model(vae, tmp_path / "saved")
    assert inspect(tmp_path / "vae.tflite").checked_by == ("vae.parity.json",)
    assert inspect(tmp_path / "saved").checked_by == ("parity.json",)
    for path in (tmp_path / "vae.tflite", tmp_path / "saved" / "saved_model.pb"):
        with path.open("ab") as file:
            file.write(b"\0")
        with pytest.raises(ArtefactError, match=r"is another file than .*parity.json lists"):
            inspect(path)


def test_a_saved_model_without_its_variables_is_refused(golden: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(golden / "saved_model", tmp_path / "saved"))
    (data,) = folder.glob("variables/variables.data-*")
    content = data.read_bytes()
    data.write_bytes(content[:100])
    with pytest.raises(ArtefactError, match=r"variables of .* take .* bytes, but"):
        inspect(folder)
    data.write_bytes(content)
    assert inspect(folder / "saved_model.pb").path == folder
    index = folder / "variables" / "variables.index"
    index.write_bytes(index.read_bytes()[:-4])
    with pytest.raises(ArtefactError, match="variables.index is missing or cut short"):
        inspect(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nothing.tflite", None, "There is nothing at"),
        ("empty.tflite", b"", "is empty: expected a .tflite"),
        ("text.tflite", b"not a model", "is none that tfvae can read"),
        ("short.tflite", b"\x1c\0\0\0TFL3", "cut short or altered"),
        ("zeros.tflite", b"\x1c\0\0\0TFL3" + bytes(100), "cut short or altered"),
        ("short.keras", b"PK\x03\x04 and no more", "cut short or altered"),
        ("saved_model.pb", b"no protocol buffer", "cut short or altered|holds no graph"),
        ("empty/saved_model.pb", b"", "holds no graph"),
        ("folder/notes.txt", b"notes", r"holds no saved_model.pb"),
        ("preset/config.json", b"{}", r"holds no saved_model.pb, and no config.json with"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(
    name: str, content: bytes | None, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    asked = path.parent if "/" in name else path
    with pytest.raises(ArtefactError, match=message) as raised:
        inspect(asked)
    assert "\n" not in str(raised.value)


def test_a_zip_of_something_else_and_a_bundle_say_what_they_are(
    golden: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("notes.txt", "notes")
    with pytest.raises(ArtefactError, match=r"is a zip, but no .keras file"):
        inspect(tmp_path / "other.zip")
    with pytest.raises(ArtefactError, match="is a bundle; inspect one of saved_model, model_float"):
        inspect(golden)


def test_a_description_without_its_seal_is_refused(golden: Path, tmp_path: Path) -> None:
    content = (golden / FILES[0]).read_bytes()
    (tmp_path / "model.tflite").write_bytes(content.replace(SEAL, SEAL.lower()[:-1] + b"'"))
    with pytest.raises(ArtefactError, match="its tfvae.model.json has lost its checksum"):
        inspect(tmp_path / "model.tflite")


def test_time_is_bounded_where_counts_are_wrong(foreign: Path, tmp_path: Path) -> None:
    """A count of four billion is refused before anything is counted."""
    content = bytearray((foreign / "model.tflite").read_bytes())
    model = schema.Model.GetRootAs(bytes(content))
    table = model._tab
    place = table.Vector(table.Offset(8)) - 4
    content[place : place + 4] = (2**32 - 1).to_bytes(4, "little")
    (tmp_path / "many.tflite").write_bytes(bytes(content))
    with pytest.raises(ArtefactError, match="states more tables than it has room for"):
        inspect(tmp_path / "many.tflite")


@pytest.mark.parametrize("path", ["a\0b", 3])
def test_what_is_no_path_is_refused(path: Any) -> None:
    with pytest.raises(ArtefactError, match="is no path that can be read"):
        inspect(path)


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "one")
    with pytest.raises(ArtefactError, match=r"is no path that can be read|There is nothing at"):
        inspect(tmp_path / "one")
