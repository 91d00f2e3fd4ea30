"""Running an artefact says what it takes, and keeps standard error clean."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.export.models import EVENT, Shelf, images
from tfvae.export import open_artefact, running


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: a.run("serve"), "no endpoint 'serve'; it has anomaly_score, cluster"),
        (lambda a: a.run("encode"), "takes the inputs x, but was given none"),
        (lambda a: a.run("sample", seed=[1]), "takes the inputs index, seed, but was given seed"),
        (lambda a: a.run("sample", seed=[1], index=[1, 2]), "index 2.*|seed 1.*"),
        (lambda a: a.run("sample", seed=[0.5], index=[1]), "`seed` must be of int32"),
        (lambda a: a.run("sample", seed=[2**31], index=[1]), "int32 cannot hold"),
        (lambda a: a.run("encode", x=np.zeros([2, 9, 7])), r"shape \[B, 9, 7, 1\]"),
        (lambda a: a.run("encode", x=np.zeros([0, *EVENT])), "at least one row"),
        (lambda a: a.run("encode", x=np.full([1, *EVENT], "a")), "`x` must be of float32"),
    ],
)
@pytest.mark.parametrize("kind", ["saved_model", "tflite"])
def test_inputs_that_do_not_fit_are_explained(
    shelf: Shelf, kind: str, call: Callable, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call(open_artefact(getattr(shelf, kind)))


def test_lists_and_bytes_are_taken(shelf: Shelf) -> None:
    artefact = open_artefact(shelf.tflite)
    x = images(2)
    np.testing.assert_array_equal(
        artefact.run("encode", x=x.astype(np.uint8).tolist())["loc"],
        artefact.run("encode", x=x)["loc"],
    )


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x1c\0\0\0TFL3" + bytes(100)])
def test_a_file_that_is_no_model_is_an_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "vae.tflite").write_bytes(content)
    with pytest.raises(ValueError, match="is no TFLite file that can be opened"):
        open_artefact(tmp_path / "vae.tflite")


def test_a_folder_or_a_place_without_a_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no SavedModel that can be opened"):
        open_artefact(tmp_path)
    with pytest.raises(ValueError, match="There is no artefact at .*nowhere"):
        open_artefact(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["saved_model.pb", "variables/variables.*"])
@pytest.mark.parametrize("fault", ["truncated", "zeros", "missing"])
def test_a_damaged_saved_model_is_an_error_in_a_line(
    shelf: Shelf, name: str, fault: str, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(shelf.saved_model, tmp_path / "saved"))
    for path in folder.glob(name):
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2] if fault == "truncated" else bytes(100))
        if fault == "missing":
            path.unlink()
        with pytest.raises(ValueError, match="is no SavedModel that can be opened") as raised:
            open_artefact(folder)
        assert "\n" not in str(raised.value)
        path.write_bytes(content)


def test_a_tflite_file_runs_in_silence(shelf: Shelf, tmp_path: Path) -> None:
    np.savez(tmp_path / "calls.npz", **{"0/sample/seed": [1, 1], "0/sample/index": [0, 1]})
    files = [shelf.tflite, tmp_path / "calls.npz", tmp_path / "results.npz"]
    command = [sys.executable, "-P", running.__file__, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
    with np.load(tmp_path / "results.npz") as results:
        np.testing.assert_allclose(results["0/sample/mean"], shelf.vae.sample(2, seed=1), atol=1e-6)
