"""Units of latent variables against numerical integrals by SciPy."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import integrate, stats

from tests.priors.mixtures import random_mixture, reference_of
from tfvae.evaluate.latents.marginals import factorises, kl_by_unit, marginals
from tfvae.posteriors.mixture_distribution import MixtureDistribution

tfd = tfp.distributions
RANDOM = np.random.RandomState(0)
LOC, SCALE = RANDOM.normal(size=(3, 2)), RANDOM.uniform(0.2, 1.5, size=(3, 2))
# Three posteriors of two components each, [N, K] and [N, K, D].
WEIGHTS = RANDOM.dirichlet([2.0, 2.0], size=3)
LOCS, SCALES = RANDOM.normal(size=(3, 2, 2)), RANDOM.uniform(0.3, 1.2, size=(3, 2, 2))


def gaussian():
    return tfd.MultivariateNormalDiag(tf.constant(LOC, tf.float32), tf.constant(SCALE, tf.float32))


def mixture():
    parts = (np.log(WEIGHTS), LOCS, SCALES)
    return MixtureDistribution(*(tf.constant(part, tf.float32) for part in parts))


def normal_density(n, u):
    return stats.norm(LOC[n, u], SCALE[n, u]).pdf


def mixture_density(n, u):
    return mixed(WEIGHTS[n], LOCS[n, :, u], SCALES[n, :, u])


def mixed(weights, loc, scale):
    """The density of a mixture of normal distributions of one number."""
    return lambda z: stats.norm.pdf(np.asarray(z)[..., None], loc, scale) @ weights


def prior_density(prior, u):
    """That of one coordinate of a mixture of Gaussians."""
    log_weights, loc, scale_tril = reference_of(prior)
    covariance = scale_tril @ np.swapaxes(scale_tril, 1, 2)
    return mixed(np.exp(log_weights), loc[:, u], np.sqrt(covariance[:, u, u]))


def test_marginals_of_a_full_covariance():
    scale_tril = np.tril(RANDOM.normal(size=(4, 3, 3))) + 2 * np.eye(3)
    q = tfd.MultivariateNormalTriL(tf.zeros([4, 3]), tf.constant(scale_tril, tf.float32))
    units = marginals(q)
    covariance = scale_tril @ np.swapaxes(scale_tril, 1, 2)
    expected = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    np.testing.assert_allclose(units.scale, expected, rtol=1e-5)
    assert not factorises(q)


@pytest.mark.parametrize("covariance", ["diagonal", "full"])
def test_marginals_of_a_mixture_integrate_the_other_coordinates_out(covariance):
    prior = random_mixture(3, 2, covariance)
    reference = reference_of(prior)
    units = marginals(prior.distribution())
    assert units.batch_shape == (2,)
    grid = np.linspace(-30, 30, 6001)
    for z in (-1.3, 0.0, 2.1):
        for u in (0, 1):
            points = np.zeros([len(grid), 2])
            points[:, u], points[:, 1 - u] = z, grid
            expected = integrate.trapezoid(np.exp(reference.log_prob(points)), grid)
            found = units.prob(tf.fill([2], z)).numpy()[u]
            assert found == pytest.approx(expected, rel=1e-3)
    assert not factorises(prior.distribution())


def test_marginals_of_a_mixture_for_each_example():
    found = marginals(mixture()).prob(tf.fill([3, 2], 0.4)).numpy()
    for n in range(3):
        for u in range(2):
            assert found[n, u] == pytest.approx(mixture_density(n, u)(0.4), rel=1e-5)


def test_what_has_no_known_marginals():
    sphere = tfd.VonMisesFisher(tf.constant([[0.0, 1.0]]), tf.constant([2.0]))
    assert marginals(sphere) is None
    assert kl_by_unit(sphere, tfd.SphericalUniform(2)) is None


@pytest.mark.parametrize("prior", ["normal", "mixture"])
@pytest.mark.parametrize("posterior", ["normal", "mixture"])
def test_divergence_of_units_is_the_integral(posterior, prior):
    q = gaussian() if posterior == "normal" else mixture()
    density_of_q = normal_density if posterior == "normal" else mixture_density
    prior_mixture = random_mixture(3, 2, "full")
    if prior == "normal":
        p = tfd.MultivariateNormalDiag(tf.zeros([2]), tf.constant([1.0, 2.0]))
        densities = [stats.norm(0, 1).pdf, stats.norm(0, 2).pdf]
    else:
        p = prior_mixture.distribution()
        densities = [prior_density(prior_mixture, u) for u in range(2)]
    found, grid = kl_by_unit(q, p).numpy(), np.linspace(-12, 12, 4001)
    for n in range(3):
        for u in range(2):
            at_q, at_p = density_of_q(n, u)(grid), densities[u](grid)
            integrand = at_q * (np.log(np.maximum(at_q, 1e-300)) - np.log(at_p))
            expected = integrate.trapezoid(integrand, grid)
            assert found[n, u] == pytest.approx(expected, abs=1e-4)


def test_divergence_of_classes_is_in_closed_form():
    logits = tf.constant(RANDOM.normal(size=(5, 2, 4)), tf.float32)
    q = tfd.Independent(tfd.OneHotCategorical(logits), 1)
    p = tfd.Independent(tfd.OneHotCategorical(tf.zeros([2, 4])), 1)
    shares = tf.nn.softmax(logits).numpy()
    expected = (shares * np.log(4 * shares)).sum(-1)
    np.testing.assert_allclose(kl_by_unit(q, p), expected, rtol=1e-5)
    assert factorises(q) and factorises(p)
