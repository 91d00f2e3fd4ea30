"""Examples as rows of numbers, from whatever holds them and whatever the latents are."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.decomposition import PCA

from tests.conformance.conftest import make_variant, rows
from tests.evaluate.told import diagonal_model, gaussians
from tfvae.evaluate.samples.features import features, posterior_means
from tfvae.pipeline import Images


def two_parts():
    random = np.random.RandomState(0)
    return [gaussians(random.uniform(size=(count, 2)), 1.0) for count in (40, 30)]


def test_features_are_means_components_and_the_data_themselves():
    x, x_test = two_parts()
    found = features(diagonal_model(2), x, x_test, batch_size=16)
    np.testing.assert_allclose(found["latents"][0], x[:, :2], rtol=1e-6)
    np.testing.assert_array_equal(found["pixels"][1], x_test)
    pca = PCA(2).fit(x)
    for kind, part in enumerate((x, x_test)):
        np.testing.assert_allclose(
            np.abs(found["pca"][kind]), np.abs(pca.transform(part)), 1e-4, 1e-6
        )


def test_there_are_no_more_components_than_examples():
    x = np.random.RandomState(0).normal(size=(9, 6)).astype("float32")
    assert features(diagonal_model(3), x[:2], x, 16)["pca"][1].shape == (9, 2)


@pytest.mark.parametrize("wrap", [Images, lambda x: tf.data.Dataset.from_tensor_slices(x).batch(9)])
def test_data_may_be_held_in_other_ways(wrap):
    vae, parts = diagonal_model(2), [np.abs(part) / 4 for part in two_parts()]
    expected = features(vae, *parts, 16)
    found = features(vae, *(wrap(part) for part in parts), 16)
    for name in expected:
        for one, other in zip(found[name], expected[name], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "name", ["IAFVAE", "LadderVAE", "SphericalVAE", "MixturePosteriorVAE", "ConditionalVAE"]
)
def test_means_of_every_kind_of_latents(name):
    """The mean of the distribution where it has one; else the point that stands for it."""
    vae, x = make_variant(name)
    x = rows(x, slice(9))
    found, q = posterior_means(vae, x, batch_size=4), vae.encode(x)
    expected = q.mode() if name == "LadderVAE" else q.mean()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert found.shape == (9, *vae.latents.event_shape)


def test_the_mean_of_a_mixture_is_not_its_point():
    vae, x = make_variant("MixturePosteriorVAE")
    means = posterior_means(vae, x, batch_size=64)
    draws = vae.encode(x).sample(4000, seed=0).numpy()
    error = draws.std(axis=0) / np.sqrt(4000)
    assert (np.abs(draws.mean(axis=0) - means) < 5 * error).all()
    assert np.abs(vae.encode(x).mode() - means).max() > 0.01
