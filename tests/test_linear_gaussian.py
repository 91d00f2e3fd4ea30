"""The linear Gaussian model, whose evidence and posterior are known exactly.

With p(z) = N(0, I) and p(x|z) = N(W z + b, s^2 I), the evidence is N(b, W W^T + s^2 I) and the
posterior is N(M^-1 W^T (x - b) / s^2, M^-1) with M = I + W^T W / s^2 (Tipping and Bishop 1999).
Given that posterior every importance weight p(x, z) / q(z|x) is p(x), whatever z.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

import tfvae
from tests.gaussian_data import draws, orthonormal
from tfvae import random

PIXELS, SIZE, SCALE = 6, 2, 0.4
# Relative to densities of a few nats.
PRECISION = {"float32": 2e-5, "float64": 1e-12}
posteriors = pytest.mark.parametrize(
    "kind", [tfvae.families.DiagonalNormal, tfvae.families.FullNormal]
)


class Truth:
    """Weights of a linear model, and what follows from them; `[P, D]` and `[P]`."""

    def __init__(self, loadings, loc, scale):
        self.loadings, self.loc, self.scale = loadings, loc, scale
        self.evidence = stats.multivariate_normal(
            loc, loadings @ loadings.T + scale**2 * np.eye(len(loc))
        )
        precision = np.eye(loadings.shape[1]) + loadings.T @ loadings / scale**2
        self.covariance = np.linalg.inv(precision)
        self.regression = loadings @ self.covariance / scale**2  # z = (x - loc) @ regression

    def posterior(self, x):
        return (x - self.loc) @ self.regression


def truth_for(kind):
    generator = np.random.RandomState(0)
    loadings = generator.normal(size=(PIXELS, SIZE))
    if kind is tfvae.families.DiagonalNormal:
        # Orthogonal columns: only then is the exact posterior diagonal.
        loadings = orthonormal(loadings) * [2.0, 0.7]
    return Truth(loadings, generator.normal(size=PIXELS), SCALE)


def raw_scale(scale):
    """What a head must give for the family to make this scale of it."""
    return np.log(np.expm1(scale - 1e-6)) - np.log(np.e - 1)


def assign(projection, kernel, bias):
    projection.dense.kernel.assign(kernel)
    projection.dense.bias.assign(bias)


def exact_model(kind, truth, widen=1.0, shift=0.0, objective=None):
    """The model with these weights and their exact posterior, or one that is off by a known bit."""
    vae = tfvae.VAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP(()),
        posterior=kind(SIZE),
        likelihood=tfvae.families.Normal((PIXELS,), "shared"),
        objective=objective,
    )
    assign(vae.likelihood.projections["loc"], truth.loadings.T, truth.loc)
    vae.likelihood.log_scale.assign(np.log(truth.scale))
    heads = vae.latents.posterior.family.projections
    assign(heads["loc"], truth.regression, shift - truth.loc @ truth.regression)
    scale_tril = widen * np.linalg.cholesky(truth.covariance)
    nothing = np.zeros([PIXELS, 1])
    assign(heads["scale"], np.tile(nothing, SIZE), raw_scale(np.diag(scale_tril)))
    if "off_diagonal" in heads:
        assign(heads["off_diagonal"], nothing, scale_tril[np.tril_indices(SIZE, -1)])
    return vae


def data(truth, count, seed=1):
    return draws(truth.evidence, count, np.random.RandomState(seed))


def noise_for(vae, samples, count, seed=0):
    dtype = vae.likelihood.density_dtype
    return random.draw(vae.latents.noise(), (samples, count), (seed, 0), dtype)


@posteriors
@pytest.mark.parametrize("dtype", PRECISION)
def test_every_importance_weight_is_the_evidence(kind, dtype):
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    truth = truth_for(kind)
    x, vae = data(truth, 5), exact_model(kind, truth)
    expected = truth.evidence.logpdf(x)
    trace = vae.trace(tf.constant(x, dtype), tf.constant(x, dtype), noise_for(vae, 50, 5))
    assert trace.log_ratio.dtype == dtype
    tolerance = {"rtol": PRECISION[dtype], "atol": 5 * PRECISION[dtype]}
    np.testing.assert_allclose(trace.log_ratio[0], np.tile(expected, (50, 1)), **tolerance)
    # So every bound is the evidence itself.
    loss = tfvae.objectives.IWAE(50).loss(trace)
    np.testing.assert_allclose(-loss, expected, **tolerance)
    one = {name: value[0] for name, value in noise_for(vae, 1, 5).items()}
    np.testing.assert_allclose(vae.elbo_from(tf.constant(x, dtype), one), expected, **tolerance)


@posteriors
def test_verbs_give_the_evidence(kind):
    truth = truth_for(kind)
    x, vae = data(truth, 6), exact_model(kind, truth)
    expected = truth.evidence.logpdf(x)
    # Of 800, at most 341 are decoded at once.
    for samples in (1, 7, 800):
        value = vae.log_likelihood(x, num_samples=samples)
        np.testing.assert_allclose(value, expected, rtol=2e-5, atol=1e-4)
    np.testing.assert_allclose(vae.encode(x).mean(), truth.posterior(x), atol=1e-4)
    np.testing.assert_allclose(vae.encode(x).covariance()[0], truth.covariance, atol=1e-5)
    # The rate is in closed form, the distortion is sampled: equal only on average.
    np.testing.assert_allclose(vae.elbo(x, num_samples=20_000), expected, atol=0.05)


@posteriors
def test_the_gap_of_the_elbo_is_the_divergence_from_the_exact_posterior(kind):
    truth = truth_for(kind)
    widen, shift, x = 1.5, 0.2, data(truth, 6)
    vae = exact_model(kind, truth, widen, shift)
    # KL(N(loc + shift, widen^2 S), N(loc, S)) with S the exact covariance.
    distance = np.full(SIZE, shift) @ np.linalg.solve(truth.covariance, np.full(SIZE, shift))
    gap = 0.5 * (SIZE * (widen**2 - 1 - 2 * np.log(widen)) + distance)
    value = vae.elbo(x, num_samples=20_000)
    np.testing.assert_allclose(truth.evidence.logpdf(x) - value, gap, atol=0.1)


@posteriors
def test_the_bound_rises_to_the_evidence_with_more_samples(kind):
    truth = truth_for(kind)
    count, x = 400, data(truth, 400)
    vae = exact_model(kind, truth, widen=1.5, shift=0.2)
    x = tf.constant(x, tf.float32)
    evidence = truth.evidence.logpdf(x).mean()
    bounds = []
    for samples in (1, 2, 5, 20, 100, 1000):
        trace = vae.trace(x, x, noise_for(vae, samples, count))
        bounds.append(-float(tf.reduce_mean(tfvae.objectives.IWAE(samples).loss(trace))))
    assert (np.diff(bounds) > 0).all()
    assert bounds[0] < evidence - 0.3
    assert bounds[-1] == pytest.approx(evidence, abs=0.01)


@posteriors
def test_importance_weights_are_unbiased_whatever_the_posterior(kind):
    truth = truth_for(kind)
    x, vae = data(truth, 4), exact_model(kind, truth, widen=1.3, shift=0.1)
    trace = vae.trace(x, x, noise_for(vae, 20_000, 4))
    ratio = np.exp(trace.log_ratio.numpy()[0] - truth.evidence.logpdf(x))
    assert (np.abs(ratio.mean(0) - 1) < 5 * ratio.std(0) / np.sqrt(len(ratio))).all()


@posteriors
def test_log_likelihood_is_within_its_own_error(kind):
    truth = truth_for(kind)
    x, vae = data(truth, 50), exact_model(kind, truth, widen=1.3, shift=0.1)
    difference = vae.log_likelihood(x, num_samples=500, seed=3) - truth.evidence.logpdf(x)
    # The weights' relative standard deviation, measured on other noise.
    trace = vae.trace(x, x, noise_for(vae, 500, 50, seed=9))
    ratio = np.exp(trace.log_ratio.numpy()[0] - truth.evidence.logpdf(x))
    error = ratio.std(0) / np.sqrt(500)
    assert (np.abs(difference) < 6 * error).all()
    assert 0.5 < np.sqrt((difference**2).mean() / (error**2).mean()) < 1.5


@pytest.mark.parametrize(
    "objective", [tfvae.objectives.ELBO(), tfvae.objectives.IWAE(5)], ids=["elbo", "iwae"]
)
def test_at_the_exact_posterior_the_gradient_is_that_of_the_evidence(objective):
    kind = tfvae.families.FullNormal
    truth, samples = truth_for(kind), 5000
    x, vae = data(truth, 8), exact_model(kind, truth)
    head = vae.likelihood.projections["loc"].dense
    weights = [head.kernel.value, head.bias.value, vae.likelihood.log_scale.value]
    x = tf.constant(x, tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        kernel, loc, log_scale = weights
        spread = tf.transpose(kernel) @ kernel + tf.exp(2 * log_scale) * tf.eye(PIXELS)
        inverse = tf.linalg.inv(spread)
        quadratic = tf.einsum("ni,ij,nj->n", x - loc, inverse, x - loc)
        evidence = tf.reduce_mean(-0.5 * (quadratic + tf.linalg.slogdet(spread)[1]))
        trace = vae.trace(x, x, noise_for(vae, samples, 8))
        bound = -tf.reduce_mean(objective.loss(trace))
    for weight in weights:
        expected, found = tape.gradient(evidence, weight), tape.gradient(bound, weight)
        largest = np.abs(expected).max()
        np.testing.assert_allclose(found, expected, atol=0.05 * largest + 0.02)


def scaled_digits():
    """scikit-learn's digits, each pixel less its mean, in units of four of its sixteen greys."""
    pixels = load_digits().data
    return ((pixels - pixels.mean(0)) / 4).astype("float32")


def trained(kind, size, epochs, rate):
    """A linear model trained by `fit` on the digits from its random start."""
    x = scaled_digits()
    vae = tfvae.VAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP(()),
        posterior=kind(size),
        likelihood=tfvae.families.Normal((x.shape[1],), "shared"),
    )
    # Ten passes make an epoch here: so small an epoch costs more than its steps.
    tenfold = np.tile(x, (10, 1))
    steps = epochs * -(-len(tenfold) // 600)
    vae.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps)))
    vae.fit(tenfold, batch_size=600, epochs=epochs, verbose=0)
    return vae, x


def assert_it_is_pca(vae, x, size):
    """Its evidence, in closed form and by its own verbs, is that of probabilistic PCA."""
    best = PCA(size).fit(x).score(x)
    head = vae.likelihood.projections["loc"].dense
    loadings = head.kernel.numpy().T.astype("float64")
    truth = Truth(loadings, head.bias.numpy(), float(np.exp(vae.likelihood.log_scale.numpy())))
    evidence = truth.evidence.logpdf(x).mean()
    # PCA divides the covariance by N - 1, and so is itself below the optimum by a hair.
    assert best - 0.05 < evidence < best + 1e-3
    assert vae.elbo(x, num_samples=20).mean() == pytest.approx(best, abs=0.05)
    assert vae.log_likelihood(x, num_samples=50).mean() == pytest.approx(best, abs=0.05)


def test_trained_from_scratch_it_is_pca():
    vae, x = trained(tfvae.families.DiagonalNormal, 2, epochs=6, rate=0.1)
    assert_it_is_pca(vae, x, 2)


@pytest.mark.slow
@posteriors
def test_trained_for_longer_it_is_pca_of_more_components(kind):
    vae, x = trained(kind, 6, epochs=60, rate=0.05)
    assert_it_is_pca(vae, x, 6)
