"""A TFLite file of a bundle says what it is, keeps all that it had, and shows any change."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from tests.export.bundles import GOLDEN, PRECISIONS, Made
from tfvae.export import inspect, open_artefact, running
from tfvae.export.inscribing import inscribe
from tfvae.export.litert_files import file_name
from tfvae.export.running import SERVING_DEFAULT
from tfvae.export.tflite_file import ENTRY, read_tflite, store_tflite

FILES = [file_name(precision, batch) for precision in PRECISIONS for batch in (None, 1)]
# One that no bundle wrote: it has no description yet.
BARE = GOLDEN / "model.tflite"
DESCRIPTION = {"written_by": "tfvae.export", "name": 'a "name", \u00e4nd {"more": "signs"}'}


def metadata(path: Path) -> dict[str, bytes]:
    """The metadata of a file, read by the schema alone."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes()))
    return {
        entry.name.decode(): bytes(np.asarray(model.buffers[entry.buffer].data, np.uint8))
        for entry in model.metadata
    }


@pytest.mark.parametrize("name", FILES)
def test_every_file_of_a_bundle_has_its_description(made: Made, name: str) -> None:
    inside = json.loads(metadata(made.folder / name)[ENTRY])
    beside = json.loads((made.folder / "model.json").read_text())
    entry = next(one for one in beside["artefacts"] if one["path"] == name)
    said = inside.pop("artefact")
    assert said == {key: entry[key] for key in said} and len(said) == 4
    assert len(inside.pop("sha256_with_zeros_here")) == 64
    assert inside == {key: beside[key] for key in beside.keys() - {"artefacts", "files"}}


@pytest.mark.parametrize("name", [*FILES, "saved_model"])
def test_inspect_shows_the_description(made: Made, name: str) -> None:
    contents = inspect(made.folder / name)
    beside = json.loads((made.folder / "model.json").read_text())
    assert contents.endpoints == tuple(sorted(beside["signatures"]))
    for signature in contents.signatures:
        if signature.name == SERVING_DEFAULT:
            continue
        for values, said in (
            (signature.inputs, beside["signatures"][signature.name]["inputs"]),
            (signature.outputs, beside["signatures"][signature.name]["outputs"]),
        ):
            assert {one.name: one.meaning for one in values} == {
                key: one["meaning"] for key, one in said.items()
            }
    own = () if name == "saved_model" else (ENTRY,)
    assert contents.checked_by == (*own, "model.json")


@pytest.mark.parametrize("name", FILES)
def test_a_described_file_runs_in_litert_alone(made: Made, name: str) -> None:
    interpreter = Interpreter(model_content=(made.folder / name).read_bytes())
    beside = json.loads((made.folder / "model.json").read_text())
    assert set(interpreter.get_signature_list()) == set(beside["signatures"])


def test_what_a_file_had_stays(tmp_path: Path) -> None:
    path = Path(shutil.copy(BARE, tmp_path / "vae.tflite"))
    before = metadata(path)
    inscribe(path, DESCRIPTION)
    after = metadata(path)
    inside = json.loads(after.pop(ENTRY))
    assert after == before and before
    assert inside.pop("sha256_with_zeros_here") and inside == DESCRIPTION
    assert [one.name for one in tmp_path.iterdir()] == ["vae.tflite"]
    x = np.random.default_rng(0).uniform(size=(3, 4, 4, 1))
    ours, theirs = open_artefact(path), open_artefact(BARE)
    assert ours.inputs == theirs.inputs
    for name, value in theirs.run("encode", x=x).items():
        np.testing.assert_array_equal(ours.run("encode", x=x)[name], value)


def test_a_description_is_replaced_by_the_next(made: Made, tmp_path: Path) -> None:
    path = Path(shutil.copy(made.folder / FILES[0], tmp_path / "vae.tflite"))
    store_tflite(read_tflite(path), path)
    assert ENTRY not in metadata(path) and running.SEAL not in path.read_bytes()
    inscribe(path, {"name": "first"})
    inscribe(path, {"name": "second"})
    assert json.loads(metadata(path)[ENTRY])["name"] == "second"
    assert path.read_bytes().count(running.SEAL) == 1 and open_artefact(path)


def test_data_of_buffers_lie_where_the_schema_asks(made: Made) -> None:
    for name in FILES:
        content = (made.folder / name).read_bytes()
        model = schema.Model.GetRootAs(content)
        for number in range(model.BuffersLength()):
            data = model.Buffers(number).DataAsNumpy()
            if not isinstance(data, int):
                address = data.__array_interface__["data"][0]
                start = np.frombuffer(content, np.uint8).__array_interface__["data"][0]
                assert (address - start) % 16 == 0


def test_a_seal_shows_any_change(made: Made) -> None:
    content = (made.folder / FILES[0]).read_bytes()
    assert not running.is_altered(content)
    assert not running.is_altered(b"no seal at all")
    generator = np.random.default_rng(0)
    mark = content.index(running.SEAL)
    for place in generator.integers(0, len(content), 50):
        if mark <= place < mark + len(running.SEAL):
            continue
        changed = bytearray(content)
        changed[place] ^= 1
        assert running.is_altered(bytes(changed))
    assert running.is_altered(content + b"\0")
    assert running.is_altered(content[: mark + len(running.SEAL) + 10])


def test_an_altered_file_is_not_given_to_litert(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reached(*_: Any, **__: Any) -> None:
        raise AssertionError("LiteRT was given an altered file")

    content = bytearray((made.folder / FILES[0]).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "altered.tflite").write_bytes(content)
    monkeypatch.setattr("ai_edge_litert.interpreter.Interpreter", reached)
    with pytest.raises(
        ValueError, match=r"altered.tflite is no TFLite file .*cut short or altered"
    ):
        open_artefact(tmp_path / "altered.tflite")


def test_equal_names_are_written_once(tmp_path: Path) -> None:
    model = read_tflite(BARE)
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            tensor.name = b"the same name for every tensor there is"
    store_tflite(model, tmp_path / "vae.tflite")
    assert (tmp_path / "vae.tflite").read_bytes().count(b"the same name for every tensor") == 1
    assert open_artefact(tmp_path / "vae.tflite").run("decode", z=[[0.0, 0.0]])
