"""Data sets: both roads give the same arrays, and nothing but the published data passes."""

import dataclasses
import gzip
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tfvae.zoo import DataError, data
from tfvae.zoo.sources import SOURCES
from tfvae.zoo.sources.images import ImageSource

NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}

# sha256 of the unpacked IDX files, headers included, as they are published.
PUBLISHED = {
    "mnist": {
        "x_train": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "y_train": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "x_test": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "y_test": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    "fashion_mnist": {
        "x_train": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "y_train": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "x_test": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "y_test": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
}


def idx(array: np.ndarray) -> bytes:
    """The bytes of an IDX file, written without the library's help."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def arrays(monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """Seven training images and three test images, which pass for both data sets."""
    random = np.random.RandomState(0)
    made = {
        "x_train": random.randint(0, 256, (7, 28, 28)).astype(np.uint8),
        "y_train": random.randint(0, 10, 7).astype(np.uint8),
        "x_test": random.randint(0, 256, (3, 28, 28)).astype(np.uint8),
        "y_test": random.randint(0, 10, 3).astype(np.uint8),
    }
    for name in ("mnist", "fashion_mnist"):
        small = dataclasses.replace(
            SOURCES[name],
            shapes={key: array.shape for key, array in made.items()},
            sha256={key: digest(array.tobytes()) for key, array in made.items()},
        )
        monkeypatch.setitem(SOURCES, name, small)
    return made


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets no test but the slow ones reach a download or the user's own data."""
    if "slow" in request.keywords:
        return
    monkeypatch.delenv("TFVAE_DATA", raising=False)
    for name in ("mnist", "fashion_mnist"):
        provide(monkeypatch, name, {})


def provide(monkeypatch: pytest.MonkeyPatch, name: str, files: dict[str, Path]) -> None:
    """Puts files in place of what Keras would download; Keras itself still reads them."""
    import keras

    module = sys.modules[getattr(keras.datasets, name).load_data.__module__]

    def get_file(fname: str, **_: object) -> str:
        if fname not in files:
            raise Exception(f"URL fetch failure on {fname}: no network")
        return str(files[fname])

    monkeypatch.setattr(module, "get_file", get_file)


def write_folder(folder: Path, arrays: dict[str, np.ndarray], packed: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for key, name in NAMES.items():
        content = idx(arrays[key])
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(content) if packed else content)
    return folder


def assert_equal(dataset: data.Dataset, arrays: dict[str, np.ndarray]) -> None:
    for key in ("x_train", "x_test"):
        images = getattr(dataset, key)
        assert images.dtype == np.float32
        assert images.shape == (*arrays[key].shape, 1)
        np.testing.assert_array_equal(images[..., 0], (arrays[key] / 255).astype(np.float32))
    for key in ("y_train", "y_test"):
        assert getattr(dataset, key).dtype == np.int64
        np.testing.assert_array_equal(getattr(dataset, key), arrays[key])


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("mnist", "mnist"),
        ("fashion_mnist", "fashion-mnist"),
        ("fashion_mnist", "fashion_mnist"),
    ],
)
def test_files_in_a_folder_are_found(
    arrays: dict[str, np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    folder: str,
    packed: bool,
) -> None:
    write_folder(tmp_path / folder, arrays, packed)
    for root in (tmp_path, tmp_path / folder):
        monkeypatch.setenv("TFVAE_DATA", str(root))
        dataset = data.load(name)
        assert dataset.source == "folder"
        assert_equal(dataset, arrays)


def test_mnist_comes_from_keras_as_from_a_folder(
    arrays: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "mnist.npz", **arrays)
    provide(monkeypatch, "mnist", {"mnist.npz": tmp_path / "mnist.npz"})
    dataset = data.load("mnist")
    assert dataset.source == "download"
    assert_equal(dataset, arrays)


def test_fashion_mnist_comes_from_keras_as_from_a_folder(
    arrays: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_folder(tmp_path / "cache", arrays)
    files = {f"{name}.gz": folder / f"{name}.gz" for name in NAMES.values()}
    provide(monkeypatch, "fashion_mnist", files)
    dataset = data.load("fashion_mnist")
    assert dataset.source == "download"
    assert_equal(dataset, arrays)


def test_a_folder_without_the_data_set_falls_back_on_keras(
    arrays: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "fashion-mnist", arrays)
    np.savez(tmp_path / "mnist.npz", **arrays)
    provide(monkeypatch, "mnist", {"mnist.npz": tmp_path / "mnist.npz"})
    monkeypatch.setenv("TFVAE_DATA", str(tmp_path))
    assert data.load("mnist").source == "download"
    assert data.load("fashion_mnist").source == "folder"


@pytest.mark.parametrize("key", list(NAMES))
def test_one_altered_byte_is_named_on_either_road(
    arrays: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    altered = {name: array.copy() for name, array in arrays.items()}
    altered[key].flat[-1] ^= 1
    np.savez(tmp_path / "mnist.npz", **altered)
    provide(monkeypatch, "mnist", {"mnist.npz": tmp_path / "mnist.npz"})
    with pytest.raises(DataError, match=rf"keras\.datasets\.mnist \({key} of mnist\) is not the"):
        data.load("mnist")
    write_folder(tmp_path / "mnist", altered)
    monkeypatch.setenv("TFVAE_DATA", str(tmp_path))
    with pytest.raises(DataError, match="is not the published data") as error:
        data.load("mnist")
    assert str(tmp_path / "mnist" / NAMES[key]) in str(error.value)
    assert SOURCES["mnist"].sha256[key] in str(error.value)


@pytest.mark.parametrize("key", list(NAMES))
def test_a_missing_file_is_named(
    arrays: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    folder = write_folder(tmp_path / "mnist", arrays)
    (folder / f"{NAMES[key]}.gz").unlink()
    monkeypatch.setenv("TFVAE_DATA", str(tmp_path))
    with pytest.raises(DataError, match=f"lacks {NAMES[key]}"):
        data.load("mnist")


def test_other_sizes_from_keras_are_refused(
    arrays: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "mnist.npz", **{**arrays, "x_test": arrays["x_test"][:2]})
    provide(monkeypatch, "mnist", {"mnist.npz": tmp_path / "mnist.npz"})
    with pytest.raises(DataError, match=r"shape \(3, 28, 28\), but is uint8 of shape \(2, 28, 28"):
        data.load("mnist")


def test_without_folder_and_network_both_roads_are_named() -> None:
    with pytest.raises(DataError, match=r"(?s)URL fetch failure.*TFVAE_DATA") as error:
        data.load("fashion_mnist")
    assert "fashion-mnist/" in str(error.value)


def test_a_folder_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFVAE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="nowhere, which is no folder"):
        data.load("mnist")


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(DataError, match="'fashion-mnist'.*'fashion_mnist'.*Known: .*digits"):
        data.load("fashion-mnist")


def test_digits_are_scikit_learns_in_stratified_parts() -> None:
    from sklearn.datasets import load_digits

    digits, whole = data.load("digits"), load_digits()
    together = np.concatenate([digits.x_train, digits.x_test]).reshape(-1, 64) * 16
    labels = np.concatenate([digits.y_train, digits.y_test])
    mine = np.column_stack([labels, together])
    theirs = np.column_stack([whole.target, whole.data])
    np.testing.assert_array_equal(mine[np.lexsort(mine.T)], theirs[np.lexsort(theirs.T)])
    share = np.bincount(digits.y_test) / np.bincount(whole.target)
    assert np.all(np.abs(share - 0.2) < 0.5 / 174)
    assert digits.x_train.max() == 1.0
    assert digits.source == "scikit-learn"


def test_every_data_set_says_whose_it_is(arrays: dict[str, np.ndarray]) -> None:
    assert {"digits", "fashion_mnist", "mnist"} < set(data.available())
    for source in SOURCES.values():
        assert source.licence and source.citation
        if isinstance(source, ImageSource):
            assert len(source.class_names) == 10
            assert source.sha256.keys() == NAMES.keys()


def test_a_data_set_is_short_to_print_and_cannot_be_changed() -> None:
    digits = data.load("digits")
    assert "array" not in repr(digits)
    with pytest.raises(dataclasses.FrozenInstanceError):
        digits.name = "other"


def test_the_last_examples_are_held_out() -> None:
    digits = data.load("digits")
    (x_train, y_train), (x_held, y_held) = data.split(digits, 438)
    assert len(x_train) == 1000
    np.testing.assert_array_equal(np.concatenate([x_train, x_held]), digits.x_train)
    np.testing.assert_array_equal(np.concatenate([y_train, y_held]), digits.y_train)


def test_a_seeded_split_shuffles_pairs_and_loses_none() -> None:
    digits = data.load("digits")

    def rows(x: np.ndarray, y: np.ndarray) -> list[bytes]:
        return [image.tobytes() + label.tobytes() for image, label in zip(x, y, strict=True)]

    train, held = data.split(digits, 438, seed=3)
    assert sorted(rows(*train) + rows(*held)) == sorted(rows(digits.x_train, digits.y_train))
    again, other = data.split(digits, 438, seed=3), data.split(digits, 438, seed=4)
    np.testing.assert_array_equal(again[1][0], held[0])
    assert not np.array_equal(other[1][0], held[0])
    assert not np.array_equal(held[0], digits.x_train[-438:])


@pytest.mark.parametrize("validation", [0, -1, 1438, 0.1])
def test_an_impossible_split_is_refused(validation: int) -> None:
    with pytest.raises(DataError, match=r"whole number from 1 to 1,437.*but is"):
        data.split(data.load("digits"), validation)


@pytest.fixture
def full(request: pytest.FixtureRequest) -> Iterator[data.Dataset]:
    """A whole data set, from TFVAE_DATA or from the network."""
    try:
        yield data.load(request.param)
    except DataError as error:
        if os.environ.get("TFVAE_DATA"):
            raise
        pytest.skip(f"{request.param} is neither in TFVAE_DATA nor can it be downloaded: {error}")


@pytest.mark.slow
@pytest.mark.parametrize("full", ["mnist", "fashion_mnist"], indirect=True)
def test_the_full_data_are_the_published_files(full: data.Dataset) -> None:
    for key, published in PUBLISHED[full.name].items():
        array = getattr(full, key)
        stored = np.rint(array[..., 0] * 255) if key.startswith("x") else array
        assert digest(idx(stored.astype(np.uint8))) == published
