"""Bounds of groups of samples, and of another order, on known numbers."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

import tfvae
from tests.objectives.traces import gaussian_trace, sampled_trace
from tfvae.objectives import CIWAE, IWAE, MIWAE, PIWAE, Capacity, Renyi


def densities(*shape, seed=0):
    return np.random.RandomState(seed).normal(size=(3, *shape))


def log_weights(parts):
    log_likelihood, log_q, log_p = parts
    return log_likelihood + log_p - log_q


def test_the_mean_of_the_bounds_of_groups():
    parts = densities(1, 6, 4)
    groups = log_weights(parts)[0].reshape(2, 3, 4)
    expected = (special.logsumexp(groups, axis=1) - np.log(3)).mean(axis=0)
    trace = sampled_trace(*parts)
    np.testing.assert_allclose(-MIWAE(2, 3).loss(trace), expected, rtol=1e-12)
    np.testing.assert_allclose(MIWAE(1, 6).loss(trace), IWAE(6).loss(trace), rtol=1e-12)
    single = log_weights(parts)[0].mean(axis=0)
    np.testing.assert_allclose(-MIWAE(6, 1).loss(trace), single, rtol=1e-12)


def test_groups_of_samples_with_enumerated_classes():
    parts = densities(5, 4, 3)
    log_w = special.log_softmax(np.random.RandomState(1).normal(size=(5, 1, 3)), axis=0)
    groups = (log_w + log_weights(parts)).reshape(5, 2, 2, 3)
    expected = (special.logsumexp(groups, axis=(0, 2)) - np.log(2)).mean(axis=0)
    trace = sampled_trace(*parts, tf.constant(log_w))
    np.testing.assert_allclose(-MIWAE(2, 2).loss(trace), expected, rtol=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
def test_a_mean_of_two_bounds(beta):
    trace = sampled_trace(*densities(1, 5, 4))
    expected = -beta * trace.elbo + (1 - beta) * IWAE(5).loss(trace)
    np.testing.assert_allclose(CIWAE(5, beta).loss(trace), expected, rtol=1e-12)


def test_the_value_of_piwae_is_the_decoders_bound():
    trace = sampled_trace(*densities(1, 6, 4))
    np.testing.assert_allclose(PIWAE(2, 3).loss(trace), IWAE(6).loss(trace), rtol=1e-12)


@pytest.mark.parametrize("alpha", [-1.0, 0.0, 0.5, 0.999, 1.0, 3.0])
def test_the_bound_of_an_order(alpha):
    parts = densities(1, 7, 4)
    weights = log_weights(parts)[0]
    if alpha == 1.0:
        expected = weights.mean(axis=0)
    else:
        power = 1.0 - alpha
        expected = (special.logsumexp(power * weights, axis=0) - np.log(7)) / power
    found = -Renyi(alpha, 7).loss(sampled_trace(*parts))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_the_bound_falls_with_the_order():
    trace = sampled_trace(*densities(1, 7, 4))
    bounds = [-Renyi(alpha, 7).loss(trace) for alpha in (-2.0, -0.5, 0.0, 0.4, 1.0, 2.0)]
    assert (np.diff(bounds, axis=0) < 0.0).all()
    np.testing.assert_allclose(bounds[2], -IWAE(7).loss(trace), rtol=1e-12)


def test_the_rate_is_held_at_the_capacity():
    trace = gaussian_trace(step=49)
    for capacity in (2.0, tfvae.objectives.Warmup(100, final=4.0)):
        loss = Capacity(capacity, gamma=10.0).loss(trace)
        expected = trace.distortion + 10.0 * np.abs(trace.rate - 2.0)
        np.testing.assert_allclose(loss, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MIWAE(0, 3), "num_bounds"),
        (lambda: PIWAE(2, 1.5), "samples_each"),
        (lambda: CIWAE(5, 1.5), "from 0 to 1"),
        (lambda: Renyi(float("inf")), "finite"),
        (lambda: Capacity(-1.0), "capacity"),
        (lambda: Capacity(1.0, gamma=-1.0), "gamma"),
        (lambda: IWAE(5, gradient="fast"), "must be one of"),
        (lambda: tfvae.objectives.ELBO(gradient="doubly_reparametrised"), "sticking_the_landing"),
        (
            lambda: tfvae.objectives.ELBO(free_bits=0.1, gradient="sticking_the_landing"),
            "leave one",
        ),
    ],
)
def test_arguments_that_mean_nothing(make, message):
    with pytest.raises(ValueError, match=message):
        make()
