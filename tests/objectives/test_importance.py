"""The importance bound on known numbers; against a known evidence in test_linear_gaussian.py."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from tests.objectives.traces import sampled_trace
from tfvae.objectives import IWAE
from tfvae.objectives.importance import importance_bound


def densities(*shape):
    return np.random.RandomState(0).normal(size=(3, *shape))


def test_the_bound_is_the_logarithm_of_the_mean_weight():
    log_likelihood, log_q, log_p = densities(1, 7, 4)
    log_weight = (log_likelihood + log_p - log_q)[0]
    expected = special.logsumexp(log_weight, axis=0) - np.log(7)
    trace = sampled_trace(log_likelihood, log_q, log_p)
    np.testing.assert_allclose(importance_bound(trace), expected, rtol=1e-12)
    np.testing.assert_allclose(IWAE(7).loss(trace), -expected, rtol=1e-12)


def test_one_sample_gives_the_bound_of_that_sample():
    trace = sampled_trace(*densities(1, 1, 4))
    np.testing.assert_allclose(importance_bound(trace), trace.log_ratio[0, 0], rtol=1e-12)


def test_equal_weights_give_their_common_value_however_small():
    zeros = np.zeros([1, 500, 2])
    trace = sampled_trace(zeros - 1e5, zeros, zeros)
    np.testing.assert_allclose(importance_bound(trace), -1e5, rtol=1e-12)


def test_the_bound_rises_with_the_number_of_samples():
    # Averaged over every choice of k samples out of six: Burda et al., theorem 1.
    parts = densities(1, 6, 2)
    bounds = []
    for k in range(1, 7):
        choices = list(itertools.combinations(range(6), k))
        values = [importance_bound(sampled_trace(*parts[:, :, list(c)])) for c in choices]
        bounds.append(np.mean(values, axis=0))
    assert (np.diff(bounds, axis=0) > 0.01).all()


@pytest.mark.parametrize("samples", [1, 3])
def test_enumerated_classes_are_weighed_and_samples_averaged(samples):
    log_likelihood, log_q, log_p = densities(5, samples, 4)
    log_w = special.log_softmax(np.random.RandomState(1).normal(size=(5, 1, 4)), axis=0)
    log_weight = log_w + log_likelihood + log_p - log_q
    expected = special.logsumexp(log_weight, axis=(0, 1)) - np.log(samples)
    trace = sampled_trace(log_likelihood, log_q, log_p, tf.constant(log_w))
    np.testing.assert_allclose(importance_bound(trace), expected, rtol=1e-12)


def test_exact_enumeration_gives_the_evidence():
    # y of four classes, no z: log_w = log q(y|x), r = log p(x, y) - log q(y|x), for any q.
    random = np.random.RandomState(0)
    log_joint = random.normal(size=(4, 1, 3))
    log_w = special.log_softmax(random.normal(size=(4, 1, 3)), axis=0)
    trace = sampled_trace(log_joint, log_w, np.zeros_like(log_w), tf.constant(log_w))
    expected = special.logsumexp(log_joint, axis=(0, 1))
    np.testing.assert_allclose(importance_bound(trace), expected, rtol=1e-12)
    assert (trace.expectation(trace.log_ratio).numpy() < expected).all()


def test_the_gradient_weighs_samples_by_their_importance():
    log_likelihood, log_q, log_p = densities(1, 6, 2)
    variable = tf.Variable(log_likelihood)
    with tf.GradientTape() as tape:
        trace = sampled_trace(tf.convert_to_tensor(variable), log_q, log_p)
        loss = tf.reduce_sum(IWAE(6).loss(trace))
    expected = -special.softmax(log_likelihood + log_p - log_q, axis=1)
    np.testing.assert_allclose(tape.gradient(loss, variable), expected, rtol=1e-10)


@pytest.mark.parametrize("num_samples", [0, -1, 2.5, None])
def test_a_number_of_samples_that_is_no_count_is_refused(num_samples):
    with pytest.raises(ValueError, match="`num_samples` must be a whole number of at least 1"):
        IWAE(num_samples)
