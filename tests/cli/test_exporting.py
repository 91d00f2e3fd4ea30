"""`tfvae export`, from a model's name to a folder; and how it refuses what it cannot take."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.export.models import EVENT, SMALLEST, build, images
from tfvae_cli.examples_read import DataGivenError, read


@pytest.fixture(scope="session")
def keras_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "small.keras"
    build(SMALLEST).save(path)
    return path


def test_a_file_becomes_a_bundle(
    tfvae: Callable[..., Any], keras_file: Path, tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", images(40))
    options = ["--to", "saved_model", "--data", str(tmp_path / "x.npy"), "--no-measure"]
    answer = tfvae("export", str(keras_file), str(tmp_path / "dist"), *options)
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert f"Reading {tmp_path / 'x.npy'}" in lines
    assert any(line.startswith("saved_model ") and " MB" in line or "kB" in line for line in lines)
    assert str(tmp_path / "dist" / "report.html") in answer.out.replace("\n", "")
    description = json.loads((tmp_path / "dist" / "model.json").read_text())
    assert description["name"] == "small"
    report = json.loads((tmp_path / "dist" / "report.json").read_text())
    assert report["held_out"] == 40


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing", "dist"], "nothing"),
        (["{model}", "dist", "--to", "ios"], "`to` must be some of"),
        (["{model}", "dist", "--precision", "float32,int4"], "'int4' was given"),
        (["{model}", "dist", "--batch", "eight"], "`batch` must be one of"),
        (["{model}", "dist", "--limit", "int8"], "--limit must be PRECISION=NUMBER"),
        (["{model}", "dist", "--limit", "int4=3"], "'int4' was given"),
        (
            ["{model}", "dist", "--data", "nowhere"],
            "There is no data set, file or folder 'nowhere'",
        ),
        (["{notes}", "dist"], "is a file, but no .keras file"),
    ],
)
def test_what_cannot_be_exported_is_one_line(
    tfvae: Callable[..., Any],
    keras_file: Path,
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("none")
    places = {"{model}": str(keras_file), "{notes}": "notes.txt"}
    answer = tfvae("export", *(places.get(word, word) for word in arguments))
    assert answer.code == 1
    assert message in answer.err and answer.err.startswith("tfvae: ")
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "dist").exists()


def test_a_folder_of_pictures_is_read(tmp_path: Path) -> None:
    x = (255 * images(6)).astype(np.uint8)
    for number, image in enumerate(x):
        (tmp_path / f"{number}.png").write_bytes(tf.io.encode_png(image).numpy())
    (tmp_path / "notes.txt").write_text("not an image")
    found = read(str(tmp_path), binary=False)
    assert found.x.shape == (6, *EVENT) and found.representative is None
    order = np.lexsort(found.x.reshape(6, -1).T)
    expected = images(6)[np.lexsort(images(6).reshape(6, -1).T)]
    np.testing.assert_array_equal(found.x[order], expected)
    # Sorted files come in another order, the same each time.
    np.testing.assert_array_equal(found.x, read(str(tmp_path), binary=False).x)


def test_arrays_of_bytes_are_divided_and_of_floats_are_not(tmp_path: Path) -> None:
    np.save(tmp_path / "bytes.npy", np.full([2, 3], 255, np.uint8))
    np.savez(tmp_path / "floats.npz", allow_pickle=False, x=np.full([2, 3], 7.5), y=np.zeros(2))
    assert read(str(tmp_path / "bytes.npy"), binary=False).x.max() == 1.0
    assert read(str(tmp_path / "floats.npz"), binary=False).x.max() == 7.5


def test_a_data_set_is_read_by_name_and_drawn_binary_once() -> None:
    found = read("digits", binary=True)
    assert set(np.unique(found.x)) == set(np.unique(found.representative)) == {0.0, 1.0}
    assert found.about["class_names"] == [str(digit) for digit in range(10)]
    assert "probability" in found.about["normalisation"]
    np.testing.assert_array_equal(found.x, read("digits", binary=True).x)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.npy", b"no array", "no .npy or .npz file that can be read"),
        ("x.npz", b"PK\x03\x04 cut short", "no .npy or .npz file that can be read"),
        ("folder/x.png", b"no picture", "no PNG image that can be read"),
        ("folder/x.txt", b"text", "holds no .png, .npy, .npz, .csv or .parquet files"),
    ],
)
def test_data_that_cannot_be_read_are_explained(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    asked = path.parent if name.startswith("folder") else path
    with pytest.raises(DataGivenError, match=message):
        read(str(asked), binary=False)


def test_arrays_that_are_no_examples_are_explained(tmp_path: Path) -> None:
    np.save(tmp_path / "words.npy", np.array(["a", "b"]))
    with pytest.raises(DataGivenError, match="must hold numbers"):
        read(str(tmp_path / "words.npy"), binary=False)
    np.savez(tmp_path / "two.npz", allow_pickle=False, a=np.zeros(2), b=np.zeros(2))
    with pytest.raises(DataGivenError, match="must hold one array, or one named x"):
        read(str(tmp_path / "two.npz"), binary=False)
    (tmp_path / "uneven").mkdir()
    for size in (2, 3):
        np.save(tmp_path / "uneven" / f"{size}.npy", np.zeros(size))
    with pytest.raises(DataGivenError, match="differ in shape"):
        read(str(tmp_path / "uneven"), binary=False)
