"""Ordered levels: cumulative logits by SciPy, and the median."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from tfvae.families import Ordinal

SHAPE = (3, 2)
RANDOM = np.random.RandomState(0)
LOC = RANDOM.normal(0, 3, size=(4, *SHAPE))
PARAMETERS = {"loc": tf.constant(LOC, tf.float32)}


def built(classes):
    """A family with random cuts, and these, `[*shape, classes - 1]`."""
    family = Ordinal(SHAPE, classes)
    family.build((None, 5))
    first, gaps = RANDOM.normal(-1, 1, (6, 1)), RANDOM.gamma(1, 1, (6, classes - 2))
    family.first_cut.assign(first)
    if classes > 2:
        family.log_gaps.assign(np.log(gaps))
    cuts = first + np.concatenate([0 * first, gaps.cumsum(-1)], -1)
    return family, cuts.reshape(*SHAPE, -1)


def probabilities(cuts):
    at_most = special.expit(cuts - LOC[..., None])
    return np.diff(at_most, axis=-1, prepend=0.0, append=1.0)


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_density_of_each_level(classes):
    family, cuts = built(classes)
    expected = np.log(probabilities(cuts))
    found = family.log_probs(PARAMETERS).numpy().reshape(expected.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    for code in range(classes):
        x = tf.fill([4, *SHAPE], float(code))
        found = family.element_log_prob(PARAMETERS, x)
        np.testing.assert_allclose(found, expected[..., code], rtol=1e-4, atol=1e-5)
        p = family.distribution(PARAMETERS)
        np.testing.assert_allclose(p.log_prob(x), expected[..., code].sum((1, 2)), rtol=1e-4)


def test_the_mean_is_the_median_level():
    family, cuts = built(6)
    expected = (probabilities(cuts).cumsum(-1) < 0.5).sum(-1)
    assert len(np.unique(expected)) > 3
    np.testing.assert_array_equal(family.mean(PARAMETERS), expected)
    family.check(family.point(PARAMETERS).numpy())


def test_levels_start_equally_probable():
    family = Ordinal((2,), 5)
    log_probs = family.log_probs(family(tf.zeros([1, 3])))
    np.testing.assert_allclose(log_probs, np.full((1, 2, 5), np.log(0.2)), rtol=1e-5)


def test_both_tails_are_finite_with_gradients_that_point_home():
    family = Ordinal((2,), 4)
    family.build((None, 3))
    loc = tf.constant([[1e4, -1e4]])
    with tf.GradientTape() as tape:
        tape.watch(loc)
        value = family.log_prob({"loc": loc}, tf.constant([[1.0, 2.0]]))
    np.testing.assert_allclose(value, [-2e4], rtol=1e-3)
    np.testing.assert_allclose(tape.gradient(value, loc), [[-1.0, 1.0]], atol=1e-5)


@pytest.mark.parametrize("x", [[[0, 4]], [[-1, 0]], [[0.5, 1]], [[np.nan, 1]]])
def test_values_that_are_no_levels_are_refused(x):
    with pytest.raises(ValueError, match="Ordinal is over codes|not finite"):
        Ordinal((2,), 4).check(np.array(x))


@pytest.mark.parametrize("classes", [1, 2.5, None])
def test_fewer_than_two_levels_are_refused(classes):
    with pytest.raises(ValueError, match="`num_classes` must be"):
        Ordinal((2,), classes)
