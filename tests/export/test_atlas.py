"""The map that the explorer draws: axes, points and scores of the aggregated posterior."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA

import tfvae
from tests.export.explorers import CLASSES, colours, numbers, vectors
from tests.export.models import COMPONENTS, COVERING, EVENT, LATENT_SIZE, SMALLEST, build, images
from tfvae.export import ExportError
from tfvae.export.atlas import MAX_COMPONENTS, atlas


@pytest.fixture
def mixture() -> tfvae.VAE:
    return build(COVERING[0])


def test_the_axes_are_the_principal_components_of_latents(mixture: tfvae.VAE) -> None:
    x = images(500)
    latent = atlas(mixture, x)["latent"]
    axes, scales = np.array(latent["axes"]), np.array(latent["scales"])
    np.testing.assert_allclose(axes @ axes.T, np.eye(LATENT_SIZE), atol=1e-5)
    # Other draws from the same posteriors: equal but for the error of 500 of them.
    draws = mixture.encode(x).sample(seed=1).numpy()
    other = PCA().fit(draws)
    np.testing.assert_allclose(scales**2, other.explained_variance_, rtol=0.35)
    error = np.sqrt(other.explained_variance_[0] / len(x))
    np.testing.assert_allclose(latent["centre"], draws.mean(axis=0), atol=6.0 * error)
    assert latent["point"] == "loc"


def test_coordinates_are_in_standard_deviations(mixture: tfvae.VAE) -> None:
    found = atlas(mixture, images(400))["points"]
    coordinates = np.array(found["coordinates"])
    np.testing.assert_allclose(coordinates.mean(axis=0), 0.0, atol=0.01)
    np.testing.assert_allclose(coordinates.std(axis=0), 1.0, atol=0.01)
    np.testing.assert_array_equal(found["components"], mixture.cluster(images(400)))


def test_the_scores_are_those_of_python(mixture: tfvae.VAE) -> None:
    x = images(200)
    percentiles = atlas(mixture, x)["scores"]["percentiles"]
    (name,) = mixture.latents.noise()
    noise = {name: np.zeros([200, LATENT_SIZE], np.float32)}
    expected = -mixture.elbo_from(x, noise).numpy()
    np.testing.assert_allclose(percentiles, np.percentile(expected, range(101)), rtol=1e-5)


def test_each_component_has_a_latent_at_its_middle(mixture: tfvae.VAE) -> None:
    found = atlas(mixture, images(20))["components"]
    assert found["count"] == COMPONENTS
    expected = mixture.prior.distribution().components_distribution.mean()
    np.testing.assert_allclose(found["latents"], np.reshape(expected, [COMPONENTS, -1]), rtol=1e-5)


def test_a_model_of_very_many_components_has_no_button_for_each() -> None:
    vae = build(SMALLEST)
    vae = tfvae.VAE(
        vae.encoder,
        vae.decoder,
        posterior=tfvae.families.DiagonalNormal(LATENT_SIZE),
        prior=tfvae.priors.MixtureOfGaussians(MAX_COMPONENTS + 1),
        likelihood=tfvae.families.Bernoulli(EVENT),
    )
    assert atlas(vae)["components"] == {"count": MAX_COMPONENTS + 1, "latents": None}


@pytest.mark.parametrize(
    ("make", "x"),
    [
        (lambda: build(COVERING[2]), None),
        (vectors, numbers((5,))),
        (colours, {"x": numbers((4, 6, 3)), "condition": np.arange(40) % CLASSES}),
        (vectors, np.zeros([3, 5], np.float32)),
    ],
    ids=["own samples", "vectors", "condition", "constant"],
)
def test_every_model_has_one_that_json_holds(make: Callable[[], Any], x: Any) -> None:
    vae = make()
    found = atlas(vae, x)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    size = int(np.prod(vae.input_shape))
    assert {len(values) for values in found["examples"]["x"]} == {size}
    assert found["event"]["low"] < found["event"]["high"]
    assert found["event"]["image"] == (len(vae.input_shape) > 1)
    latent_size = int(np.prod(vae.latents.event_shape))
    assert np.shape(found["latent"]["axes"])[1] == len(found["latent"]["centre"]) == latent_size
    if isinstance(x, dict):
        assert found["side"] == {"condition": [0]}
        assert found["examples"]["condition"][:3] == [[0], [1], [2]]


def test_latents_that_do_not_vary_have_axes_all_the_same() -> None:
    vae = tfvae.models.AE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        latent_size=2,
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
    )
    latent = atlas(vae, np.zeros([5, 4, 4, 1], np.float32))["latent"]
    assert latent["axes"] == np.eye(2).tolist() and latent["scales"] == [1.0, 1.0]


def test_the_ground_of_an_image_is_what_lies_at_its_border() -> None:
    x = np.full([10, *EVENT], 0.75, np.float32)
    x[:, 2:6, 2:5] = 0.1
    event = atlas(build(COVERING[2]), x)["event"]
    assert event["background"] == 0.75
    np.testing.assert_allclose([event["low"], event["high"]], [0.1, 0.75])


def test_what_is_no_example_is_refused(mixture: tfvae.VAE) -> None:
    with pytest.raises(ExportError, match="examples"):
        atlas(mixture, np.zeros([3, 5, 5, 1]))
