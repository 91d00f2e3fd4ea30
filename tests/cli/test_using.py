"""The commands that use a model write what it says, in the order of the files."""

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

import tfvae as library
from tfvae_cli import progress
from tfvae_cli.pairs_drawn import pairs

NAME = "gmvae_mnist"
COUNT = 7


@pytest.fixture(autouse=True)
def vae(preset_loaded_once: Any) -> Any:
    return preset_loaded_once


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    """scikit-learn's digits, enlarged to 28 by 28, as bytes."""
    pixels = np.rint(load_digits().images[:COUNT] * 255 / 16).astype(np.uint8)
    large = np.kron(pixels, np.ones([1, 3, 3], np.uint8))
    return np.pad(large, [(0, 0), (2, 2), (2, 2)])[..., None]


@pytest.fixture(scope="module")
def grey(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float32) / np.float32(255)


@pytest.fixture
def images(x: np.ndarray, tmp_path: Path) -> str:
    """A folder of PNGs, written in another order than that of their names."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number in reversed(range(COUNT)):
        (folder / f"{number}.png").write_bytes(tf.io.encode_png(x[number]).numpy())
    return str(folder)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def picture(path: Path) -> np.ndarray:
    return tf.io.decode_png(path.read_bytes()).numpy()


def told(answer: Any) -> dict[str, Any]:
    """The JSON object that is all that a command printed."""
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.count("\n") == 1
    return json.loads(answer.out)


def test_samples_are_those_of_the_model(
    tfvae: Callable[..., Any], vae: Any, tmp_path: Path
) -> None:
    arguments = ["-n", "5", "--component", "3", "--seed", "7", "--temperature", "0.8"]
    expected = vae.sample(5, seed=7, component=3, temperature=0.8)
    answer = tfvae("sample", NAME, *arguments, "-o", str(tmp_path / "x.npy"))
    assert (answer.code, answer.err) == (0, "")
    assert "5 samples of component 3 of gmvae_mnist, seed 7" in answer.out
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), expected)
    found = told(tfvae("sample", NAME, *arguments, "-o", str(tmp_path / "x.npz"), "--json"))
    assert (found["n"], found["seed"], found["shape"]) == (5, 7, [5, 28, 28, 1])
    with np.load(tmp_path / "x.npz") as arrays:
        np.testing.assert_array_equal(arrays["x"], expected)
    tfvae("sample", NAME, *arguments, "-o", str(tmp_path / "each"))
    assert sorted(os.listdir(tmp_path / "each")) == [f"{k}.png" for k in range(5)]
    np.testing.assert_allclose(
        picture(tmp_path / "each" / "2.png") / 255, expected[2], atol=0.5 / 255 + 1e-6
    )
    tfvae("sample", NAME, *arguments, "-o", str(tmp_path / "x.csv"))
    table = np.array([list(map(float, row.values())) for row in rows_of(tmp_path / "x.csv")])
    np.testing.assert_array_equal(table.astype(np.float32), expected.reshape(5, 784))


def test_a_grid_has_a_cell_for_each_sample(
    tfvae: Callable[..., Any], vae: Any, tmp_path: Path
) -> None:
    path = tmp_path / "new" / "grid.png"
    tfvae("sample", NAME, "-n", "12", "--columns", "4", "--seed", "0", "-o", str(path))
    found = picture(path)
    assert found.shape[-1] in (3, 4)
    # Four columns and three rows of squares.
    margin = 2 * 0.08 * 200
    height, width = (side - margin for side in found.shape[:2])
    assert width / height == pytest.approx(4 / 3, rel=0.01)
    # The middle of each pixel of the first sample: of a cell's 60 units, 2 are the gap before it.
    places = (margin / 2 + width / 4 * (2 * np.arange(28) + 3) / 60).astype(int)
    cell = found[np.ix_(places, places)][..., 0] / 255
    np.testing.assert_allclose(cell, vae.sample(12, seed=0)[0, ..., 0], atol=0.01)


def test_a_seed_by_chance_is_told_and_gives_the_same_again(
    tfvae: Callable[..., Any], vae: Any, tmp_path: Path
) -> None:
    place = str(tmp_path / "x.npy")
    seeds = [told(tfvae("sample", NAME, "-n", "2", "-o", place, "--json"))["seed"] for _ in "12"]
    assert seeds[0] != seeds[1]
    np.testing.assert_array_equal(np.load(place), vae.sample(2, seed=seeds[1]))


@pytest.mark.parametrize("suffix", ["npy", "npz", "csv", "parquet"])
def test_latents_stand_beside_their_files(
    tfvae: Callable[..., Any], vae: Any, grey: np.ndarray, images: str, tmp_path: Path, suffix: str
) -> None:
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"z.{suffix}"
    found = told(tfvae("encode", NAME, images, "-o", str(path), "--json"))
    assert found["examples"] == COUNT
    assert found["latent_shape"] == list(vae.encode(grey).mode().shape[1:])
    names = [f"{number}.png" for number in range(COUNT)]
    if suffix == "npy":
        z = np.load(path)
    elif suffix == "npz":
        arrays = np.load(path)
        z = arrays["z"]
        assert arrays["names"].tolist() == names
        np.testing.assert_allclose(arrays["scale"], vae.encode(grey).stddev(), rtol=1e-4)
        arrays.close()
    else:
        if suffix == "csv":
            rows = rows_of(path)
        else:
            rows = pytest.importorskip("pyarrow.parquet").read_table(path).to_pylist()
        assert [row.pop("name") for row in rows] == names
        z = np.array(
            [[float(row[f"z{k}"]) for k in range(found["latent_shape"][0])] for row in rows]
        )
    np.testing.assert_allclose(z, vae.encode(grey).mode(), atol=1e-4)


def test_components_are_those_of_the_model(
    tfvae: Callable[..., Any], vae: Any, grey: np.ndarray, images: str, tmp_path: Path
) -> None:
    path = tmp_path / "labels.csv"
    found = told(tfvae("cluster", NAME, images, "-o", str(path), "--json"))
    expected = vae.cluster(grey)
    assert [row["component"] for row in found["labels"]] == expected.tolist()
    assert found["counts"] == np.bincount(expected, minlength=vae.prior.num_components).tolist()
    rows = rows_of(path)
    assert [row["name"] for row in rows] == [f"{number}.png" for number in range(COUNT)]
    assert [int(row["component"]) for row in rows] == expected.tolist()
    shares = vae.responsibilities(grey).max(axis=1)
    np.testing.assert_allclose([float(row["probability"]) for row in rows], shares, atol=1e-5)
    answer = tfvae("cluster", NAME, images)
    assert answer.code == 0 and "mean probability" in answer.out


def test_scores_are_of_pixels_drawn_once(
    tfvae: Callable[..., Any], vae: Any, grey: np.ndarray, images: str, tmp_path: Path
) -> None:
    binary = library.pipeline.Images(grey, "fixed", seed=777).x
    found = told(tfvae("score", NAME, images, "--json"))
    assert (found["method"], found["threshold"]) == ("negative_elbo", None)
    scores = [row["score"] for row in found["scores"]]
    np.testing.assert_allclose(scores, vae.anomaly_score(binary), rtol=1e-5)
    found = told(tfvae("score", NAME, images, "--binarize", "none", "--json"))
    scores = [row["score"] for row in found["scores"]]
    np.testing.assert_allclose(scores, vae.anomaly_score(grey), rtol=1e-5)


@pytest.mark.parametrize("method", ["negative-log-likelihood", "complexity_corrected", "rate"])
def test_every_method_is_that_of_the_library(
    tfvae: Callable[..., Any], vae: Any, grey: np.ndarray, images: str, method: str, tmp_path: Path
) -> None:
    path, options = tmp_path / "s.npy", ["--method", method, "--num-samples", "20"]
    answer = tfvae("score", NAME, images, *options, "-o", str(path))
    assert (answer.code, answer.err) == (0, "")
    name = method.replace("-", "_")
    binary = library.pipeline.Images(grey, "fixed", seed=777).x
    expected = library.evaluate.outlier_scores(vae, binary, scores=(name,), num_samples=20)
    np.testing.assert_allclose(np.load(path), expected[name], rtol=1e-5)


def test_outliers_lie_above_what_usual_examples_do(
    tfvae: Callable[..., Any], vae: Any, grey: np.ndarray, images: str, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).uniform(size=[3, 28, 28]).astype(np.float32)
    np.save(tmp_path / "noise.npy", noise)
    options = ["--reference", images, "--false-positive-rate", "0.2"]
    path = tmp_path / "scores.csv"
    found = told(
        tfvae("score", NAME, str(tmp_path / "noise.npy"), *options, "-o", str(path), "--json")
    )
    usual = vae.anomaly_score(library.pipeline.Images(grey, "fixed", seed=777).x)
    assert found["threshold"] == pytest.approx(np.sort(usual)[5], rel=1e-5)
    assert np.mean(usual > found["threshold"] + 1e-3) <= 0.2
    assert [row["outlier"] for row in rows_of(path)] == ["True"] * 3
    # Typical are those whose bound is as the mean of the usual ones.
    found = told(tfvae("score", NAME, images, "--method", "typicality", *options, "--json"))
    assert found["scores"][0]["score"] >= 0.0


def test_reconstructions_are_those_of_the_model(
    tfvae: Callable[..., Any], vae: Any, grey: np.ndarray, images: str, tmp_path: Path
) -> None:
    expected = vae.reconstruct(grey)
    found = told(tfvae("reconstruct", NAME, images, "-o", str(tmp_path / "r.npy"), "--json"))
    np.testing.assert_allclose(np.load(tmp_path / "r.npy"), expected, atol=1e-5)
    error = np.mean((expected - grey) ** 2)
    assert found["squared_error"] == pytest.approx(error, rel=1e-3)
    tfvae("reconstruct", NAME, images, "-o", str(tmp_path / "pictures"))
    assert sorted(os.listdir(tmp_path / "pictures")) == sorted(os.listdir(images))
    found = picture(tmp_path / "pictures" / "4.png") / 255
    np.testing.assert_allclose(found, expected[4], atol=0.5 / 255 + 1e-5)


@pytest.mark.parametrize("kind", ["bool", "uint8", "float32", "png", "rows"])
def test_holes_are_filled_as_the_model_does(
    tfvae: Callable[..., Any],
    vae: Any,
    grey: np.ndarray,
    images: str,
    tmp_path: Path,
    kind: str,
) -> None:
    mask = np.ones([28, 28], bool)
    mask[14:] = False
    place = tmp_path / ("mask.png" if kind == "png" else "mask.npy")
    if kind == "png":
        place.write_bytes(tf.io.encode_png(255 * mask[..., None].astype(np.uint8)).numpy())
    elif kind == "rows":
        np.save(place, np.repeat(mask.reshape(1, -1), COUNT, axis=0))
    else:
        np.save(place, mask.astype(kind))
    arguments = ["--mask", str(place), "--steps", "3", "--seed", "4"]
    answer = tfvae("impute", NAME, images, *arguments, "-o", str(tmp_path / "x.npz"), "--json")
    assert told(answer)["missing"] == COUNT * 14 * 28
    expected = vae.impute(grey, mask[..., None], num_steps=3, seed=4)
    with np.load(tmp_path / "x.npz") as arrays:
        np.testing.assert_allclose(arrays["x"], expected, atol=1e-5)
        np.testing.assert_array_equal(arrays["x"][:, :14], grey[:, :14])


def test_the_way_between_two_is_that_of_the_model(
    tfvae: Callable[..., Any], vae: Any, grey: np.ndarray, images: str, tmp_path: Path
) -> None:
    ends = [f"{images}/1.png", f"{images}/2.png"]
    answer = tfvae("interpolate", NAME, *ends, "--steps", "5", "-o", str(tmp_path / "x.npy"))
    assert (answer.code, answer.err) == (0, "")
    expected = vae.interpolate(grey[1:2], grey[2:3], steps=5)
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), expected, atol=1e-5)
    tfvae("interpolate", NAME, *ends, "--steps", "5", "-o", str(tmp_path / "x.csv"))
    assert [row["step"] for row in rows_of(tmp_path / "x.csv")] == list("01234")
    tfvae("interpolate", NAME, images, images, "--steps", "3", "-o", str(tmp_path / "way"))
    assert sorted(os.listdir(tmp_path / "way"))[:4] == [
        f"{k}.png" for k in ("0-0", "0-1", "0-2", "1-0")
    ]
    tfvae("interpolate", NAME, *ends, "--steps", "5", "-o", str(tmp_path / "x.png"))
    height, width = picture(tmp_path / "x.png").shape[:2]
    assert width > 4 * height


@pytest.mark.parametrize(
    "command",
    [
        ["encode", "{images}"],
        ["cluster", "{images}"],
        ["reconstruct", "{images}"],
        ["impute", "{images}", "--mask", "{mask}"],
        ["interpolate", "{images}", "{images}"],
        ["sample", "-n", "7", "--seed", "0"],
    ],
    ids=lambda command: command[0],
)
def test_batches_change_nothing(
    tfvae: Callable[..., Any], images: str, tmp_path: Path, command: list[str]
) -> None:
    mask = np.ones([28, 28], bool)
    mask[:9] = False
    np.save(tmp_path / "mask.npy", mask)
    places = {"{images}": images, "{mask}": str(tmp_path / "mask.npy")}
    name, *arguments = (places.get(word, word) for word in command)
    found = []
    for size in ("2", "128"):
        path = tmp_path / f"{size}.npz"
        answer = tfvae(name, NAME, *arguments, "--batch-size", size, "-o", str(path))
        assert (answer.code, answer.err) == (0, "")
        with np.load(path) as arrays:
            found.append({key: arrays[key] for key in arrays if arrays[key].dtype.kind == "f"})
    assert found[0] and found[0].keys() == found[1].keys()
    for key, values in found[0].items():
        np.testing.assert_allclose(values, found[1][key], rtol=1e-4, atol=1e-4)


@pytest.fixture(scope="module")
def table_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model of vectors."""
    vae = library.VAE(
        library.encoders.MLP((8,)),
        library.decoders.MLP((8,)),
        posterior=library.families.DiagonalNormal(2),
        prior=library.priors.MixtureOfGaussians(2),
        likelihood=library.families.Normal((3,), scale=1.0),
    )
    path = tmp_path_factory.mktemp("model") / "table.keras"
    vae.save(path)
    return str(path)


def test_tables_are_taken_and_given_by_every_command(
    tfvae: Callable[..., Any], table_model: str, tmp_path: Path
) -> None:
    data, model = tmp_path / "data.csv", library.VAE.load(table_model)
    data.write_text("height,weight,age\n1,2,3\n4,5,6\n-1,0.5,2\n")
    x = np.array([[1, 2, 3], [4, 5, 6], [-1, 0.5, 2]], np.float32)
    out = str(tmp_path / "out.csv")
    assert tfvae("encode", table_model, str(data), "-o", out).code == 0
    z = [[float(row["z0"]), float(row["z1"])] for row in rows_of(Path(out))]
    np.testing.assert_allclose(z, model.encode(x).mode(), atol=1e-5)
    assert tfvae("cluster", table_model, str(data), "-o", out).code == 0
    assert [row["name"] for row in rows_of(Path(out))] == ["0", "1", "2"]
    assert tfvae("score", table_model, str(data), "-o", out).code == 0
    scores = [float(row["score"]) for row in rows_of(Path(out))]
    np.testing.assert_allclose(scores, model.anomaly_score(x), rtol=1e-5)
    assert tfvae("interpolate", table_model, str(data), str(data), "-o", out).code == 0
    assert list(rows_of(Path(out))[0]) == ["pair", "step", "height", "weight", "age"]
    data.write_text("height,weight,age\n1,2,3\n4,,6\n")
    found = told(tfvae("impute", table_model, str(data), "-o", out, "--json"))
    assert found["missing"] == 1
    rows = rows_of(Path(out))
    assert rows[0] == {"height": "1.0", "weight": "2.0", "age": "3.0"}
    assert np.isfinite(float(rows[1]["weight"])) and rows[1]["age"] == "6.0"
    # What was filled in can be read again.
    assert tfvae("cluster", table_model, out).code == 0


def test_what_a_model_is_given_comes_from_a_file(tfvae: Callable[..., Any], tmp_path: Path) -> None:
    vae = library.models.ConditionalVAE(
        library.encoders.MLP((8,)),
        library.decoders.MLP((8,)),
        posterior=library.families.DiagonalNormal(2),
        likelihood=library.families.Bernoulli((3, 3, 1)),
        num_classes=3,
    )
    model, out = str(tmp_path / "vae.keras"), str(tmp_path / "x.npy")
    vae.save(model)
    classes = np.array([0, 1, 2, 0])
    np.savez(tmp_path / "given.npz", allow_pickle=False, condition=classes)
    options = ["--given", str(tmp_path / "given.npz"), "-n", "4", "--seed", "0"]
    assert tfvae("sample", model, *options, "-o", out).code == 0
    expected = vae.sample(4, seed=0, condition=classes)
    np.testing.assert_allclose(np.load(out), expected, atol=1e-6)
    answer = tfvae("sample", model, "-o", out)
    assert answer.code == 1 and "an .npz file with condition" in answer.err
    answer = tfvae("sample", NAME, *options, "-o", out)
    assert answer.code == 1 and "the model reads nothing" in answer.err
    x = np.random.default_rng(0).uniform(size=(4, 3, 3, 1)).astype(np.float32)
    np.savez(tmp_path / "x.npz", allow_pickle=False, x=x, condition=classes)
    data = str(tmp_path / "x.npz")
    assert tfvae("encode", model, data, "-o", out).code == 0
    expected = vae.encode({"x": x, "condition": classes}).mode()
    np.testing.assert_allclose(np.load(out), expected, atol=1e-5)
    assert tfvae("score", model, data, "--binarize", "none", "-o", out).code == 0
    expected = vae.anomaly_score({"x": x, "condition": classes})
    np.testing.assert_allclose(np.load(out), expected, rtol=1e-5)


def test_a_bar_is_shown_where_somebody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    parts = list(progress.in_batches("Encoding", 5, 2))
    assert [range(5)[part] for part in parts] == [range(0, 2), range(2, 4), range(4, 5)]
    assert capsys.readouterr() == ("", "")


def test_examples_stand_above_what_became_of_them() -> None:
    figure = pairs(np.full([12, 4, 4, 1], np.nan), np.ones([12, 4, 4, 1]), "filled")
    names = [text.get_text() for text in figure.axes[0].texts]
    assert names == ["given\n0 to 9", "filled\n0 to 9", "given\n10 to 11", "filled\n10 to 11"]
