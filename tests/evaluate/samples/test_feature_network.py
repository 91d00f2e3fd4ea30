"""The pinned networks: whole, small, always the same, and as good as they say."""

import json
import os
import shutil
import socket
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tfvae import evaluate
from tfvae.evaluate.samples import feature_network
from tfvae.evaluate.samples.feature_network import NETWORKS
from tfvae.evaluate.samples.feature_network.stored import Stored

FOLDER = Path(feature_network.__file__).parent
# What a name and version stand for never changes: other weights need a higher version.
PINNED = {
    "mnist": (
        "tfvae-mnist-conv-1",
        "da3ac068a21dca17875bfd9642c52663fc0ea5675ea2f4f6e6e0530507692a58",
    ),
    "fashion_mnist": (
        "tfvae-fashion-mnist-conv-1",
        "f4fc262643a7751b8319d1fe065a71b6368280982fcaed0e0068560a65c59025",
    ),
}
LARGEST = 500_000
every = pytest.mark.parametrize("name", NETWORKS)


def images(count: int = 6) -> np.ndarray:
    return np.random.default_rng(0).uniform(size=[count, 28, 28, 1]).astype("float32")


@every
def test_a_network_is_the_one_of_its_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a network comes with tfvae: nothing is fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    network = evaluate.FeatureNetwork.load(name)
    assert (network.name, network.sha256) == PINNED[name]
    assert network.metadata["data"]["name"] == name
    assert network.metadata["parameter_count"] == network.classifier.count_params()
    for ending in ("npz", "json"):
        assert (FOLDER / f"{network.name}.{ending}").stat().st_size < LARGEST


def test_networks_stand_beside_what_is_pinned_here() -> None:
    assert set(NETWORKS) == set(PINNED)
    assert len(set(NETWORKS.values())) == len(NETWORKS)
    assert {path.stem for path in FOLDER.glob("*.npz")} == set(NETWORKS.values())


@pytest.mark.slow
@pytest.mark.skipif("TFVAE_DATA" not in os.environ, reason="TFVAE_DATA names no folder of data")
@every
def test_it_errs_as_often_as_it_says(name: str) -> None:
    from tfvae.zoo import data

    dataset, network = data.load(name), evaluate.FeatureNetwork.load(name)
    assert network.metadata["data"]["sha256"] == dataset.sha256
    errors = np.sum(network.classify(dataset.x_test) != dataset.y_test)
    assert errors == network.metadata["test_errors"]
    _, (x, y) = data.split(dataset, network.metadata["training"]["validation_examples"])
    assert np.sum(network.classify(x) != y) == network.metadata["validation_errors"]


def test_features_are_the_last_hidden_layer() -> None:
    network = evaluate.FeatureNetwork.load("mnist")
    x = images()
    features = network(x)
    assert (features.shape, features.dtype) == ((6, 64), "float32")
    assert features.min() >= 0.0
    logits = network.classifier.get_layer("logits")
    np.testing.assert_allclose(
        features @ logits.kernel.numpy() + logits.bias.numpy(),
        network.classifier(x, training=False),
        rtol=1e-4,
        atol=1e-4,
    )


def test_features_do_not_depend_on_batches_shapes_or_settings() -> None:
    x = images()
    expected = evaluate.FeatureNetwork.load("mnist")(x)
    keras.config.set_dtype_policy("mixed_bfloat16")
    keras.config.set_floatx("float64")
    network = evaluate.FeatureNetwork.load("mnist")
    for found in (network(x), network(x[..., 0], batch_size=4), network(x.astype("float64"))):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert network(x).dtype == "float32"


def test_networks_differ() -> None:
    one, other = (evaluate.FeatureNetwork.load(name)(images()) for name in NETWORKS)
    assert np.abs(one - other).max() > 0.1


def altered(tmp_path: Path, change: Any) -> Path:
    """A copy of the files of a network after some change to them."""
    stem = NETWORKS["mnist"]
    for ending in ("npz", "json"):
        shutil.copy(FOLDER / f"{stem}.{ending}", tmp_path)
    change(tmp_path / f"{stem}.npz", tmp_path / f"{stem}.json")
    return tmp_path


def flip(weights: Path, _: Path) -> None:
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)


def misstate(_: Path, about: Path) -> None:
    about.write_text(json.dumps({**json.loads(about.read_text()), "sha256": "0" * 64}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (flip, "is not the network of that name"),
        (misstate, "is not the network of that name"),
        (lambda weights, about: about.write_text("{}"), "cannot be read"),
        (lambda weights, about: about.write_text("[]"), "cannot be read"),
        (lambda weights, about: weights.unlink(), "cannot be read"),
        (lambda weights, about: about.write_text("{"), "cannot be read"),
    ],
)
def test_altered_files_are_refused(tmp_path: Path, change: Any, words: str) -> None:
    with pytest.raises(ValueError, match=f"(?s){words}.*Reinstall tfvae"):
        Stored.read("mnist", altered(tmp_path, change))


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.zeros([2, 8, 8, 1]), "the feature networks read grey images of shape"),
        (np.zeros([2, 28, 28, 3]), "the feature networks read grey images of shape"),
        (np.full([2, 28, 28], 255), "go from 255 to 255. For bytes, divide by 255"),
        (np.full([2, 28, 28], np.nan), "not finite"),
        (np.zeros([0, 28, 28]), "is empty"),
    ],
)
def test_what_is_no_grey_image_of_that_size_is_refused(x: Any, words: str) -> None:
    network = evaluate.FeatureNetwork.load("mnist")
    for use in (network, network.classify):
        with pytest.raises(ValueError, match=words):
            use(x)


def test_an_unknown_network_is_named() -> None:
    with pytest.raises(ValueError, match="no feature network for 'minst'. Did you mean 'mnist'"):
        evaluate.FeatureNetwork.load("minst")
