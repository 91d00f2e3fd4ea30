"""`tfvae inspect`: what a file holds, as tables and as JSON; or one line of what is wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tfvae as library
from tests.golden.bundles import unpack

GOLDEN = Path(__file__).parents[1] / "golden" / "v0.1.0"
PRESET = library.zoo.list_presets()[0]


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(GOLDEN, tmp_path_factory.mktemp("golden") / "bundle")


def test_a_file_is_shown_in_tables(tfvae: Callable[..., Any], bundle: Path) -> None:
    answer = tfvae("inspect", str(bundle / "model_int8.tflite"))
    assert (answer.code, answer.err) == (0, "")
    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    contents = library.export.inspect(bundle / "model_int8.tflite")
    assert f"endpoints {', '.join(contents.endpoints)}" in lines
    assert "precision int8" in lines and "name golden" in lines
    assert "checksums those of tfvae.model.json, model.json" in lines
    assert "component int32 [any] component to draw from, from 0 (0 to 2)" in lines
    assert any(line.startswith("-> responsibilities float32 [any, 3] share of") for line in lines)
    products = {one.name: one for one in contents.operators}["FULLY_CONNECTED"]
    assert any(line.startswith(f"FULLY_CONNECTED {products.count} int8 ") for line in lines)
    assert any(line.startswith("int8, per channel ") for line in lines)
    assert f"all {contents.sizes['all']:,}" in lines


@pytest.mark.parametrize("name", ["saved_model", "model_float16.tflite"])
def test_json_has_all_of_it(tfvae: Callable[..., Any], bundle: Path, name: str) -> None:
    answer = tfvae("inspect", str(bundle / name), "--json")
    assert (answer.code, answer.err) == (0, "")
    contents = library.export.inspect(bundle / name)
    assert json.loads(answer.out) == json.loads(json.dumps(contents.as_dict()))
    assert json.loads(answer.out)["endpoints"] == list(contents.endpoints)


def test_a_preset_is_found_by_name_and_by_folder(tfvae: Callable[..., Any]) -> None:
    by_name = tfvae("inspect", PRESET, "--json")
    by_folder = tfvae("inspect", library.zoo.info(PRESET)["folder"], "--json")
    assert by_name.out == by_folder.out and by_name.code == 0
    assert json.loads(by_name.out)["about"]["name"] == PRESET
    assert "none before it is exported" in tfvae("inspect", PRESET).out


def test_a_keras_file_is_shown(tfvae: Callable[..., Any]) -> None:
    answer = tfvae("inspect", str(GOLDEN / "model.keras"))
    assert answer.code == 0 and "MixtureOfGaussians" in answer.out and "optimiser" in answer.out


@pytest.mark.parametrize("fault", ["truncated", "text", "missing", "unknown", "bundle"])
def test_what_cannot_be_read_is_one_line(
    tfvae: Callable[..., Any], bundle: Path, tmp_path: Path, fault: str
) -> None:
    path = tmp_path / "model.tflite"
    asked = {"unknown": "no_such_preset", "bundle": str(bundle)}.get(fault, str(path))
    if fault == "truncated":
        path.write_bytes((bundle / "model_float32.tflite").read_bytes()[:-1000])
    if fault == "text":
        path.write_text("not a model")
    answer = tfvae("inspect", asked)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("tfvae: ") and answer.err.count("\n") == 1
    assert asked in answer.err


def test_names_cannot_command_the_terminal(tfvae: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    content = (GOLDEN / "model.tflite").read_bytes()
    path.write_bytes(content.replace(b"sample_component", b"\x1b[2J\x07[red]ponent"))
    answer = tfvae("inspect", str(path))
    assert answer.code == 0
    assert "\x1b" not in answer.out and "\x07" not in answer.out and "?[2J?[red]" in answer.out
