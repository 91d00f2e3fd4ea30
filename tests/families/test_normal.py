"""The Gaussian likelihood, in each of its three ways to have a scale, against SciPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfvae.families import Normal

SHAPE = (3, 2)


def built(scale, shape=SHAPE):
    """A family whose learned scales, if any, are random."""
    family = Normal(shape, scale)
    family.build((None, 5))
    scales = np.full(shape, scale) if isinstance(scale, float) else None
    if scales is None:
        log_scale = np.random.RandomState(7).normal(size=family.log_scale.shape)
        family.log_scale.assign(log_scale)
        scales = np.broadcast_to(np.exp(log_scale), shape)
    return family, scales


@pytest.mark.parametrize("scale", [0.1, 2.0, "shared", "per_pixel"])
def test_density_and_moments(scale):
    family, scales = built(scale)
    random = np.random.RandomState(0)
    loc, x = random.normal(size=(2, 4, *SHAPE)), random.normal(size=(4, *SHAPE))
    parameters = {"loc": tf.constant(loc, tf.float32)}
    expected = stats.norm(loc, scales).logpdf(x).sum((-2, -1))
    ours = family.log_prob(parameters, tf.constant(x, tf.float32))
    np.testing.assert_allclose(ours, expected, rtol=2e-5)
    p = family.distribution(parameters)
    np.testing.assert_allclose(p.stddev(), np.broadcast_to(scales, loc.shape), rtol=1e-5)
    for mean in (p.mean(), family.mean(parameters), family.point(parameters)):
        np.testing.assert_allclose(mean, loc, rtol=1e-6)
    assert (p.batch_shape, p.event_shape) == ((2, 4), SHAPE)


@pytest.mark.parametrize("scale", ["shared", "per_pixel"])
def test_a_learned_scale_has_the_gradient_of_the_density(scale):
    family, scales = built(scale)
    random = np.random.RandomState(0)
    loc, x = random.normal(size=(4, *SHAPE)), random.normal(size=(4, *SHAPE))
    with tf.GradientTape() as tape:
        value = family.log_prob({"loc": tf.constant(loc, tf.float32)}, tf.constant(x, tf.float32))
    # The derivative of log N by log scale is ((x - loc) / scale)^2 - 1.
    expected = (((x - loc) / scales) ** 2 - 1).sum(0)
    if scale == "shared":
        expected = expected.sum()
    gradient = tape.gradient(value, family.log_scale.value)
    np.testing.assert_allclose(gradient, expected, rtol=1e-4)


@pytest.mark.parametrize(("scale", "shapes"), [(0.1, []), ("shared", [()]), ("per_pixel", [SHAPE])])
def test_learned_scales_are_weights_and_start_at_one(scale, shapes):
    family = Normal(SHAPE, scale)
    family.build((None, 5))
    extra = [weight for weight in family.trainable_weights if weight.name == "log_scale"]
    assert [tuple(weight.shape) for weight in extra] == shapes
    assert all((weight.numpy() == 0.0).all() for weight in extra)


def test_a_learned_scale_is_read_anew_by_each_distribution():
    family, _ = built("shared")
    parameters = {"loc": tf.zeros([1, *SHAPE])}
    family.log_scale.assign(1.0)
    before = family.distribution(parameters).stddev().numpy()
    family.log_scale.assign(0.0)
    after = family.distribution(parameters).stddev().numpy()
    assert before[0, 0, 0] == pytest.approx(np.e)
    assert after[0, 0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_a_density_is_computed_in_whole_floats_under_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    family, _ = built("per_pixel")
    parameters = family(tf.ones([2, 5], policy.removeprefix("mixed_")))
    assert parameters["loc"].dtype == tf.float32
    # Within a layer's call Keras reads weights in half precision, unless told otherwise.
    zeros = tf.zeros([2, *SHAPE])
    layer = keras.layers.Lambda(lambda _: family.log_prob({"loc": zeros}, zeros))
    inside = layer(zeros)
    assert inside.dtype == tf.float32
    np.testing.assert_allclose(inside, family.log_prob({"loc": zeros}, zeros), rtol=1e-7)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf, "learned", True, "0.1"])
def test_a_scale_that_is_none_of_these_is_refused(scale):
    with pytest.raises(ValueError, match="`scale` must be a number above zero, 'shared',"):
        Normal(SHAPE, scale)


def test_data_that_are_not_finite_are_refused():
    x = np.zeros([2, *SHAPE])
    Normal(SHAPE).check(x - 1e6)
    x[1, 2, 0] = np.inf
    with pytest.raises(ValueError, match="not finite: inf at \\[1, 2, 0\\]"):
        Normal(SHAPE).check(x)
