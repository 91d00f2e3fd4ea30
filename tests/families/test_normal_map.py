"""A Gaussian on a map: local heads, and the same density as that of the vector."""

import numpy as np
import pytest
import tensorflow as tf

from tfvae.families import DiagonalNormal, NormalMap


def test_a_place_depends_on_the_features_of_that_place_alone():
    family = NormalMap((3, 2, 2))
    features = np.random.RandomState(0).normal(size=(1, 3, 2, 5)).astype("float32")
    before = {name: value.numpy() for name, value in family(features).items()}
    features[0, 1, 0] += 1.0
    for name, value in family(features).items():
        changed = (value.numpy() != before[name]).reshape(3, 2, 2)
        assert changed[1, 0].all()
        assert changed.sum() == 2


def test_it_is_the_diagonal_gaussian_of_the_flattened_map():
    family, vector = NormalMap((3, 2, 2)), DiagonalNormal(12)
    assert (family.event_shape, family.noise()) == (vector.event_shape, vector.noise())
    parameters = family(np.ones([4, 3, 2, 5], "float32"))
    z = tf.random.stateless_normal([4, 12], (0, 0))
    np.testing.assert_array_equal(family.log_prob(parameters, z), vector.log_prob(parameters, z))


def test_a_vector_of_features_will_do():
    assert NormalMap((3, 2, 2))(tf.zeros([4, 5]))["loc"].shape == (4, 12)


@pytest.mark.parametrize("shape", [(3,), (3, 2), 12, (3, 2, 0)])
def test_what_is_no_map_is_refused(shape):
    with pytest.raises(ValueError, match="`map_shape` must be"):
        NormalMap(shape)


def test_features_of_another_size_are_refused():
    with pytest.raises(ValueError, match="Cannot make an event of shape"):
        NormalMap((3, 2, 2))(tf.zeros([4, 5, 5, 1]))
