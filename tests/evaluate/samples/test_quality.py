"""Samples beside the data: perfect ones, copies, noise, and a real model's."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tfvae
from tfvae import evaluate

COUNT = 400


class Sampler:
    """What `sample_quality` asks of a model: samples by a seed."""

    def __init__(self, draw: Callable[[int, int], np.ndarray]) -> None:
        self.draw = draw

    def sample(self, n: int, seed: int) -> np.ndarray:
        return self.draw(n, seed)


def images(count: int, seed: int) -> np.ndarray:
    """Images of 5x5 pixels of which only three directions vary."""
    directions = np.random.default_rng(100).normal(size=[3, 25])
    return (np.random.default_rng(seed).normal(size=[count, 3]) @ directions).reshape(-1, 5, 5, 1)


def corner(x: np.ndarray) -> np.ndarray:
    """Features of a network of the user's own."""
    return np.asarray(x).reshape(len(x), -1)[:, :3]


def quality(model: Any, x_test: Any = None, **arguments: Any) -> dict[str, Any]:
    x_test = images(500, 2) if x_test is None else x_test
    given = {"network": corner, "num_samples": COUNT, **arguments}
    return evaluate.sample_quality(model, images(1000, 1), x_test, **given)


def test_a_perfect_model_scores_as_test_images_do() -> None:
    """Over draws of samples and of test images, with the error of the mean difference."""
    model = Sampler(lambda n, seed: images(n, 1000 + seed))
    found = [quality(model, images(150, 50 + s), num_samples=150, seed=s) for s in range(20)]
    for name in ("frechet_distance", "precision", "recall", "density", "coverage"):
        values = np.array([[one[part][name] for part in ("samples", "reference")] for one in found])
        difference = values[:, 0] - values[:, 1]
        error = difference.std(ddof=1) / np.sqrt(len(found))
        assert 0.0 < error < 0.2 * values.mean()
        assert abs(difference.mean()) < 4.0 * error
    scores = [one["memorisation"] for one in found]
    relative = [
        one["copying_statistic"] / one["copying_statistic_standard_error"] for one in scores
    ]
    assert abs(np.mean(relative)) < 4.0 / np.sqrt(len(found))


def test_the_reference_is_what_the_measures_say_of_test_images() -> None:
    found = quality(Sampler(lambda n, seed: images(n, 3)), num_samples=500)
    training, held_out = corner(images(1000, 1)), corner(images(500, 2))
    samples = corner(images(500, 3))
    for name, features in (("reference", held_out), ("samples", samples)):
        expected = evaluate.frechet_distance(features, training)
        assert found[name]["frechet_distance"] == pytest.approx(expected)
    expected = evaluate.memorisation(samples, held_out[np.random.permutation(500)], training)
    assert found["memorisation"] == pytest.approx(expected)


def test_copies_and_noise_are_told_from_new_samples() -> None:
    copies = quality(Sampler(lambda n, seed: images(1000, 1)[:n]))
    assert copies["samples"]["precision"] > 0.95
    memory = copies["memorisation"]
    assert memory["closer_share"] == 1.0
    assert memory["copying_statistic"] < -10.0 * memory["copying_statistic_standard_error"]
    noise = quality(Sampler(lambda n, seed: 30.0 + np.random.RandomState(seed).rand(n, 5, 5, 1)))
    assert noise["samples"]["precision"] == noise["samples"]["coverage"] == 0.0
    assert noise["samples"]["frechet_distance"] > 100.0
    assert noise["reference"] == copies["reference"]


def test_it_says_by_what_it_was_found_and_goes_by_its_seed() -> None:
    model = Sampler(lambda n, seed: images(n, 50 + seed))
    found = quality(model)
    assert (found["network"], found["num_samples"], found["seed"]) == ("corner", COUNT, 0)
    assert quality(model) == found
    other = quality(model, seed=1)
    assert other["samples"] != found["samples"]
    assert other["reference"] != found["reference"]
    assert json.loads(json.dumps(found)) == found


def test_of_a_real_model_in_the_features_of_a_pinned_network() -> None:
    vae = tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=tfvae.families.Bernoulli((28, 28, 1)),
    )
    x = np.random.default_rng(0).uniform(size=[300, 28, 28, 1])
    found = evaluate.sample_quality(vae, x[:200], x[200:], "fashion_mnist", num_samples=100)
    network = evaluate.FeatureNetwork.load("fashion_mnist")
    assert found["network"] == network.name
    expected = evaluate.frechet_distance(network(vae.sample(100, seed=0)), network(x[:200]))
    assert found["samples"]["frechet_distance"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"num_samples": 501}, "`x_test` has 500 images, fewer than the 501 samples"),
        ({"num_samples": 1001}, "`x_train` has 1000 images"),
        ({"num_samples": 0}, "`num_samples` must be a whole number"),
        ({"network": "imagenet"}, "no feature network for 'imagenet'"),
        ({"network": "mnist"}, "the feature networks read grey images"),
        ({"network": lambda x: x[:, 0, 0, 0]}, "must be numbers of shape"),
    ],
)
def test_what_cannot_be_measured_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        quality(Sampler(lambda n, seed: images(n, 50)), **arguments)
