"""Divergences in closed form against sampling, against TFP, and against linear algebra."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tfvae.divergence import closed_form_kl, kl_by_dimension
from tfvae.families import DiagonalNormal, FullNormal
from tfvae.priors import MixtureOfGaussians, StandardNormal

tfd = tfp.distributions
SIZE = 3


def posterior(kind, dtype="float32"):
    random = np.random.RandomState(0)
    loc = tf.constant(random.normal(size=(4, SIZE)), dtype)
    scale = random.uniform(0.2, 2, (4, SIZE))
    if kind == "diagonal":
        return tfd.MultivariateNormalDiag(loc, tf.constant(scale, dtype))
    scale_tril = np.tril(random.normal(size=(4, SIZE, SIZE)), -1) + np.eye(SIZE) * scale[..., None]
    return tfd.MultivariateNormalTriL(loc, tf.constant(scale_tril, dtype))


def prior(kind, dtype="float32"):
    if kind == "standard":
        return tfd.MultivariateNormalDiag(tf.zeros(SIZE, dtype), tf.ones(SIZE, dtype))
    random = np.random.RandomState(1)
    loc, scale = random.normal(size=SIZE), random.uniform(0.5, 3, SIZE)
    return tfd.MultivariateNormalDiag(tf.constant(loc, dtype), tf.constant(scale, dtype))


pairs = pytest.mark.parametrize(
    ("q", "p"), [(q, p) for q in ("diagonal", "full") for p in ("standard", "shifted")]
)


@pairs
def test_closed_form_against_sampling(q, p):
    q, p, count = posterior(q, "float64"), prior(p, "float64"), 200_000
    z = q.sample(count, seed=0)
    draws = (q.log_prob(z) - p.log_prob(z)).numpy()
    error = draws.std(0) / np.sqrt(count)
    value = closed_form_kl(q, p).numpy()
    assert value.shape == (4,)
    assert (np.abs(value - draws.mean(0)) < 5 * error).all()
    # The other direction is another number.
    assert (np.abs(value - tfd.kl_divergence(p, q).numpy()) > 10 * error).all()


@pairs
def test_closed_form_against_linear_algebra(q, p):
    q, p = posterior(q), prior(p)
    expected = []
    for loc, spread in zip(q.mean().numpy(), q.covariance().numpy().astype("float64"), strict=True):
        precision = np.diag(1 / p.stddev().numpy().astype("float64") ** 2)
        shift = loc - p.mean().numpy()
        volume = np.linalg.slogdet(spread)[1] + np.linalg.slogdet(precision)[1]
        trace = np.trace(precision @ spread)
        expected.append(0.5 * (trace + shift @ precision @ shift - SIZE - volume))
    np.testing.assert_allclose(closed_form_kl(q, p), expected, rtol=2e-5)


@pytest.mark.parametrize("p", ["standard", "shifted"])
def test_dimensions_sum_to_the_divergence(p):
    q, p = posterior("diagonal"), prior(p)
    by_dimension = kl_by_dimension(q, p)
    assert by_dimension.shape == (4, SIZE)
    total = tf.reduce_sum(by_dimension, axis=-1)
    np.testing.assert_allclose(total, tfd.kl_divergence(q, p), rtol=1e-5)
    for d in range(SIZE):
        one = tfd.Normal(q.mean()[:, d], q.stddev()[:, d])
        other = tfd.Normal(p.mean()[d], p.stddev()[d])
        expected = tfd.kl_divergence(one, other)
        np.testing.assert_allclose(by_dimension[:, d], expected, rtol=1e-4, atol=1e-6)


def test_a_posterior_equal_to_the_prior_costs_nothing():
    q = tfd.MultivariateNormalDiag(tf.zeros([2, SIZE]), tf.ones([2, SIZE]))
    np.testing.assert_allclose(kl_by_dimension(q, prior("standard")), 0.0, atol=1e-7)


def test_only_diagonal_gaussians_have_a_divergence_of_each_dimension():
    full, diagonal = posterior("full"), posterior("diagonal")
    assert kl_by_dimension(full, prior("standard")) is None
    assert kl_by_dimension(diagonal, full) is None


@pytest.mark.parametrize("covariance", ["diagonal", "full"])
@pytest.mark.parametrize("q", ["diagonal", "full"])
def test_a_mixture_has_no_closed_form(q, covariance):
    mixture = MixtureOfGaussians(2, covariance)
    mixture.build((None, SIZE))
    assert kl_by_dimension(posterior(q), mixture.distribution()) is None
    assert closed_form_kl(posterior(q), mixture.distribution()) is None


@pytest.mark.parametrize("kind", [DiagonalNormal, FullNormal])
def test_our_gaussians_and_the_standard_prior_have_one(kind):
    family, standard = kind(SIZE), StandardNormal()
    standard.build((None, SIZE))
    features = tf.constant(np.random.RandomState(0).normal(size=(4, 6)), tf.float32)
    q = family.distribution(family(features))
    value = closed_form_kl(q, standard.distribution())
    np.testing.assert_allclose(value, tfd.kl_divergence(q, standard.distribution()), rtol=1e-5)
    assert (kl_by_dimension(q, standard.distribution()) is not None) == (kind is DiagonalNormal)
