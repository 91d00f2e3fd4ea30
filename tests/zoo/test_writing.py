"""Writing a preset: whole or not at all, and never over anything that is not a preset."""

import json
import os
import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from tfvae.zoo import PresetError, PresetNotFoundError, read_preset, write_preset

CONFIG = b'{"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}}'
FILES = {"config.json": CONFIG, "model.weights.h5": b"first"}

MakePreset = Callable[..., Path]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_bytes_paths_and_functions_are_written(tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    card.write_text("# A card\n")
    files = {
        **FILES,
        "model.weights.h5": lambda path: path.write_bytes(b"by a function"),
        "README.md": card,
        "assets/a/b.txt": b"deep",
    }
    folder = write_preset(tmp_path / "above" / "it", files, {"licence": "MIT"})
    assert folder == tmp_path / "above" / "it"
    written = contents(folder)
    metadata = json.loads(written.pop("metadata.json"))
    assert written == {
        "config.json": CONFIG,
        "model.weights.h5": b"by a function",
        "README.md": b"# A card\n",
        "assets/a/b.txt": b"deep",
    }
    assert metadata["licence"] == "MIT"
    assert metadata["format_version"] == 1
    assert metadata["python_version"] == platform.python_version()
    # The digest of b"deep" as `sha256sum` prints it.
    assert metadata["files"]["assets/a/b.txt"] == {
        "size": 4,
        "sha256": "74611c1d6455b534323a21f8133a6f43dc3a8188e7b946f96dcc28dde932fcb2",
    }
    assert {path.name for path in folder.parent.iterdir()} == {"it"}


def test_the_function_gets_a_path_with_the_files_own_name(tmp_path: Path) -> None:
    given: list[Path] = []

    def write(path: Path) -> None:
        given.append(path)
        path.write_bytes(b"")

    write_preset(tmp_path / "it", {**FILES, "model.weights.h5": write})
    assert given[0].name == "model.weights.h5"
    assert given[0].parent.parent == tmp_path


def test_an_earlier_preset_is_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = write_preset(tmp_path / "it", {**FILES, "README.md": b"old"})
    write_preset(folder, {**FILES, "model.weights.h5": b"second"})
    assert sorted(contents(folder)) == ["config.json", "metadata.json", "model.weights.h5"]
    assert read_preset(folder).weights.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [folder]


def test_a_preset_can_be_written_from_its_own_files(tmp_path: Path) -> None:
    folder = write_preset(tmp_path / "it", FILES, {"licence": "MIT"})
    old = read_preset(folder)
    files = {name: folder / name for name in old.metadata["files"]}
    metadata = {**old.metadata, "score": 1.5, "python_version": "3.11.0"}
    write_preset(folder, {**files, "README.md": b"card"}, metadata)
    new = read_preset(folder).metadata
    assert (new["licence"], new["score"], new["python_version"]) == ("MIT", 1.5, "3.11.0")
    assert sorted(new["files"]) == ["README.md", "config.json", "model.weights.h5"]


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    one = write_preset(tmp_path / "one", FILES, {"a": 1, "b": 2})
    two = write_preset(tmp_path / "two", dict(reversed(FILES.items())), {"b": 2, "a": 1})
    assert contents(one) == contents(two)


@pytest.mark.parametrize("error", [RuntimeError("killed"), KeyboardInterrupt()])
def test_a_writer_that_fails_leaves_the_old_preset(tmp_path: Path, error: BaseException) -> None:
    folder = write_preset(tmp_path / "it", FILES)
    before = contents(folder)

    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise error

    with pytest.raises(type(error)):
        write_preset(folder, {**FILES, "model.weights.h5": fail})
    assert contents(folder) == before
    assert list(tmp_path.iterdir()) == [folder]
    assert read_preset(folder)


def test_a_full_disk_leaves_the_old_preset(tmp_path: Path) -> None:
    folder = write_preset(tmp_path / "it", FILES)
    before = contents(folder)

    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(PresetError, match="could not be written.*No space left.*Choose"):
        write_preset(folder, {**FILES, "model.weights.h5": fail})
    assert contents(folder) == before
    assert list(tmp_path.iterdir()) == [folder]


def test_a_rename_that_fails_brings_the_old_preset_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_preset(tmp_path / "it", FILES)
    before = contents(folder)
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name.endswith(".tmp"):
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(PresetError, match="Permission denied"):
        write_preset(folder, {**FILES, "model.weights.h5": b"second"})
    assert contents(folder) == before
    assert list(tmp_path.iterdir()) == [folder]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "it").mkdir()
    assert read_preset(write_preset(tmp_path / "it", FILES))


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert read_preset(write_preset(tmp_path / "link", FILES))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "config.json").read_bytes() == CONFIG


@pytest.mark.parametrize("extra", ["notes.txt", "assets/notes.txt", ".hidden"])
def test_a_preset_with_foreign_files_is_left_alone(tmp_path: Path, extra: str) -> None:
    folder = write_preset(tmp_path / "it", FILES)
    (folder / extra).parent.mkdir(exist_ok=True)
    (folder / extra).write_text("mine")
    before = contents(folder)
    with pytest.raises(PresetError, match=f"no part of a preset \\({extra}\\)"):
        write_preset(folder, FILES)
    assert contents(folder) == before


@pytest.mark.parametrize("metadata", [None, "{}", '{"files": {"notes.txt": {}}}', "no JSON"])
def test_a_folder_that_is_no_preset_is_left_alone(tmp_path: Path, metadata: str | None) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    if metadata is not None:
        (folder / "metadata.json").write_text(metadata)
    before = contents(folder)
    with pytest.raises(PresetError, match="no part of a preset"):
        write_preset(folder, FILES)
    assert contents(folder) == before
    assert list(tmp_path.iterdir()) == [folder]


def test_a_file_and_the_working_folder_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(PresetError, match="is a file"):
        write_preset(tmp_path / "file", FILES)
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    for folder in (".", "..", "/"):
        with pytest.raises(PresetError, match="the folder you work in"):
            write_preset(folder, FILES)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_one_may_not_write_to_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PresetError, match="could not be written"):
        write_preset(tmp_path / "it", FILES)


def test_a_path_through_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(PresetError, match="could not be written to .*file/it"):
        write_preset(tmp_path / "file" / "it", FILES)


@pytest.mark.parametrize("name", ["../x", "/x", "a/../b", ".x", "a b", "x\n", "metadata.json"])
def test_names_that_may_not_be_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PresetError, match="may not hold|written by tfvae"):
        write_preset(tmp_path / "it", {**FILES, name: b""})
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match=r"needs model\.weights\.h5"):
        write_preset(tmp_path / "it", {"config.json": CONFIG})
    with pytest.raises(PresetNotFoundError, match=r"no file .*card\.md to copy as README\.md"):
        write_preset(tmp_path / "it", {**FILES, "README.md": tmp_path / "card.md"})
    with pytest.raises(PresetError, match=r"missing or too many: model\.weights\.h5"):
        write_preset(tmp_path / "it", {**FILES, "model.weights.h5": lambda path: None})
    with pytest.raises(PresetError, match=r"missing or too many: model\.weights\.h5\.tmp"):
        write_preset(
            tmp_path / "it",
            {
                **FILES,
                "model.weights.h5": lambda path: [
                    path.write_bytes(b""),
                    path.with_name("model.weights.h5.tmp").write_bytes(b""),
                ],
            },
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}])
def test_metadata_must_be_json(tmp_path: Path, value: object) -> None:
    with pytest.raises(PresetError, match="must be plain JSON"):
        write_preset(tmp_path / "it", FILES, {"score": value})
    assert list(tmp_path.iterdir()) == []
