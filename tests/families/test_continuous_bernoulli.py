"""The continuous Bernoulli against numerical integration, and against TFP where that is accurate.

The density is exp(l x) / Z(l) with Z(l) the integral of exp(l x) over [0, 1]; mean and variance are
the first two derivatives of log Z.
"""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import integrate

from tfvae.families import ContinuousBernoulli

LOGITS = [0.0, 1e-6, 1e-3, 0.5, 0.999, 1.0, 1.001, 5.0, 50.0, 1000.0]
LOGITS += [-logit for logit in LOGITS if logit]
X = [0.0, 1e-3, 0.3, 0.5, 0.9, 1.0]


def moment(logit, power):
    """The integral of x^power exp(l x) over [0, 1], divided by the density's peak."""
    peak = max(logit, 0.0)
    # The mass lies within a few 1/|l| of one end.
    edge = min(0.5, 40 / max(abs(logit), 1e-9))
    inner = [edge, 1 - edge]

    def weighted(x):
        return x**power * np.exp(logit * x - peak)

    value, error = integrate.quad(weighted, 0, 1, points=inner, epsabs=1e-15, epsrel=1e-12)
    assert error < 1e-10 * max(value, 1e-9)
    return value


def parameters_at(logits):
    return {"logits": tf.constant(logits, tf.float32)[:, None]}


@pytest.mark.parametrize("logit", LOGITS)
def test_density_against_numerical_integration(logit):
    log_normaliser = np.log(moment(logit, 0)) + max(logit, 0.0)
    x = np.array(X)
    ours = ContinuousBernoulli((1,)).log_prob(
        parameters_at([logit] * len(X)), tf.constant(x[:, None], tf.float32)
    )
    # float32 rounds x itself, which a large logit multiplies.
    np.testing.assert_allclose(ours, logit * x - log_normaliser, atol=1e-6 * (1 + abs(logit)))


@pytest.mark.parametrize("logit", LOGITS)
def test_mean_and_its_gradient_against_numerical_integration(logit):
    normaliser, mean = moment(logit, 0), moment(logit, 1) / moment(logit, 0)
    variance = moment(logit, 2) / normaliser - mean**2
    parameters = parameters_at([logit])
    with tf.GradientTape() as tape:
        tape.watch(parameters["logits"])
        value = ContinuousBernoulli((1,)).mean(parameters)
    assert float(value[0, 0]) == pytest.approx(mean, abs=2e-7)
    gradient = tape.gradient(value, parameters["logits"])
    assert float(gradient[0, 0]) == pytest.approx(variance, rel=1e-3, abs=1e-7)


def test_the_gradient_of_the_density_is_the_distance_from_the_mean():
    parameters, x = parameters_at(LOGITS), tf.fill([len(LOGITS), 1], 0.3)
    family = ContinuousBernoulli((1,))
    with tf.GradientTape() as tape:
        tape.watch(parameters["logits"])
        value = family.log_prob(parameters, x)
    gradient = tape.gradient(value, parameters["logits"])
    expected = [[0.3 - moment(logit, 1) / moment(logit, 0)] for logit in LOGITS]
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_density_and_mean_against_tfp_away_from_its_hole():
    logits = [-80.0, -7.0, -1.5, -0.3, 0.3, 1.5, 7.0, 80.0]
    theirs = tfp.distributions.ContinuousBernoulli(logits=np.array(logits)[:, None])
    parameters, family = parameters_at(logits), ContinuousBernoulli((1,))
    for x in X:
        target = tf.fill([len(logits), 1], x)
        expected = theirs.log_prob(np.full([len(logits), 1], x))[:, 0]
        np.testing.assert_allclose(family.log_prob(parameters, target), expected, atol=2e-5)
    np.testing.assert_allclose(family.mean(parameters), theirs.mean(), atol=1e-6)


def test_the_density_integrates_to_one():
    x, width = (np.arange(10_000) + 0.5) / 10_000, 1 / 10_000
    for logit in (-3.0, 0.0, 0.7, 8.0):
        parameters = parameters_at([logit] * len(x))
        target = tf.constant(x[:, None], tf.float32)
        density = np.exp(ContinuousBernoulli((1,)).log_prob(parameters, target))
        assert density.sum() * width == pytest.approx(1.0, abs=1e-5)


def test_the_distribution_samples_from_the_density():
    family, parameters = ContinuousBernoulli((1,)), parameters_at([3.0])
    draws = family.distribution(parameters).sample(100_000, seed=0).numpy()
    assert draws.shape == (100_000, 1, 1)
    assert draws.mean() == pytest.approx(moment(3.0, 1) / moment(3.0, 0), abs=5e-3)
