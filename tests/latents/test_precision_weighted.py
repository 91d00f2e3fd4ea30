"""The level of the ladder VAE: a product of two Gaussians, and a chain of levels."""

import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tests.latents.test_ladder import data, model, network, noise_for
from tfvae.latents import Ladder, PrecisionWeighted

Normal = tfvae.families.DiagonalNormal


def ladder():
    return Ladder(
        [
            PrecisionWeighted(Normal(3), down=network(5), posterior=network(4)),
            PrecisionWeighted(Normal(2), down=network(4)),
            PrecisionWeighted(Normal(2)),
        ]
    )


def test_the_posterior_is_the_product_of_the_prior_and_of_a_gaussian():
    vae, x = model(ladder()), data()
    parameters = vae.infer_parameters(x)
    inference = vae.latents.infer(parameters, noise_for(vae, 2, 5))
    for number in (1, 2):
        own = {name: parameters[f"{name}_{number}"] for name in ("loc", "scale")}
        q, p = (group[number - 1] for group in (inference.posteriors, inference.priors))
        likelihood = Normal(q.event_shape[0]).distribution(own)
        points = tf.random.stateless_normal([6, 1, 2, 5, q.event_shape[0]], (0, number))
        # The product's logarithm, up to a constant for each sample and example.
        rest = q.log_prob(points) - p.log_prob(points) - likelihood.log_prob(points)
        np.testing.assert_allclose(rest, np.broadcast_to(rest[:1], rest.shape), atol=1e-3)
        assert np.all(q.stddev() < tf.minimum(p.stddev(), likelihood.stddev()))


def test_precisions_at_the_extremes():
    level = PrecisionWeighted(Normal(2))
    prior = {"loc": tf.constant([[1.0, 2.0]]), "scale": tf.constant([[1e-6, 1e6]])}
    own = {"loc": tf.constant([[5.0, 7.0]]), "scale": tf.constant([[1e6, 1e-6]])}
    found = level.posterior_parameters(None, prior, own)
    np.testing.assert_allclose(found["loc"], [[1.0, 7.0]], rtol=1e-5)
    np.testing.assert_allclose(found["scale"], [[1e-6, 1e-6]], rtol=1e-5)


def test_levels_are_a_chain():
    vae = model(ladder())
    assert vae.latents.decoder_shape == (3,)
    z = tf.random.stateless_normal([4, 7], (0, 0))
    np.testing.assert_array_equal(vae.latents.decoder_input(z, {}), z[:, :3])
    # p(z_1) does not see z_3, given z_2.
    prior = vae.latents.given(z).priors
    other = vae.latents.given(tf.concat([z[:, :5], z[:, 5:] + 1.0], axis=-1)).priors
    np.testing.assert_array_equal(prior[1]["loc"], other[1]["loc"])
    assert np.abs(prior[2]["loc"] - other[2]["loc"]).max() > 1e-3


def test_only_diagonal_gaussians_are_weighed():
    with pytest.raises(ValueError, match="Precisions are weighed coordinate by coordinate"):
        PrecisionWeighted(tfvae.families.FullNormal(2))
