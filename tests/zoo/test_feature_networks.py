"""Training of the networks whose features compare samples, on few images."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tfvae.evaluate.samples.feature_network.network import build_classifier
from tfvae.evaluate.samples.feature_network.stored import Stored
from tfvae.zoo import PresetError, feature_networks
from tfvae.zoo.__main__ import app
from tfvae.zoo.data import Dataset

CLASSES = tuple("0123456789")


def bars(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images with a bright bar, whose place is their class."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 10, count)
    images = 0.3 * generator.uniform(size=[count, 28, 28, 1])
    for image, label in zip(images, labels, strict=True):
        image[2 * label + 4 : 2 * label + 6] = 1.0
    return images.astype("float32"), labels


@pytest.fixture(autouse=True)
def dataset(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    x_train, y_train = bars(700, 0)
    x_test, y_test = bars(100, 1)
    found = Dataset(
        "mnist", x_train, y_train, x_test, y_test, CLASSES, "MIT", "nobody", "folder", {"a": "b"}
    )
    monkeypatch.setattr(feature_networks.data, "load", lambda name: found)
    monkeypatch.setattr(feature_networks, "VALIDATION", 200)
    monkeypatch.setattr(feature_networks, "BATCH_SIZE", 20)
    return found


def test_what_is_written_is_what_was_trained(tmp_path: Path, dataset: Dataset) -> None:
    path = feature_networks.train("mnist", tmp_path / "new", epochs=3, verbose=0)
    stored = Stored.read("mnist", tmp_path / "new")
    assert path == tmp_path / "new" / f"{stored.name}.npz"
    classifier = build_classifier()
    assert set(stored.weights) == {weight.path for weight in classifier.weights}
    for weight in classifier.weights:
        assert stored.weights[weight.path].dtype == "float16"
        weight.assign(stored.weights[weight.path])
    predicted = np.argmax(classifier.predict(dataset.x_test, verbose=0), axis=1)
    about = stored.metadata
    assert about["test_errors"] == np.sum(predicted != dataset.y_test)
    assert (about["test_errors"] < 20, about["test_examples"]) == (True, 100)
    assert about["training"]["training_examples"] == 500
    assert 1 <= about["training"]["chosen_epoch"] <= 3
    assert about["data"]["sha256"] == {"a": "b"}
    assert sorted(file.name for file in path.parent.iterdir()) == [
        f"{stored.name}.json",
        f"{stored.name}.npz",
    ]


def test_a_version_is_never_written_twice(tmp_path: Path) -> None:
    taken = tmp_path / "tfvae-mnist-conv-1.npz"
    taken.write_bytes(b"pinned")
    with pytest.raises(PresetError, match=r"never changes. Raise the version in .*stored.py"):
        feature_networks.train("mnist", tmp_path)
    assert taken.read_bytes() == b"pinned"
    with pytest.raises(PresetError, match="is there already"):
        feature_networks.train("mnist", feature_networks.pinned())


def test_an_unknown_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match="no feature network 'digits'. Known: mnist, fashion"):
        feature_networks.train("digits", tmp_path)


def test_the_command_trains_into_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_networks.train, "__defaults__", (1, 0))
    ran = CliRunner().invoke(app, ["feature-network", "mnist", "--output", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    assert (tmp_path / "tfvae-mnist-conv-1.npz").is_file()
