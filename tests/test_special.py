"""Special functions against SciPy, at their ends and where their branches meet."""

import math

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from tfvae.special import (
    log_1_minus_exp,
    log_1_plus,
    log_gamma,
    log_gamma_ratio,
    log_sinhc,
    softplus,
    sum_log_sigmoid,
)

BRANCHES = [0.5, 1.0, 1.5, 2.0, 2.5, 3.5, 4.5]
POSITIVE = np.concatenate(
    [
        np.geomspace(1e-3, 1e7, 4001),
        np.linspace(0.01, 12.0, 4001),
        np.ravel([np.nextafter(b, [0, b, 9]) for b in BRANCHES]),
    ]
)
ANY = np.concatenate([-np.geomspace(1e-6, 300, 999), [0.0], np.geomspace(1e-6, 300, 999)])


def value_and_gradient(function, x, dtype):
    x = tf.constant(x, dtype)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return y.numpy(), tape.gradient(y, x).numpy(), x.numpy().astype("float64")


def assert_relative(found, expected, tolerance, floor=0.0):
    error = np.abs(found - expected)
    assert (error <= tolerance * np.maximum(np.abs(expected), floor)).all(), error.max()


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-10)])
def test_log_gamma(dtype, tolerance):
    value, gradient, x = value_and_gradient(log_gamma, POSITIVE, dtype)
    # SciPy itself errs in float64 where the function is 0.
    assert_relative(value, special.gammaln(x), tolerance, floor=0.0 if dtype == "float32" else 1e-4)
    assert_relative(gradient, special.digamma(x), tolerance, floor=1.0)


def test_log_gamma_is_zero_where_it_is_zero():
    np.testing.assert_array_equal(log_gamma(tf.constant([1.0, 2.0])), [0.0, 0.0])


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-10)])
def test_log_gamma_ratio_keeps_its_precision_where_both_terms_are_large(dtype, tolerance):
    x = np.geomspace(1e-3, 1e7, 101).astype(dtype)[:, None]
    count = np.array([0, 1, 2, 7, 100], dtype)
    found = log_gamma_ratio(tf.constant(x), tf.constant(count))
    expected = [[math.fsum(np.log(float(a) + np.arange(n))) for n in count] for a in x[:, 0]]
    assert_relative(found, np.array(expected), tolerance, floor=1.0)


def test_the_gradient_of_the_ratio_is_that_of_its_terms():
    x = tf.constant([0.3, 4.0, 30.0, 1e5], tf.float64)
    value, gradient, x = value_and_gradient(
        lambda x: log_gamma_ratio(x, 5.0 + 0.0 * x), x, "float64"
    )
    expected = sum(1.0 / (x + k) for k in range(5))
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)


def test_log_1_plus():
    value, gradient, x = value_and_gradient(log_1_plus, np.geomspace(1e-8, 1e6, 999), "float32")
    assert_relative(value, np.log1p(x), 1e-6)
    assert_relative(gradient, 1.0 / (1.0 + x), 1e-5)


def test_softplus():
    value, gradient, x = value_and_gradient(softplus, ANY, "float32")
    # Far below zero the value is itself too small for a normal float32.
    assert_relative(value, np.logaddexp(0.0, x), 2e-6, floor=1e-30)
    np.testing.assert_allclose(gradient, special.expit(x), atol=1e-6)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 3e-8), ("float64", 1e-16)])
@pytest.mark.parametrize("size", [1, 100, 101, 250])
def test_sum_log_sigmoid(size, dtype, tolerance):
    x = np.abs(np.random.RandomState(0).normal(0, 3, (4, size)))
    x[0], x[1] = 0.0, 1000.0
    value, gradient, x = value_and_gradient(sum_log_sigmoid, x, dtype)
    expected = special.log_expit(x).sum(1)
    np.testing.assert_allclose(value, expected, rtol=30 * tolerance, atol=size * tolerance)
    np.testing.assert_allclose(gradient, special.expit(-x), rtol=1e-5, atol=1e-12)


def test_log_sinhc():
    value, gradient, x = value_and_gradient(log_sinhc, ANY, "float32")
    half = np.maximum(np.abs(x) / 2, 0.05)
    far = half + np.log(-np.expm1(-2 * half) / (2 * half))
    near = np.square(x) / 24 - x**4 / 2880
    expected = np.where(np.abs(x) < 0.1, near, far)
    np.testing.assert_allclose(value, expected, rtol=2e-6, atol=2e-7)
    expected = np.where(np.abs(x) < 0.1, x / 12, 0.5 * np.sign(x) * (1 / np.tanh(half) - 1 / half))
    np.testing.assert_allclose(gradient, expected, atol=1e-5)


def test_log_1_minus_exp():
    value, gradient, x = value_and_gradient(log_1_minus_exp, np.geomspace(1e-7, 80, 999), "float32")
    np.testing.assert_allclose(value, np.log(-np.expm1(-x)), rtol=1e-6, atol=2e-7)
    np.testing.assert_allclose(gradient, 1.0 / np.expm1(x), rtol=1e-4, atol=1e-6)
