"""Where artefacts may go: our errors before any work, and what was there stays."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import tfvae
from tests.export.models import SMALL, build
from tfvae.export import ExportError, to_litert, to_saved_model
from tfvae.export.placing import WRITER, file_target, folder_target, put_folder, workspace

EXPORTS = {"saved_model": to_saved_model, "litert": to_litert}


@pytest.fixture
def export(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """An export that fails the test if it starts to work."""

    def refuse(*args: object) -> None:
        pytest.fail("the path was examined too late")

    monkeypatch.setattr(EXPORTS[request.param], "prepare", refuse)
    return getattr(tfvae.export, request.param)


def everything(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("export", EXPORTS, indirect=True)
@pytest.mark.parametrize(
    "path",
    [
        "taken/thesis.txt/model.tflite",
        "taken/thesis.txt/a/b.tflite",
        f"{'a' * 300}.tflite",
        "\0.tflite",
    ],
)
def test_a_path_that_cannot_be_written_is_refused_at_once(
    export: Callable, path: str, taken: Path
) -> None:
    before = everything(taken.parent)
    with pytest.raises(ExportError, match=r"cannot be written|no path that can be written"):
        export(build(SMALL), f"{taken.parent}/{path}")
    assert everything(taken.parent) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ExportError, match="Permission denied"), workspace(tmp_path / "saved"):
        pytest.fail("the work started")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda taken: taken, "no SavedModel of tfvae.*thesis.txt"),
        (lambda taken: taken / "thesis.txt", "is a file"),
        (lambda taken: taken.parent, "no SavedModel of tfvae"),
    ],
)
def test_a_saved_model_replaces_nothing_of_others(
    make: Callable, message: str, taken: Path
) -> None:
    before = everything(taken.parent)
    with pytest.raises(ExportError, match=message):
        folder_target(make(taken))
    assert everything(taken.parent) == before


def test_another_programs_saved_model_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"theirs")
    with pytest.raises(ExportError, match="no SavedModel of tfvae"):
        folder_target(tmp_path)
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / "assets.extra" / "parity.json").write_text(json.dumps({"written_by": WRITER}))
    assert folder_target(tmp_path) == tmp_path
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ExportError, match="notes.txt"):
        folder_target(tmp_path)


def test_the_folder_that_one_works_in_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ExportError, match="the folder you work in"):
        folder_target(".")


def test_a_tflite_file_replaces_nothing_of_others(taken: Path) -> None:
    text = taken / "thesis.tflite"
    text.write_text("no model at all")
    with pytest.raises(ExportError, match="is a file, but no TFLite file"):
        file_target(text)
    with pytest.raises(ExportError, match=r"end in .tflite.*Try thesis.tflite"):
        file_target(taken / "thesis.txt")
    (taken / "folder.tflite").mkdir()
    with pytest.raises(ExportError, match="is a folder"):
        file_target(taken / "folder.tflite")
    (taken / "vae.parity.json").write_text("{}")
    with pytest.raises(ExportError, match="none of tfvae's"):
        file_target(taken / "vae.tflite")


def test_a_free_place_an_empty_folder_and_an_own_file_are_taken(tmp_path: Path) -> None:
    assert folder_target(tmp_path / "new" / "saved") == tmp_path / "new" / "saved"
    (tmp_path / "empty").mkdir()
    assert folder_target(tmp_path / "empty") == tmp_path / "empty"
    (tmp_path / "vae.tflite").write_bytes(b"\x1c\0\0\0TFL3....")
    (tmp_path / "vae.parity.json").write_text(json.dumps({"written_by": WRITER}))
    assert file_target(tmp_path / "vae.tflite") == tmp_path / "vae.tflite"


def test_work_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "saved"
    with pytest.raises(KeyboardInterrupt), workspace(target) as folder:
        (folder / "half").write_text("done")
        raise KeyboardInterrupt
    assert everything(tmp_path) == {}


def test_a_full_disk_is_an_error_of_ours(tmp_path: Path) -> None:
    with (
        pytest.raises(ExportError, match="saved.*No space left on device.*disk with room"),
        workspace(tmp_path / "saved"),
    ):
        raise OSError(28, os.strerror(28))
    assert everything(tmp_path) == {}


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "saved"
    target.mkdir()
    (target / "old").touch()
    with workspace(target) as folder:
        (folder / "made").mkdir()
        (folder / "made" / "new").touch()
        put_folder(folder / "made", target)
    assert everything(tmp_path) == {"saved": None, "saved/new": b""}


def test_a_folder_that_cannot_be_replaced_comes_back(tmp_path: Path) -> None:
    target = tmp_path / "saved"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(ExportError), workspace(target) as folder:
        put_folder(folder / "never made", target)
    assert everything(tmp_path) == {"saved": None, "saved/old": b""}
