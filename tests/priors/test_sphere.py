"""The uniform prior on the sphere, and what goes with it."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, special, stats

import tfvae
from tfvae import families, priors, random

LIKELIHOOD = families.Bernoulli((4, 4, 1))


def built(size):
    prior = priors.UniformSphere()
    prior.build((None, size))
    return prior


def model(posterior, prior):
    return tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=posterior,
        prior=prior,
        likelihood=families.Bernoulli((4, 4, 1)),
    )


@pytest.mark.parametrize("size", [2, 3, 10, 128])
def test_the_density_is_one_over_the_area(size):
    z = np.random.RandomState(0).normal(size=(4, 5, size))
    z = tf.constant(z / np.linalg.norm(z, axis=-1, keepdims=True), tf.float32)
    expected = special.gammaln(size / 2) - np.log(2) - size / 2 * np.log(np.pi)
    prior = built(size)
    for found in (prior.log_prob(z), prior(z), prior.distribution().log_prob(z)):
        np.testing.assert_allclose(found, np.full((4, 5), expected), rtol=1e-6)


@pytest.mark.parametrize("size", [2, 3, 7])
def test_draws_are_uniform(size):
    prior, count = built(size), 20_000
    z = prior.sample(random.draw(prior.noise(), (count,), (0, 1))).numpy()
    np.testing.assert_allclose(np.linalg.norm(z, axis=-1), 1.0, atol=1e-6)
    axis = np.ones(size) / np.sqrt(size)
    # Of uniform points, (1 + cos) / 2 has this beta distribution along any axis.
    half = 0.5 * (size - 1)
    assert stats.kstest((1 + z @ axis) / 2, stats.beta(half, half).cdf).pvalue > 1e-3


def test_it_has_no_components():
    with pytest.raises(ValueError, match="the uniform prior has no components"):
        built(2).sample({"z": tf.zeros([1, 2])}, component=tf.zeros([1], tf.int32))


@pytest.mark.parametrize("shape", [(1,), (3, 2)])
def test_what_has_no_sphere_is_refused(shape):
    with pytest.raises(ValueError, match="vectors of at least 2 dimensions"):
        priors.UniformSphere().build((None, *shape))


@pytest.mark.parametrize(
    ("posterior", "prior"),
    [
        (families.DiagonalNormal(3), priors.UniformSphere()),
        (families.VonMisesFisher(3), None),
        (families.PowerSpherical(3), priors.MixtureOfGaussians(2)),
    ],
)
def test_a_posterior_that_is_not_where_the_prior_is_is_refused(posterior, prior):
    with pytest.raises(ValueError, match=r"`tfvae\.priors\.UniformSphere\(\)` goes with"):
        model(posterior, prior)


def test_a_named_model_takes_posteriors_on_the_sphere_alone():
    networks = tfvae.encoders.MLP((8,)), tfvae.decoders.MLP((8,))
    with pytest.raises(ValueError, match="over the unit sphere, but the posterior over the vec"):
        tfvae.models.SphericalVAE(*networks, families.FullNormal(2), LIKELIHOOD)


def test_the_bound_is_below_the_evidence_on_the_circle():
    # log p(x) by the trapezoid rule over the circle, which is exact for periodic functions.
    vae = model(families.VonMisesFisher(2), priors.UniformSphere())
    x = tf.constant(np.random.RandomState(0).binomial(1, 0.5, size=(3, 4, 4, 1)), tf.float32)
    angle = np.linspace(0, 2 * np.pi, 4001)
    z = tf.constant(np.stack([np.cos(angle), np.sin(angle)], -1), tf.float32)
    parameters = vae.decode_parameters(z)
    density = np.stack([np.exp(vae.likelihood.log_prob(parameters, one)) for one in x])
    evidence = np.log(integrate.trapezoid(density, angle, axis=1) / (2 * np.pi))
    estimate = vae.log_likelihood(x, num_samples=20_000, seed=0)
    np.testing.assert_allclose(estimate, evidence, atol=0.03)
    assert (vae.elbo(x, num_samples=2000) < evidence + 0.05).all()


def test_a_vamp_prior_of_posteriors_on_the_sphere_integrates_to_one():
    vae = model(families.VonMisesFisher(2), priors.VampPrior(4))
    angle = np.linspace(0, 2 * np.pi, 2001)
    z = tf.constant(np.stack([np.cos(angle), np.sin(angle)], -1), tf.float32)
    density = np.exp(vae.prior.log_prob(z).numpy())
    assert integrate.trapezoid(density, angle) == pytest.approx(1.0, abs=1e-4)
    drawn = vae.prior.sample(random.draw(vae.prior.noise(), (20,), (0, 0)))
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=-1), 1.0, atol=1e-6)
