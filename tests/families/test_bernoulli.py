"""The Bernoulli likelihood against SciPy, and what it says about data that it does not fit."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from tfvae.families import Bernoulli, ContinuousBernoulli

FAMILIES = [Bernoulli, ContinuousBernoulli]


def test_density_of_binary_pixels():
    random = np.random.RandomState(0)
    logits, x = random.normal(0, 4, size=(5, 3, 2, 1)), random.randint(0, 2, size=(5, 3, 2, 1))
    expected = stats.bernoulli(special.expit(logits)).logpmf(x).sum((1, 2, 3))
    family, parameters = Bernoulli((3, 2, 1)), {"logits": tf.constant(logits, tf.float32)}
    ours = family.log_prob(parameters, tf.constant(x, tf.float32))
    np.testing.assert_allclose(ours, expected, rtol=1e-5)
    theirs = family.distribution(parameters).log_prob(x.astype("float32"))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_pixels_in_between_give_the_cross_entropy():
    random = np.random.RandomState(0)
    logits, x = random.normal(0, 4, size=(5, 4)), random.uniform(size=(5, 4))
    expected = (x * special.log_expit(logits) + (1 - x) * special.log_expit(-logits)).sum(1)
    ours = Bernoulli((4,)).log_prob({"logits": tf.constant(logits, tf.float32)}, tf.constant(x))
    np.testing.assert_allclose(ours, expected, rtol=1e-5)


def test_a_density_stays_finite_where_a_pixel_is_certain():
    logits = tf.constant([[-1000.0, 1000.0, 89.0, -89.0]])
    x = tf.constant([[1.0, 1.0, 0.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = Bernoulli((4,)).log_prob({"logits": logits}, x)
    assert float(value[0]) == pytest.approx(-1089.0)
    np.testing.assert_allclose(tape.gradient(value, logits), [[1.0, 0.0, -1.0, 0.0]], atol=1e-6)


@pytest.mark.parametrize("kind", FAMILIES)
def test_one_target_is_scored_under_many_samples(kind):
    random = np.random.RandomState(0)
    logits = tf.constant(random.normal(size=(2, 5, 3, 4, 1)), tf.float32)  # [K, S, B, 4, 1]
    x = tf.constant(random.randint(0, 2, size=(3, 4, 1)), tf.float32)
    family = kind((4, 1))
    together = family.log_prob({"logits": logits}, x)
    assert together.shape == (2, 5, 3)
    for b in range(3):
        alone = family.log_prob({"logits": logits[1, 2, b][None]}, x[b][None])
        np.testing.assert_allclose(together[1, 2, b], alone[0], rtol=1e-5)


@pytest.mark.parametrize("shape", [(1,), (6,), (127,), (28, 28, 1)])
def test_the_density_is_the_sum_over_elements(shape):
    """Of an event of any size: logarithms are taken of products of up to 125 factors."""
    random = np.random.RandomState(0)
    family, x = Bernoulli(shape), tf.constant(random.uniform(size=(3, *shape)), tf.float32)
    for spread in (0.0, 1.0, 100.0):
        logits = tf.constant(random.normal(0, spread, size=(2, 3, *shape)), tf.float32)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([logits, x])
            together = family.log_prob({"logits": logits}, x)
            elements = family.element_log_prob({"logits": logits}, x)
            apart = tf.reduce_sum(elements, axis=list(range(2, 2 + len(shape))))
        np.testing.assert_allclose(together, apart, rtol=2e-6, atol=1e-5)
        for source in (logits, x):
            found, expected = tape.gradient(together, source), tape.gradient(apart, source)
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_products_of_many_factors_do_not_vanish():
    # Each is 1/2: 784 of them are less than the least float32.
    value = Bernoulli((784,)).log_prob({"logits": tf.zeros([1, 784])}, tf.ones([1, 784]))
    assert float(value[0]) == pytest.approx(784 * np.log(0.5), rel=1e-6)
    wide = tf.zeros([1, 784], tf.float64)
    value = Bernoulli((784,)).log_prob({"logits": wide}, tf.ones([1, 784], tf.float64))
    assert float(value[0]) == pytest.approx(784 * np.log(0.5), rel=1e-14)


def test_the_mean_is_the_probability():
    logits = tf.constant([[-1000.0, -2.0, 0.0, 2.0, 1000.0]])
    family = Bernoulli((5,))
    mean = family.mean({"logits": logits})
    np.testing.assert_allclose(mean, special.expit(logits), atol=1e-7)
    np.testing.assert_allclose(mean, family.distribution({"logits": logits}).mean(), atol=1e-7)
    np.testing.assert_array_equal(mean, family.point({"logits": logits}))


def test_samples_are_pixels_that_are_on_or_off():
    logits = tf.fill([1, 100, 100, 1], 1.0)
    pixels = Bernoulli((100, 100, 1)).distribution({"logits": logits}).sample(seed=0).numpy()
    assert pixels.shape == (1, 100, 100, 1)
    assert set(np.unique(pixels)) == {0.0, 1.0}
    assert abs(pixels.mean() - special.expit(1.0)) < 5 * np.sqrt(0.2 / 1e4)


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (255.0, "go from 0 to 255. For images of bytes, divide by 255"),
        (-0.5, "go from -0.5 to 1"),
        (1.001, "a distribution over values from 0 to 1"),
        (np.nan, "not finite: nan at \\[1, 2\\]"),
        (-np.inf, "not finite: -inf at \\[1, 2\\]"),
    ],
)
def test_values_outside_the_support_are_refused(kind, value, message):
    x = np.zeros([2, 3])
    x[0, 0], x[1, 2] = 1.0, value
    with pytest.raises(ValueError, match=message):
        kind((3,)).check(x)


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float32])
def test_values_at_the_ends_are_accepted(kind, dtype):
    kind((3,)).check(np.eye(3).astype(dtype))


@pytest.mark.parametrize("shape", [(0, 3), (), (2.5,), (28, -1), 0, None, "ab"])
@pytest.mark.parametrize("kind", FAMILIES)
def test_a_shape_without_positive_sizes_is_refused(kind, shape):
    with pytest.raises(ValueError, match="`event_shape` must"):
        kind(shape)
