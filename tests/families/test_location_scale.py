"""Laplace and Student's t, in each way to have a scale, against SciPy."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, optimize, stats

from tfvae.families import Laplace, Normal, StudentT

SHAPE = (3, 2)
RANDOM = np.random.RandomState(0)
LOC, X = RANDOM.normal(size=(2, 4, *SHAPE)), RANDOM.standard_cauchy(size=(4, *SHAPE))
FAMILIES = {
    "Laplace": (Laplace, {}, stats.laplace),
    "StudentT": (StudentT, {"degrees_of_freedom": 2.5}, stats.t(2.5)),
    "StudentT, near a Gaussian": (StudentT, {"degrees_of_freedom": 1e6}, stats.t(1e6)),
}
each = pytest.mark.parametrize(("kind", "arguments", "oracle"), FAMILIES.values(), ids=FAMILIES)


def built(kind, scale, **arguments):
    """A family whose learned scales, if any, are random, and these as an array."""
    family = kind(SHAPE, scale, **arguments)
    family.build((None, 5))
    if isinstance(scale, float):
        return family, np.full(SHAPE, scale)
    log_scale = np.random.RandomState(7).normal(size=family.log_scale.shape)
    family.log_scale.assign(log_scale)
    return family, np.broadcast_to(np.exp(log_scale), SHAPE)


def density(oracle, error, scale):
    return oracle.logpdf(error / scale) - np.log(scale)


@each
@pytest.mark.parametrize("scale", [0.1, 2.0, "shared", "per_pixel"])
def test_density_and_centre(kind, arguments, oracle, scale):
    family, scales = built(kind, scale, **arguments)
    parameters = {"loc": tf.constant(LOC, tf.float32)}
    x = tf.constant(X, tf.float32)
    expected = density(oracle, X - LOC, scales)
    np.testing.assert_allclose(family.element_log_prob(parameters, x), expected, rtol=1e-4)
    np.testing.assert_allclose(family.log_prob(parameters, x), expected.sum((-2, -1)), rtol=1e-4)
    p = family.distribution(parameters)
    assert (p.batch_shape, p.event_shape) == ((2, 4), SHAPE)
    np.testing.assert_allclose(p.log_prob(x), expected.sum((-2, -1)), rtol=1e-3)
    for mean in (p.mean(), family.mean(parameters), family.point(parameters)):
        np.testing.assert_allclose(mean, LOC, rtol=1e-6)


@each
def test_the_density_integrates_to_one(kind, arguments, oracle):
    family = kind((1,), 0.7, **arguments)
    zero = {"loc": tf.zeros([1, 1], tf.float64)}
    grid = 0.7 * np.sinh(np.linspace(-12, 12, 20001))
    x = tf.constant(grid[:, None])
    family = kind((1,), 0.7, **arguments, dtype="float64")
    total = integrate.trapezoid(np.exp(family.log_prob(zero, x)), grid)
    assert total == pytest.approx(1.0, abs=1e-4)


def test_learned_degrees_of_freedom_find_those_of_the_data():
    x = stats.t(3.0).rvs(4000, random_state=0).astype("float32")[:, None]
    family = StudentT((1,), 1.0)
    family.build((None, 2))
    assert float(family.degrees()) == pytest.approx(10.0, rel=1e-5)
    parameters = {"loc": tf.zeros_like(x)}

    def loss(log_degrees):
        family.log_degrees.assign(log_degrees[0])
        with tf.GradientTape() as tape:
            value = -tf.reduce_mean(family.log_prob(parameters, x))
        return float(value), [float(tape.gradient(value, family.log_degrees.value))]

    found = np.exp(optimize.minimize(loss, [2.3], jac=True).x[0])
    best = optimize.minimize_scalar(lambda df: -stats.t(df).logpdf(x).sum(), bounds=(1, 20)).x
    assert found == pytest.approx(best, rel=1e-2)


def test_an_error_far_out_has_a_small_gradient():
    far, loc = tf.constant([[1e4]]), tf.zeros([1, 1])
    gradients = []
    for family in (Normal((1,), 1.0), Laplace((1,), 1.0), StudentT((1,), 1.0, 3.0)):
        with tf.GradientTape() as tape:
            tape.watch(loc)
            value = family.log_prob({"loc": loc}, far)
        gradients.append(float(tape.gradient(value, loc)[0, 0]))
    np.testing.assert_allclose(gradients, [1e4, 1.0, 4e-4], rtol=1e-4)


@pytest.mark.parametrize("degrees", [0.0, -1.0, np.nan, np.inf, True, None, "free", [3.0]])
def test_degrees_of_freedom_that_are_none_are_refused(degrees):
    with pytest.raises(ValueError, match="`degrees_of_freedom` must be a number above zero or"):
        StudentT(SHAPE, degrees_of_freedom=degrees)


@pytest.mark.parametrize("kind", [Laplace, StudentT])
@pytest.mark.parametrize("scale", [0.0, "calibrated", None, [1.0]])
def test_a_scale_that_is_none_is_refused(kind, scale):
    with pytest.raises(ValueError, match="above zero, 'shared' or 'per_pixel', but is"):
        kind(SHAPE, scale)
