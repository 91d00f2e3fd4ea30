"""Heads: from a vector by a dense layer, from a map by a 1x1 convolution, or an error."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.families import Bernoulli, DiagonalNormal, FullNormal, Normal, Projection


def random(*shape):
    return tf.constant(np.random.RandomState(0).normal(size=shape), tf.float32)


def weights_of(projection):
    return projection.dense.kernel.numpy(), projection.dense.bias.numpy()


@pytest.mark.parametrize("event_shape", [(5,), (4, 3, 2), (7, 1)])
def test_a_vector_passes_through_a_dense_layer(event_shape):
    projection, features = Projection(event_shape, bias=0.25), random(3, 6)
    outputs = projection(features)
    kernel, bias = weights_of(projection)
    np.testing.assert_array_equal(bias, 0.25)
    expected = features.numpy() @ kernel + bias
    np.testing.assert_allclose(outputs, expected.reshape(3, *event_shape), rtol=1e-5, atol=1e-6)


def test_a_map_passes_through_a_convolution_of_one_by_one():
    projection, features = Projection((4, 5, 2)), random(3, 4, 5, 6)
    outputs = projection(features)
    kernel, bias = weights_of(projection)
    assert kernel.shape == (6, 2)
    expected = keras.ops.conv(features, kernel[None, None]) + bias
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("features_shape", [(3, 6), (3, 4, 5, 6)])
def test_depth_is_a_new_axis_at_the_end(features_shape):
    projection = Projection((4, 5, 2), depth=3)
    features = random(*features_shape)
    outputs = projection(features)
    assert outputs.shape == (3, 4, 5, 2, 3)
    kernel, bias = weights_of(projection)
    flat = (features.numpy() @ kernel + bias).reshape(3, -1)
    np.testing.assert_allclose(np.reshape(outputs, (3, -1)), flat, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("event_shape", "features"),
    [
        ((4, 5, 2), (5, 4, 6)),
        ((4, 5, 2), (2, 2, 6)),
        ((4, 5, 2), (4, 5)),
        ((4, 5, 2), (4, 5, 2, 6)),
        ((5,), (5, 6)),
        ((5,), (4, 4, 6)),
    ],
)
def test_features_of_another_size_are_refused(event_shape, features):
    with pytest.raises(ValueError, match="Cannot make an event of shape") as caught:
        Projection(event_shape).build((None, *features))
    for said in (str(event_shape), str(features), "keras.layers.Flatten"):
        assert said in str(caught.value)


@pytest.mark.parametrize(
    ("family", "names"),
    [
        (DiagonalNormal(2), {"loc", "scale"}),
        (FullNormal(2), {"loc", "scale", "off_diagonal"}),
        (FullNormal(1), {"loc", "scale"}),
        (Bernoulli((2,)), {"logits"}),
        (Normal((2,)), {"loc"}),
    ],
)
def test_each_parameter_has_a_head_of_its_own(family, names):
    family.build((None, 6))
    assert set(family.projections) == names
    kernels = [weight for weight in family.weights if weight.name == "kernel"]
    assert len(kernels) == len(names)


def test_a_head_computes_in_whole_floats_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    projection = Projection((2,))
    features = tf.constant([[1.0, 2.0**-7]], tf.bfloat16)
    outputs = projection(features)
    assert outputs.dtype == tf.float32
    kernel, _ = weights_of(projection)
    np.testing.assert_allclose(outputs, [[1.0, 2.0**-7]] @ kernel, rtol=1e-6)
