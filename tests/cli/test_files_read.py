"""Folders and files of examples: their order, their names, their shapes."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tfvae_cli.examples_read import read_in_order
from tfvae_cli.files_read import DataGivenError, read_rows

EVENT = (4, 3, 1)
X = np.random.default_rng(1).integers(0, 256, size=(6, *EVENT)).astype(np.uint8)


def model(likelihood: object = None, **arguments: object) -> tfvae.VAE:
    return tfvae.VAE(
        tfvae.encoders.MLP((4,)),
        tfvae.decoders.MLP((4,)),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=likelihood or tfvae.families.Bernoulli(EVENT),
        **arguments,
    )


def write_png(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tf.io.encode_png(image).numpy())


def test_a_folder_is_walked_in_the_order_of_its_names(tmp_path: Path) -> None:
    names = ["c.png", "a.png", "sub/b.png", "B.PNG", "sub/deeper/a.png", "10.png"]
    for name, image in zip(names, X, strict=True):
        write_png(tmp_path / name, image)
    write_png(tmp_path / ".hidden" / "x.png", X[0])
    (tmp_path / "notes.txt").write_text("no example")
    found = read_in_order(str(tmp_path), model())
    assert found.names == sorted(names)
    order = [names.index(name) for name in found.names]
    np.testing.assert_array_equal(found.x, X[order].astype(np.float32) / np.float32(255))


def test_a_folder_may_hold_arrays_and_tables(tmp_path: Path) -> None:
    for number in range(3):
        np.save(tmp_path / f"{number}.npy", X[number])
    np.savez(tmp_path / "more.npz", allow_pickle=False, x=X[3:5])
    found = read_rows(tmp_path)
    assert found.names == ["0.npy", "1.npy", "2.npy", "more.npz:0", "more.npz:1"]
    np.testing.assert_array_equal(found.values, X[:5].astype(np.float32) / np.float32(255))
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "b.csv").write_text("u,v\n5,6\n")
    (tables / "a.csv").write_text("u,v\n1,2\n3,4\n")
    found = read_rows(tables)
    assert (found.names, found.columns) == (["a.csv:0", "a.csv:1", "b.csv:0"], ["u", "v"])
    assert found.values.tolist() == [[1, 2], [3, 4], [5, 6]]
    (tables / "c.csv").write_text("v,u\n1,2\n")
    with pytest.raises(DataGivenError, match=r"differ in columns: a.csv and c.csv"):
        read_rows(tables)


@pytest.mark.parametrize(
    "shape", [(6, 4, 3, 1), (6, 4, 3), (6, 12)], ids=["whole", "no channel", "rows"]
)
def test_examples_come_in_the_shape_of_the_model(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "x.npy", X.reshape(shape))
    found = read_in_order(str(tmp_path / "x.npy"), model())
    np.testing.assert_array_equal(found.x, X.astype(np.float32) / np.float32(255))
    assert found.names == list("012345")


@pytest.mark.parametrize("shape", [(4, 3, 1), (4, 3), (1, 4, 3)])
def test_one_example_is_taken_for_one(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "x.npy", X[0].reshape(shape))
    found = read_in_order(str(tmp_path / "x.npy"), model())
    assert (found.x.shape, found.names) == ((1, *EVENT), ["0"])


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((2, 5, 5, 1), "Resize the images to 4 by 3 pixels"),
        ((2, 4, 3, 3), "Convert the images to grey"),
        ((2, 4, 3, 4), "Convert the images to grey, without transparency"),
        ((2, 3, 4), r"of shape \(3, 4\), but the model reads \(4, 3, 1\)"),
        ((2, 7), "give each as a row of 12 values"),
        ((0, 4, 3, 1), "holds no examples"),
    ],
)
def test_examples_of_another_shape_are_refused(
    tmp_path: Path, shape: tuple[int, ...], words: str
) -> None:
    np.save(tmp_path / "x.npy", np.zeros(shape))
    with pytest.raises(DataGivenError, match=words):
        read_in_order(str(tmp_path / "x.npy"), model())


def test_values_that_the_model_cannot_read_are_refused(tmp_path: Path) -> None:
    x = np.zeros([3, 4, 3, 1])
    x[1, 2, 0, 0] = np.nan
    np.save(tmp_path / "x.npy", x)
    with pytest.raises(ValueError, match=r"not finite: nan at \[1, 2, 0, 0\]"):
        read_in_order(str(tmp_path / "x.npy"), model())
    assert np.isnan(read_in_order(str(tmp_path / "x.npy"), model(), holes=True).x).sum() == 1


def test_what_is_read_beside_x_comes_from_an_npz_file(tmp_path: Path) -> None:
    posterior, prior = tfvae.families.DiagonalNormal(2), tfvae.priors.StandardNormal()
    vae = tfvae.models.ConditionalVAE(
        tfvae.encoders.MLP((4,)),
        tfvae.decoders.MLP((4,)),
        posterior=posterior,
        prior=prior,
        likelihood=tfvae.families.Bernoulli(EVENT),
        condition_shape=(2,),
    )
    np.savez(tmp_path / "x.npz", allow_pickle=False, x=X, condition=np.ones([6, 2]))
    found = read_in_order(str(tmp_path / "x.npz"), vae)
    assert found.side["condition"].shape == (6, 2)
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(ValueError, match="The model needs `condition` too"):
        read_in_order(str(tmp_path / "x.npy"), vae)


def test_a_name_of_two_things_is_not_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_png(tmp_path / "digits" / "0.png", X[0])
    with pytest.raises(DataGivenError, match="give ./digits for that"):
        read_in_order("digits", model())
    assert read_in_order("./digits", model()).names == ["0.png"]
