"""Finite scalars against a direct search over all their codes, for even and odd levels."""

import numpy as np
import pytest
import tensorflow as tf

from tfvae.quantisers import FiniteScalars

every_kind = pytest.mark.parametrize("levels", [(2,), (3,), (8, 5, 5, 5), (4, 7), (2, 3, 6)])


def grid(levels):
    """Every vector in the order of its code, the first number counting fastest."""
    axes = [(np.arange(count) - count // 2) / (count // 2) for count in levels]
    mesh = np.meshgrid(*axes[::-1], indexing="ij")
    return np.stack([values.ravel() for values in mesh[::-1]], -1)


def bounded(features, levels):
    """The paper's listing, in float64, in units of the grid."""
    levels = np.array(levels)
    half = (levels - 1) * (1 - 1e-3) / 2
    offset = np.where(levels % 2 == 1, 0.0, 0.5)
    shift = np.tan(offset / half)
    return (np.tanh(features + shift) * half - offset) / (levels // 2)


def features_for(levels, count=500):
    return np.random.RandomState(0).normal(size=(count, len(levels)), scale=2).astype("float32")


@every_kind
def test_codes_number_the_vectors_of_the_grid(levels):
    quantiser, expected = FiniteScalars(levels), grid(levels)
    assert (quantiser.num_codes, quantiser.code_size) == (len(expected), len(levels))
    codes = tf.range(quantiser.num_codes)
    np.testing.assert_allclose(quantiser.vectors(codes), expected, rtol=1e-6)


@every_kind
def test_the_code_nearest_to_the_bounded_features_is_taken(levels):
    features, table = features_for(levels), grid(levels)
    units = np.array(levels) // 2
    difference = (bounded(features.astype("float64"), levels)[:, None] - table) * units
    found = FiniteScalars(levels).quantise(tf.constant(features))
    expected = np.square(difference).sum(-1).argmin(-1)
    assert found.codes.dtype == tf.int32
    np.testing.assert_array_equal(found.codes, expected)
    np.testing.assert_allclose(found.vectors, table[expected], rtol=1e-6)
    np.testing.assert_array_equal(found.loss, np.zeros(len(features)))


@every_kind
def test_every_code_can_be_reached(levels):
    features = np.random.RandomState(1).normal(size=(60_000, len(levels)))
    codes = FiniteScalars(levels).quantise(tf.constant(features, tf.float32)).codes
    assert len(np.unique(codes)) == np.prod(levels)


@every_kind
def test_gradients_pass_the_rounding_but_not_the_bound(levels):
    features = tf.constant(features_for(levels, 5))
    with tf.GradientTape() as tape:
        tape.watch(features)
        total = tf.reduce_sum(FiniteScalars(levels).quantise(features).vectors)
    step = 1e-6
    values = features.numpy().astype("float64")
    expected = (bounded(values + step, levels) - bounded(values - step, levels)) / (2 * step)
    np.testing.assert_allclose(tape.gradient(total, features), expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("levels", [(3,), (8, 5, 5, 5), (4, 7)])
def test_zero_is_the_middle(levels):
    found = FiniteScalars(levels).quantise(tf.zeros([1, len(levels)]))
    np.testing.assert_array_equal(found.vectors, np.zeros([1, len(levels)]))


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ((5, 1), "Each of `levels` must be at least 2"),
        ((5, 0), "`levels` must be a whole number of at least 1"),
        ((), "`levels` must be whole numbers such as"),
        (8, "`levels` must be whole numbers such as"),
        ((1000,) * 4, "more codes than int32 can count"),
    ],
)
def test_bad_levels_are_refused(levels, message):
    with pytest.raises(ValueError, match=message):
        FiniteScalars(levels)
