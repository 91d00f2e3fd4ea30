"""Probabilistic PCA and factor analysis, against scikit-learn's closed forms.

With p(z) = N(0, I) and p(x|z) = N(W z + b, P), P diagonal, the exact posterior is
N(S W^T P^-1 (x - b), S) with S = (I + W^T P^-1 W)^-1. Given it, every importance weight is p(x).
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.decomposition import PCA
from sklearn.decomposition import FactorAnalysis as SklearnFactorAnalysis

import tfvae
from tfvae.families import SharedCovarianceNormal
from tfvae.models import FactorAnalysis, ProbabilisticPCA

ELEMENTS, SIZE = 6, 2


def planted(count):
    """Two factors, and noise whose scale differs between elements."""
    random = np.random.RandomState(0)
    loadings = 1.5 * random.normal(size=(ELEMENTS, SIZE))
    noise = random.normal(size=(count, ELEMENTS)) * np.linspace(0.4, 0.8, ELEMENTS)
    loc = random.normal(size=ELEMENTS)
    return (random.normal(size=(count, SIZE)) @ loadings.T + noise + loc).astype("float32")


def principal_components(x, size=SIZE):
    """scikit-learn's fit, its loadings `[P, D]`, and the variance of its noise `[P]`."""
    fit = PCA(size).fit(x)
    excess = np.sqrt(fit.explained_variance_ - fit.noise_variance_)
    return fit, fit.components_.T * excess, np.full(x.shape[1], fit.noise_variance_)


def factors(x, size=SIZE):
    fit = SklearnFactorAnalysis(size, tol=1e-8, max_iter=10_000, svd_method="lapack").fit(x)
    return fit, fit.components_.T, fit.noise_variance_


models = pytest.mark.parametrize(
    ("model", "reference"),
    [(ProbabilisticPCA, principal_components), (FactorAnalysis, factors)],
)


def raw_scale(scale):
    """What a head must give for the family to make this scale of it."""
    return np.log(np.expm1(scale - 1e-6)) - np.log(np.e - 1)


def put_into(vae, loadings, loc, variance):
    """Gives a model these parameters, and the posterior that follows; returns its covariance."""
    head = vae.likelihood.projections["loc"].dense
    head.kernel.assign(loadings.T)
    head.bias.assign(loc)
    log_scale = vae.likelihood.log_scale
    log_scale.assign(np.resize(0.5 * np.log(variance), log_scale.shape))
    weighted = loadings / variance[:, None]
    covariance = np.linalg.inv(np.eye(loadings.shape[1]) + loadings.T @ weighted)
    heads = vae.latents.posterior.family.projections
    heads["loc"].dense.kernel.assign(weighted @ covariance)
    heads["loc"].dense.bias.assign(-loc @ weighted @ covariance)
    scale_tril = np.linalg.cholesky(covariance)
    heads["scale"].value.assign(raw_scale(np.diag(scale_tril)))
    heads["off_diagonal"].value.assign(scale_tril[np.tril_indices(len(scale_tril), -1)])
    return covariance


@models
def test_at_the_optimum_the_model_is_scikit_learns(model, reference):
    x = planted(300)
    fit, loadings, variance = reference(x)
    vae = model(SIZE, (ELEMENTS,))
    covariance = put_into(vae, loadings, fit.mean_, variance)
    # Two samples suffice, since each weight is the evidence.
    found = vae.log_likelihood(x, num_samples=2)
    np.testing.assert_allclose(found, fit.score_samples(x), rtol=2e-5, atol=1e-4)
    np.testing.assert_allclose(vae.encode(x).covariance()[7], covariance, atol=1e-6)
    evidence = vae.decode(np.zeros([1, SIZE])).variance()[0] * np.eye(ELEMENTS)
    evidence += loadings @ loadings.T
    np.testing.assert_allclose(evidence, fit.get_covariance(), rtol=1e-4, atol=1e-5)


def test_the_posterior_of_factors_is_that_of_scikit_learn():
    x = planted(300)
    fit, loadings, variance = factors(x)
    vae = FactorAnalysis(SIZE, (ELEMENTS,))
    put_into(vae, loadings, fit.mean_, variance)
    np.testing.assert_allclose(vae.encode(x).mean(), fit.transform(x), atol=1e-4)


@models
def test_trained_by_fit_the_bound_reaches_the_optimum(model, reference):
    x = planted(200)
    best = reference(x)[0].score(x)
    vae = model(SIZE, (ELEMENTS,))
    vae.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 1000)))
    # Many passes make an epoch: so small an epoch costs more than its steps.
    vae.fit(np.tile(x, (200, 1)), batch_size=len(x), epochs=5, verbose=0)
    assert vae.elbo(x, num_samples=1000).mean() == pytest.approx(best, abs=0.01)
    assert vae.log_likelihood(x, num_samples=100).mean() == pytest.approx(best, abs=0.01)


def test_the_covariance_is_one_for_all_and_learned():
    family = SharedCovarianceNormal(3)
    features = tf.random.stateless_normal([4, 5], (0, 0))
    with tf.GradientTape() as tape:
        parameters = family(features)
        noise = {"z": tf.ones([4, 3])}
        z, log_q = family.reparametrise(parameters, noise)
        loss = tf.reduce_sum(tf.square(z)) + tf.reduce_sum(log_q)
    assert len(np.unique(parameters["loc"].numpy()[:, 0])) == 4
    assert (parameters["scale_tril"].numpy() == parameters["scale_tril"].numpy()[0]).all()
    gradients = tape.gradient(loss, [weight.value for weight in family.weights])
    assert all(np.abs(gradient).max() > 0 for gradient in gradients)
    density = family.distribution(parameters).log_prob(z)
    np.testing.assert_allclose(log_q, density, rtol=1e-5)


@pytest.mark.parametrize("model", [ProbabilisticPCA, FactorAnalysis])
def test_bad_sizes_are_refused(model):
    with pytest.raises(ValueError, match="`latent_size` must be a whole number of at least 1"):
        model(0, (5,))
    with pytest.raises(ValueError, match="`event_shape` must be a whole number"):
        model(2, (5, 0))
    with pytest.raises(ValueError, match=r"exactly one of the two"):
        model(2, (5,), latents=tfvae.latents.Flat(SharedCovarianceNormal(2)))
