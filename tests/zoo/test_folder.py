"""Reading a preset: every kind of damage is named, with the file, before anything is used."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tfvae.zoo import PresetError, PresetNotFoundError, read_preset

FILES = ["config.json", "model.weights.h5", "README.md", "assets/samples.png"]

MakePreset = Callable[..., Path]


def change(folder: Path, **entries: Any) -> None:
    """Writes entries into metadata.json; None takes one out."""
    path = folder / "metadata.json"
    metadata = {**json.loads(path.read_text()), **entries}
    path.write_text(json.dumps({k: v for k, v in metadata.items() if v is not None}))


def test_a_whole_preset_is_read(make_preset: MakePreset) -> None:
    folder = make_preset(licence="MIT", parameter_count=12)
    preset = read_preset(folder)
    assert preset.folder == folder
    assert preset.config["class_name"] == "Dense"
    assert preset.weights.read_bytes() == bytes(range(256)) * 8
    assert preset.metadata["licence"] == "MIT"
    assert preset.metadata["parameter_count"] == 12
    assert sorted(preset.metadata["files"]) == sorted(FILES)


def test_files_that_are_not_listed_are_left_alone(make_preset: MakePreset) -> None:
    folder = make_preset()
    (folder / ".gitattributes").write_text("*.h5 binary\n")
    assert read_preset(str(folder)).config["class_name"] == "Dense"


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(make_preset: MakePreset, name: str) -> None:
    folder = make_preset()
    (folder / name).unlink()
    with pytest.raises(PresetNotFoundError, match="is missing.*Fetch the folder again") as error:
        read_preset(folder)
    assert str(folder / name) in str(error.value)
    assert isinstance(error.value, FileNotFoundError)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_named(make_preset: MakePreset, name: str) -> None:
    path = make_preset() / name
    content = path.read_bytes()
    for cut in (content[:-1], content[: len(content) // 2], b""):
        path.write_bytes(cut)
        with pytest.raises(PresetError, match=f"is truncated.*have {len(content):,} bytes") as e:
            read_preset(path.parents[name.count("/")])
        assert str(path) in str(e.value)
    path.write_bytes(content + b"\n")
    with pytest.raises(PresetError, match="longer than it was"):
        read_preset(path.parents[name.count("/")])


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_is_named(make_preset: MakePreset, name: str) -> None:
    path = make_preset() / name
    content = path.read_bytes()
    for place in (0, len(content) // 2, len(content) - 1):
        altered = bytearray(content)
        altered[place] ^= 1
        path.write_bytes(altered)
        with pytest.raises(PresetError, match="was altered: its sha256 should be") as error:
            read_preset(path.parents[name.count("/")])
        assert str(path) in str(error.value)


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/etc/hosts",
        "..",
        ".hidden",
        "a/.hidden",
        "a\\..\\x",
        "C:x",
        "",
        "a//b",
    ],
)
def test_a_name_outside_the_folder_is_refused(make_preset: MakePreset, name: str) -> None:
    folder = make_preset()
    files = json.loads((folder / "metadata.json").read_text())["files"]
    outside = folder.parent / "x"
    shutil.copyfile(folder / "config.json", outside)
    change(folder, files={**files, name: files["config.json"]})
    with pytest.raises(PresetError, match="may not hold a file named"):
        read_preset(folder)


def test_a_newer_format_asks_for_an_upgrade(make_preset: MakePreset) -> None:
    folder = make_preset()
    change(folder, format_version=2, tfvae_version="9.1")
    (folder / "config.json").unlink()
    with pytest.raises(PresetError, match=r"format 2, written by tfvae 9\.1.*up to 1.*Upgrade"):
        read_preset(folder)


@pytest.mark.parametrize("version", [None, 0, -1, "1", 1.0, True])
def test_a_format_that_is_none_is_refused(make_preset: MakePreset, version: Any) -> None:
    folder = make_preset()
    change(folder, format_version=version)
    with pytest.raises(PresetError, match="states no format_version"):
        read_preset(folder)


@pytest.mark.parametrize(
    "files",
    [None, [], {"config.json": "abc"}, {"config.json": {"size": "4", "sha256": "a"}}],
)
def test_a_damaged_table_of_files_is_refused(make_preset: MakePreset, files: Any) -> None:
    folder = make_preset()
    change(folder, files=files)
    with pytest.raises(PresetError, match="no table of files"):
        read_preset(folder)


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_config_and_weights_must_be_listed(make_preset: MakePreset, name: str) -> None:
    folder = make_preset()
    files = json.loads((folder / "metadata.json").read_text())["files"]
    del files[name]
    change(folder, files=files)
    with pytest.raises(PresetError, match=f"does not list {name}"):
        read_preset(folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no JSON"),
        (b'{"format_version": 1', "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[1, 2]", "should hold a JSON object"),
        (b'{"a":' * 100_000, "is no JSON"),
        (b" " * (16 * 2**20 + 1), "too many"),
    ],
)
def test_damaged_metadata_is_refused(make_preset: MakePreset, content: bytes, words: str) -> None:
    folder = make_preset()
    (folder / "metadata.json").write_bytes(content)
    with pytest.raises(PresetError, match=words) as error:
        read_preset(folder)
    assert "metadata.json" in str(error.value)


def test_every_flipped_byte_of_the_metadata_ends_well(make_preset: MakePreset) -> None:
    folder = make_preset()
    path = folder / "metadata.json"
    content = path.read_bytes()
    refused = 0
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        try:
            assert read_preset(folder).config["class_name"] == "Dense"
        except PresetError:
            refused += 1
    assert refused > len(content) / 2


def test_what_the_config_names_is_checked(make_preset: MakePreset) -> None:
    hostile = {"module": "subprocess", "class_name": "Popen", "config": {}}
    folder = make_preset(config=hostile)
    with pytest.raises(PresetError, match="'Popen'"):
        read_preset(folder)
    assert read_preset(make_preset("user", {**hostile, "registered_name": "P"}), {"P": object})


def test_a_folder_that_is_no_preset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PresetNotFoundError, match="There is no preset folder"):
        read_preset(tmp_path / "nowhere")
    with pytest.raises(PresetNotFoundError, match=r"lacks metadata\.json, so it is no preset"):
        read_preset(tmp_path)
