"""The terms of a trace against NumPy: plain, over samples, and over enumerated classes."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special

from tfvae.trace import Inference, Trace

tfd = tfp.distributions


def floats(*shape, seed=0):
    return np.random.RandomState(seed).normal(size=shape).astype("float32")


def gaussians(batch, size):
    q = tfd.MultivariateNormalDiag(floats(batch, size), np.exp(floats(batch, size, seed=1)))
    return q, tfd.MultivariateNormalDiag(tf.zeros(size), tf.ones(size))


def without_closed_form(size=2):
    components = tfd.MultivariateNormalDiag(floats(3, size), tf.ones([3, size]))
    return tfd.MixtureSameFamily(tfd.Categorical(logits=tf.zeros(3)), components)


def trace_of(log_likelihood, log_q=None, log_p=None, q=None, p=None, log_w=None):
    shape = np.shape(log_likelihood)
    default = gaussians(shape[-1], 2)
    values = [np.zeros(shape, "float32") if v is None else v for v in (log_q, log_p)]
    inference = Inference(
        z=tf.zeros([*shape, 2]),
        log_q=(tf.constant(values[0]),),
        log_p=(tf.constant(values[1]),),
        posteriors=(default[0] if q is None else q,),
        priors=(default[1] if p is None else p,),
        log_w=None if log_w is None else tf.constant(log_w),
    )
    return Trace(inference, {}, tf.constant(log_likelihood), step=tf.constant(0))


def test_distortion_is_the_mean_over_samples():
    log_likelihood = floats(1, 5, 3)
    distortion = trace_of(log_likelihood).distortion
    np.testing.assert_allclose(distortion, -log_likelihood[0].mean(0), rtol=1e-5)


def test_log_ratio_is_that_of_the_joint_and_the_posterior():
    parts = [floats(1, 5, 3, seed=seed) for seed in range(3)]
    ratio = trace_of(parts[0], log_q=parts[1], log_p=parts[2]).log_ratio
    np.testing.assert_allclose(ratio, parts[0] + parts[2] - parts[1], rtol=1e-5, atol=1e-6)


def test_the_closed_form_is_used_where_there_is_one():
    # Sampled densities that would give themselves away.
    poison = np.full([1, 5, 3], np.nan, "float32")
    q, p = gaussians(3, 2)
    trace = trace_of(floats(1, 5, 3), log_q=poison, log_p=poison)
    np.testing.assert_allclose(trace.rate, tfd.kl_divergence(q, p), rtol=1e-5)
    np.testing.assert_allclose(trace.elbo, -trace.distortion - trace.rate, rtol=1e-6)


def test_the_closed_form_is_used_for_a_full_covariance():
    poison = np.full([1, 5, 3], np.nan, "float32")
    scale_tril = np.tril(floats(3, 2, 2), -1) + np.eye(2, dtype="float32")
    q = tfd.MultivariateNormalTriL(floats(3, 2), scale_tril)
    trace = trace_of(floats(1, 5, 3), log_q=poison, log_p=poison, q=q)
    expected = tfd.kl_divergence(q, gaussians(3, 2)[1])
    np.testing.assert_allclose(trace.rate, expected, rtol=1e-5)


def test_elsewhere_the_rate_is_sampled():
    log_q, log_p = floats(1, 5, 3, seed=1), floats(1, 5, 3, seed=2)
    trace = trace_of(floats(1, 5, 3), log_q=log_q, log_p=log_p, p=without_closed_form())
    np.testing.assert_allclose(trace.rate, (log_q - log_p)[0].mean(0), rtol=1e-5, atol=1e-6)
    expected = trace.log_ratio.numpy()[0].mean(0)
    np.testing.assert_allclose(trace.elbo, expected, rtol=1e-5, atol=1e-6)


def test_groups_of_latents_add_up():
    q, p = gaussians(3, 2)
    other = tfd.MultivariateNormalDiag(floats(3, 4, seed=5), tf.ones([3, 4]))
    standard = tfd.MultivariateNormalDiag(tf.zeros(4), tf.ones(4))
    zeros = tf.zeros([1, 5, 3])
    inference = Inference(
        tf.zeros([1, 5, 3, 6]), (zeros, zeros), (zeros, zeros), (q, other), (p, standard)
    )
    trace = Trace(inference, {}, zeros, step=tf.constant(0))
    groups = [tfd.kl_divergence(q, p), tfd.kl_divergence(other, standard)]
    for one, expected in zip(trace.group_rates, groups, strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-5)
    np.testing.assert_allclose(trace.rate, sum(groups), rtol=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_rate_that_depends_on_samples_is_averaged_over_them(weighted):
    classes, samples, batch = 4, 5, 3
    shape = (classes, samples, batch)
    loc, scale = floats(*shape, 2), np.exp(floats(*shape, 2, seed=1))
    q = tfd.MultivariateNormalDiag(loc, scale)
    p = tfd.MultivariateNormalDiag(floats(*shape, 2, seed=2), np.exp(floats(*shape, 2, seed=3)))
    top, standard = gaussians(batch, 4)[0], tfd.MultivariateNormalDiag(tf.zeros(4), tf.ones(4))
    log_w = special.log_softmax(floats(classes, 1, batch, seed=4), axis=0)
    weights = tf.constant(log_w) if weighted else None
    poison = tf.constant(np.full(shape, np.nan, "float32"))
    inference = Inference(
        tf.zeros([*shape, 6]), (poison, poison), (poison, poison), (q, top), (p, standard), weights
    )
    trace = Trace(inference, {}, tf.zeros(shape), step=tf.constant(0))
    each = tfd.kl_divergence(tfd.Normal(loc, scale), tfd.Normal(p.mean(), p.stddev())).numpy()
    shares = np.exp(log_w) if weighted else np.full([classes, 1, batch], 1 / classes)
    expected = (shares[..., None] * each).sum(0).mean(0)
    lower, upper = trace.rates_by_dimension
    np.testing.assert_allclose(lower, expected, rtol=1e-4)
    assert upper.shape == (batch, 4)
    np.testing.assert_allclose(trace.group_rates[0], expected.sum(-1), rtol=1e-4)
    np.testing.assert_allclose(trace.group_rates[1], tfd.kl_divergence(top, standard), rtol=1e-5)


@pytest.mark.parametrize("per_sample", [False, True])
def test_an_enumerated_class_is_weighed_by_its_probability(per_sample):
    classes, samples, batch = 4, 5, 3
    log_w = special.log_softmax(floats(classes, samples if per_sample else 1, batch), axis=0)
    log_likelihood = floats(classes, samples, batch, seed=3)
    trace = trace_of(log_likelihood, log_w=log_w)
    expected = (np.exp(log_w) * log_likelihood).sum(0).mean(0)
    np.testing.assert_allclose(-trace.distortion, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 5, 3), (4, 5, 3), (4, 5, 3, 2, 2, 1), (1, 1, 3, 2)])
@pytest.mark.parametrize("weighted", [False, True])
def test_expectation_of_values_of_any_shape(shape, weighted):
    values = floats(*shape)
    log_w = special.log_softmax(floats(4, 1, 3, seed=4), axis=0) if weighted else None
    result = trace_of(floats(4, 5, 3), log_w=log_w).expectation(tf.constant(values))
    if weighted:
        weights = np.exp(log_w).reshape(4, 1, 3, *[1] * (len(shape) - 3))
        expected = (weights * values).sum(0).mean(0)
    else:
        expected = values.mean((0, 1))
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


def test_the_default_average_is_over_examples_alone():
    values = floats(3, 2)
    average = trace_of(floats(1, 5, 3)).average(tf.constant(values))
    np.testing.assert_allclose(average, values.mean(0), rtol=1e-6)
