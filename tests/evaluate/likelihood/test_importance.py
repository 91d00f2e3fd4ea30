"""Importance sampling against exact evidence, and its quality against the formulas."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

import tfvae
from tests.test_linear_gaussian import data, exact_model, truth_for
from tfvae import evaluate, families, posteriors
from tfvae.evaluate.likelihood.importance import estimate_of
from tfvae.random import draw
from tfvae.weighing import WeightSums

TRUTH = truth_for(families.FullNormal)


def model(widen=1.0, shift=0.0):
    return exact_model(families.FullNormal, TRUTH, widen, shift)


def summed(log_weight, parts):
    """The sums of weights `[S, B]`, added in so many parts."""
    sums = WeightSums.of_none(log_weight.shape[1])
    for part in np.array_split(log_weight, parts):
        sums = sums.with_log_weights(tf.constant(part), tf.constant(part))
    return sums


@pytest.mark.parametrize("level", [0.0, -5000.0, 3000.0])
@pytest.mark.parametrize("parts", [1, 7, 50])
def test_sums_in_parts_are_the_formulas_at_once(level, parts):
    log_weight = level + np.random.default_rng(0).normal(0, 3, [50, 4])
    found = estimate_of(summed(log_weight, parts), 50)
    expected = special.logsumexp(log_weight, axis=0) - np.log(50)
    np.testing.assert_allclose(found.log_likelihood, expected, rtol=1e-13, atol=1e-12)
    weight = np.exp(log_weight - level)
    size = weight.sum(0) ** 2 / (weight**2).sum(0)
    np.testing.assert_allclose(found.effective_sample_size, size, rtol=1e-9)
    # The delta method: the standard error of the mean weight, over that mean.
    error = weight.std(0, ddof=1) / np.sqrt(50) / weight.mean(0)
    np.testing.assert_allclose(found.standard_error, error, rtol=1e-9)
    mean = np.asarray(summed(log_weight, parts).sum_of_logs) / 50
    np.testing.assert_allclose(mean, log_weight.mean(0), rtol=1e-13, atol=1e-12)


def test_weights_that_are_equal_alone_or_nothing():
    equal = estimate_of(summed(np.full([20, 3], -700.0), 3), 20)
    np.testing.assert_allclose(equal.effective_sample_size, 20.0)
    np.testing.assert_allclose(equal.standard_error, 0.0, atol=1e-7)
    alone = estimate_of(summed(np.array([[-3.0, 5.0]]), 1), 1)
    np.testing.assert_array_equal(alone.log_likelihood, [-3.0, 5.0])
    np.testing.assert_allclose(alone.effective_sample_size, 1.0)
    assert np.isnan(alone.standard_error).all()
    one = estimate_of(summed(np.array([[0.0], [-900.0], [-900.0]]), 1), 3)
    np.testing.assert_allclose([one.effective_sample_size[0], one.standard_error[0]], 1.0)
    nothing = estimate_of(summed(np.full([4, 1], -np.inf), 2), 4)
    assert nothing.log_likelihood[0] == -np.inf
    assert np.isnan(nothing.effective_sample_size[0])


def test_at_the_exact_posterior_every_sample_counts():
    x = data(TRUTH, 6)
    # At most 341 are decoded at once.
    found = evaluate.importance_sampling(model(), x, num_samples=800)
    np.testing.assert_allclose(found.log_likelihood, TRUTH.evidence.logpdf(x), atol=1e-4)
    np.testing.assert_allclose(found.effective_sample_size, 800.0, rtol=1e-6)
    assert (found.standard_error < 1e-4).all()


def test_it_is_the_log_likelihood_of_the_model():
    x, vae = data(TRUTH, 9), model(1.2)
    found = evaluate.importance_sampling(vae, x, num_samples=70, seed=5, batch_size=4)
    expected = vae.log_likelihood(x, num_samples=70, seed=5, batch_size=4)
    np.testing.assert_array_equal(found.log_likelihood, expected)
    assert found.log_likelihood.dtype == np.float64
    other = evaluate.importance_sampling(vae, x, num_samples=70, seed=6, batch_size=4)
    assert np.abs(other.log_likelihood - expected).max() > 1e-3


def test_memory_does_not_grow_with_the_samples(monkeypatch):
    vae, x, sizes = model(1.2), data(TRUTH, 6), []
    log_prob = vae.likelihood.log_prob

    def watched(parameters, x):
        scored = log_prob(parameters, x)
        note = tf.py_function(lambda size: sizes.append(int(size)), [tf.size(scored)], [])
        with tf.control_dependencies([note]):
            return tf.identity(scored)

    monkeypatch.setattr(vae.likelihood, "log_prob", watched)
    evaluate.importance_sampling(vae, x, num_samples=1000)
    assert (sum(sizes), max(sizes)) == (6 * 1000, 2048 // 6 * 6)


def test_pseudo_inputs_are_encoded_once_for_all_samples(monkeypatch):
    vae = tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=families.DiagonalNormal(2),
        prior=tfvae.priors.VampPrior(5, seed=0),
        likelihood=families.Bernoulli((4,)),
    )
    x, counts = np.eye(4, dtype="float32"), []
    expected = vae.log_likelihood(x, num_samples=2000)
    encoded = vae.prior._encoded

    def counted():
        with tf.control_dependencies([tf.py_function(lambda: counts.append(1), [], [])]):
            return tf.nest.map_structure(tf.identity, encoded())

    monkeypatch.setattr(vae.prior, "_encoded", counted)
    vae.forget_traces()
    np.testing.assert_allclose(vae.log_likelihood(x, num_samples=2000), expected, rtol=1e-6)
    assert len(counts) == 1
    # Afterwards it is made anew at each use, as weights may have changed.
    assert vae.prior.evaluated() is not vae.prior.evaluated()


def repeated(count):
    """One example many times, and its evidence: each row draws noise of its own."""
    x = data(TRUTH, 2)[:1]
    return np.repeat(x, count, axis=0), float(TRUTH.evidence.logpdf(x)[()])


@pytest.mark.parametrize("num_samples", [1, 5])
def test_the_mean_of_the_weights_is_unbiased(num_samples):
    x, evidence = repeated(3000)
    vae = model(1.4, 0.1)
    ratios = []
    for seed in range(3):
        found = evaluate.importance_sampling(vae, x, num_samples, seed, batch_size=1000)
        ratios.append(np.exp(found.log_likelihood - evidence))
    ratio = np.concatenate(ratios)
    assert abs(ratio.mean() - 1.0) < 4 * ratio.std() / np.sqrt(ratio.size)
    # Its logarithm is not: a bound, of so many samples.
    assert np.log(ratio).mean() < -4 * np.log(ratio).std() / np.sqrt(ratio.size)


def test_standard_errors_are_those_over_seeds():
    x, evidence = repeated(1000)
    found = evaluate.importance_sampling(model(1.4, 0.1), x, num_samples=500, batch_size=500)
    score = (found.log_likelihood - evidence) / found.standard_error
    assert abs(score.mean()) < 0.25
    assert 0.9 < score.std() < 1.1
    assert 0.02 < found.standard_error.mean() < 0.2


def test_a_mixture_weighs_each_sample_over_all_of_its_parts():
    vae = tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=posteriors.MixtureOfGaussians(2, 3),
        likelihood=families.Bernoulli((4,)),
    )
    x = np.array([[0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]], "float32")
    noise = draw(vae.latents.noise(), [40, 2], [0, 1])
    trace = vae.trace(x, x, noise)
    share, ratio = np.exp(trace.inference.log_w), np.exp(np.float64(trace.log_ratio))
    assert share.shape == (3, 1, 2)
    weight = (share * ratio).sum(0)
    found = estimate_of(WeightSums.of_none(2).with_trace(trace), 40)
    size = weight.sum(0) ** 2 / (weight**2).sum(0)
    np.testing.assert_allclose(found.effective_sample_size, size, rtol=1e-5)
    np.testing.assert_allclose(found.log_likelihood, np.log(weight.mean(0)), rtol=1e-6)


def test_few_effective_samples_are_told_of():
    x = data(TRUTH, 20)
    with pytest.warns(
        RuntimeWarning, match=r"100 % .* 200 importance samples are worth fewer than"
    ):
        found = evaluate.importance_sampling(model(0.3, 2.0), x, num_samples=200)
    assert np.median(found.effective_sample_size) < 10
    assert found.share_too_small == 1.0
    with pytest.warns(RuntimeWarning, match="fewer than 5 "):
        evaluate.importance_sampling(model(0.3, 2.0), x, num_samples=10)
    # Of so few a bound is asked for; and a good posterior gives no reason to warn.
    evaluate.importance_sampling(model(0.3, 2.0), x, num_samples=9)
    assert evaluate.importance_sampling(model(), x, num_samples=50).share_too_small == 0.0


def test_a_posterior_that_is_a_point_has_no_weights():
    networks = tfvae.encoders.MLP((8,)), tfvae.decoders.MLP((8,))
    vae = tfvae.models.AE(*networks, 2, families.Bernoulli((4, 4, 1)))
    with pytest.raises(ValueError, match="is a point, which has none"):
        evaluate.importance_sampling(vae, np.zeros([2, 4, 4, 1]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_samples": 0}, "`num_samples` must be a whole number"),
        ({"batch_size": 0}, "`batch_size` must be a whole number"),
        ({"seed": 0.5}, "seed must be an integer"),
    ],
)
def test_arguments_that_mean_nothing(arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluate.importance_sampling(model(), data(TRUTH, 2), **arguments)
