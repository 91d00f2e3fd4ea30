"""Logistics over levels: probabilities that sum to one, against differences of SciPy's CDF."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from tfvae.families import DiscretizedLogistic

RANDOM = np.random.RandomState(0)


def parameters_of(loc, scale, weights=None):
    """Parameters of elements with one component each, or with the last axis as components."""
    loc, scale = np.broadcast_arrays(loc, scale)
    if weights is None:
        loc, scale, weights = loc[..., None], scale[..., None], np.ones([*loc.shape, 1])
    values = {"loc": loc, "scale": scale, "log_weights": np.log(weights)}
    return {name: tf.constant(value, tf.float32) for name, value in values.items()}


def levels_of(count):
    return np.arange(count) / (count - 1)


def log_bins(loc, scale, count):
    """Logarithms of the probabilities of all levels, `[..., levels]`, by SciPy in float64."""
    edges = (levels_of(count)[1:] - 0.5 / (count - 1) - loc[..., None]) / scale[..., None]
    below = np.concatenate([np.full([*loc.shape, 1], -np.inf), edges], -1)
    above = np.concatenate([edges, np.full([*loc.shape, 1], np.inf)], -1)
    # On the side where both are small.
    lower = special.expit(above) - special.expit(below)
    upper = special.expit(-below) - special.expit(-above)
    with np.errstate(divide="ignore"):
        return np.log(np.where(below + above < 0.0, lower, upper))


@pytest.mark.parametrize("count", [2, 17, 256])
def test_density_of_each_level(count):
    loc = RANDOM.uniform(-0.2, 1.2, size=7)
    scale = np.geomspace(0.01, 3.0, 7)
    family = DiscretizedLogistic((7,), num_levels=count)
    x = tf.constant(np.repeat(levels_of(count)[:, None], 7, 1), tf.float32)
    found = family.element_log_prob(parameters_of(loc, scale), x).numpy().T
    np.testing.assert_allclose(found, log_bins(loc, scale, count), rtol=2e-5, atol=1e-5)
    np.testing.assert_allclose(
        family.log_prob(parameters_of(loc, scale), x), found.sum(0), rtol=1e-5
    )


@pytest.mark.parametrize("count", [2, 256])
def test_probabilities_of_all_levels_of_a_mixture_sum_to_one(count):
    loc, scale = RANDOM.uniform(-0.5, 1.5, (5, 3)), RANDOM.uniform(1e-3, 1.0, (5, 3))
    weights = RANDOM.dirichlet(np.ones(3), 5)
    family = DiscretizedLogistic((5,), num_components=3, num_levels=count)
    x = tf.constant(np.repeat(levels_of(count)[:, None], 5, 1), tf.float32)
    found = family.element_log_prob(parameters_of(loc, scale, weights), x).numpy().T
    np.testing.assert_allclose(special.logsumexp(found, axis=1), 0.0, atol=1e-5)
    apart = special.logsumexp(log_bins(loc, scale, count), b=weights[..., None], axis=1)
    likely = apart > -30.0
    np.testing.assert_allclose(found[likely], apart[likely], rtol=1e-4, atol=1e-4)


def test_both_tails_are_finite_with_gradients_that_point_home():
    family = DiscretizedLogistic((4,))
    loc = tf.constant([[-50.0, 51.0, 0.9, 0.1]])
    parameters = parameters_of(loc.numpy(), 1e-4)
    with tf.GradientTape() as tape:
        loc = parameters["loc"]
        tape.watch(loc)
        value = family.element_log_prob(parameters, tf.constant([[1.0, 0.0, 0.2, 0.8]]))
    # The logarithm falls by the distance to the bin's edge, in scales.
    np.testing.assert_allclose(value, [[-5.1e5, -5.1e5, -7e3, -7e3]], rtol=0.01)
    np.testing.assert_allclose(
        tape.gradient(value, loc)[0, :, 0], [1e4, -1e4, -1e4, 1e4], rtol=1e-3
    )


def test_a_wide_scale_loses_nothing_to_rounding():
    family = DiscretizedLogistic((1,))
    found = family.log_prob(parameters_of([[0.4]], [[1e3]]), tf.constant([[128 / 255]]))
    # The density in the middle, 1 / (4 scale), times the width of a bin.
    assert float(found[0]) == pytest.approx(-np.log(4e3 * 255), abs=1e-5)


def test_mean_and_point():
    loc, scale = RANDOM.uniform(-0.3, 1.3, 200), np.geomspace(1e-4, 10.0, 200)
    for count in (3, 256):
        family = DiscretizedLogistic((200,), num_levels=count)
        parameters = parameters_of(loc, scale)
        exact = np.exp(log_bins(loc, scale, count)) @ levels_of(count)
        mean = family.mean(parameters).numpy()
        assert np.abs(mean - exact).max() < 0.5 / (count - 1)
        wide = scale > 1.0 / (count - 1)
        np.testing.assert_allclose(mean[wide], exact[wide], atol=0.01 / (count - 1) + 1e-5)
        point = family.point(parameters).numpy()
        family.check(point)
        assert np.abs(point - mean).max() < 0.51 / (count - 1)


def test_samples_are_levels_as_often_as_they_are_likely():
    family = DiscretizedLogistic((1,), num_components=2, num_levels=4)
    loc, scale, weights = (
        np.array([[[0.0, 0.8]]]),
        np.array([[[0.3, 0.1]]]),
        np.array([[[0.3, 0.7]]]),
    )
    p = family.distribution(parameters_of(loc, scale, weights))
    assert (p.batch_shape, p.event_shape) == ((1,), (1,))
    drawn = p.sample(20000, seed=0).numpy().ravel()
    found = np.bincount(np.round(drawn * 3).astype(int), minlength=4) / len(drawn)
    x = tf.constant(levels_of(4)[:, None], tf.float32)
    expected = special.softmax(p.log_prob(x).numpy().astype("float64"))
    np.testing.assert_allclose(found, expected, atol=4 * np.sqrt(0.25 / len(drawn)))
    assert stats.chisquare(found * len(drawn), expected * len(drawn)).pvalue > 1e-3
    np.testing.assert_allclose(p.mean(), family.mean(parameters_of(loc, scale, weights)))


def test_a_head_that_gives_zeros_covers_all_levels():
    family = DiscretizedLogistic((2,), num_components=4)
    parameters = family(tf.zeros([1, 3]))
    np.testing.assert_allclose(parameters["loc"][0, 0], [0.125, 0.375, 0.625, 0.875])
    log_prob = family.log_prob(
        parameters, tf.constant(np.repeat(levels_of(256)[:, None], 2, 1), tf.float32)
    )
    assert float(tf.reduce_min(log_prob)) > 2 * np.log(0.2 / 256)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_a_density_is_computed_in_whole_floats_under_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    family = DiscretizedLogistic((2,))
    parameters = family(tf.ones([2, 5], policy.removeprefix("mixed_")))
    assert family.log_prob(parameters, tf.zeros([2, 2])).dtype == tf.float32


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[0.0, 255.0]], "from 0 to 255: divide whole numbers from 0 to 255 by 255"),
        ([[-1.0, 1.0]], "go from -1 to 1: divide"),
        ([[0.5, 1.0]], "others in between. Give as many levels as they have"),
        ([[np.nan, 1.0]], "not finite"),
    ],
)
def test_values_that_are_no_levels_are_refused(x, message):
    with pytest.raises(ValueError, match=message):
        DiscretizedLogistic((2,)).check(np.array(x))


def test_levels_are_accepted_in_float32():
    DiscretizedLogistic((256,)).check(levels_of(256).astype("float32")[None])
    DiscretizedLogistic((17,), num_levels=17).check((np.arange(17) / np.float32(16))[None])


@pytest.mark.parametrize(
    "arguments", [{"num_components": 0}, {"num_levels": 1}, {"num_levels": 2.5}]
)
def test_numbers_that_are_not_whole_or_too_small_are_refused(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        DiscretizedLogistic((2,), **arguments)
