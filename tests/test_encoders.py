"""Encoders: what they compute, in which shapes and precision, and what they refuse."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from tfvae.encoders import MLP, Conv, GatedDense, GatedMLP, LogCounts, Observed

SIZES = [(1, 1), (2, 3), (7, 9), (8, 8), (28, 28), (27, 29)]


def floats(*shape):
    return np.random.RandomState(0).normal(size=shape).astype("float32")


def test_an_mlp_is_dense_layers_on_the_flat_input():
    x, mlp = floats(3, 4, 2), MLP((6, 5), "tanh")
    features = mlp(x)
    first, bias, second, other = (weight.numpy() for weight in mlp.weights)
    expected = np.tanh(np.tanh(x.reshape(3, 8) @ first + bias) @ second + other)
    np.testing.assert_allclose(features, expected, rtol=1e-5, atol=1e-6)


def test_an_mlp_without_layers_is_the_flat_input():
    x, mlp = floats(3, 4, 2), MLP(())
    np.testing.assert_array_equal(mlp(x), x.reshape(3, 8))
    assert mlp.weights == []


def test_a_gated_layer_is_a_linear_one_times_a_gate():
    x, layer = floats(3, 4), GatedDense(5)
    outputs = layer(x)
    kernel, bias = (weight.numpy() for weight in layer.weights)
    linear, gate = np.split(x @ kernel + bias, 2, axis=1)
    np.testing.assert_allclose(outputs, linear * special.expit(gate), rtol=1e-5, atol=1e-6)


def test_a_gated_mlp_has_gated_layers():
    x, mlp = floats(3, 4, 2), GatedMLP((6, 5))
    features = mlp(x)
    assert features.shape == (3, 5)
    assert all(isinstance(layer, GatedDense) for layer in mlp.stack)
    expected = mlp.stack[1](mlp.stack[0](x.reshape(3, 8)))
    np.testing.assert_allclose(features, expected, rtol=1e-6)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [(), (4,), (4, 6, 2)])
def test_a_convolutional_encoder_halves_any_size_rounding_up(size, channels):
    encoder = Conv(channels, dense=5)
    x = floats(2, *size, 3)
    assert encoder(x).shape == (2, 5)
    height, width = size
    for _ in channels:
        height, width = -(-height // 2), -(-width // 2)
    depth = channels[-1] if channels else 3
    assert encoder.stack[-1].kernel.shape == (height * width * depth, 5)


def test_a_convolutional_encoder_is_keras_layers_in_a_row():
    x, encoder = floats(2, 7, 9, 1), Conv((3, 2), dense=4, kernel_size=5, activation="tanh")
    features = encoder(x)
    kernels = [weight.numpy() for weight in encoder.weights]
    values = x
    for kernel, bias in (kernels[0:2], kernels[2:4]):
        values = np.tanh(keras.ops.conv(values, kernel, strides=2, padding="same") + bias)
    expected = np.tanh(values.reshape(2, -1) @ kernels[4] + kernels[5])
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", [lambda: MLP((4,)), lambda: GatedMLP((4,)), lambda: Conv((4,), 4)])
def test_the_symbolic_shape_is_the_real_one(make):
    encoder = make()
    symbolic = encoder(keras.KerasTensor((None, 6, 5, 1)))
    assert symbolic.shape == (None, *encoder(floats(2, 6, 5, 1)).shape[1:])


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float64"])
@pytest.mark.parametrize("make", [lambda: MLP((4,)), lambda: GatedMLP((4,)), lambda: Conv((4,), 4)])
def test_networks_compute_in_the_precision_of_the_policy(make, policy):
    keras.config.set_dtype_policy(policy)
    encoder = make()
    outputs = encoder(floats(2, 6, 5, 1))
    assert outputs.dtype == policy.removeprefix("mixed_")
    stored = "float64" if policy == "float64" else "float32"
    assert {weight.dtype for weight in encoder.weights} == {stored}


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: MLP((4, 0)), "hidden"),
        (lambda: MLP(4), "hidden"),
        (lambda: MLP((4.5,)), "hidden"),
        (lambda: GatedMLP((-1,)), "hidden"),
        (lambda: GatedDense(0), "units"),
        (lambda: Conv((0,)), "channels"),
        (lambda: Conv(8), "channels"),
        (lambda: Conv((4,), dense=0), "dense"),
        (lambda: Conv((4,), kernel_size=0), "kernel_size"),
    ],
)
def test_sizes_that_are_no_counts_are_refused_by_name(make, name):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        make()


@pytest.mark.parametrize("shape", [(None, 784), (None, 28, 28), (None, 2, 28, 28, 1)])
def test_a_convolution_wants_an_image(shape):
    with pytest.raises(ValueError, match=r"reads images of shape \[N, height, width, channels\]"):
        Conv((4,)).build(shape)


def test_gradients_reach_every_weight():
    for encoder in (MLP((4, 3)), GatedMLP((4, 3)), Conv((3, 2), 4, activation="gelu")):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.sin(encoder(floats(5, 6, 5, 1))))
        gradients = tape.gradient(loss, encoder.trainable_weights)
        assert all(np.abs(gradient).max() > 0 for gradient in gradients)


def test_counts_are_read_as_logarithms():
    x = np.array([[0.0, 1.0, 1e6]], "float32")
    found = LogCounts(MLP(()))(x)
    np.testing.assert_allclose(found, np.log1p(x), rtol=1e-6)


def test_missing_values_are_read_as_zeros_and_a_mask():
    x = np.array([[np.nan, 2.0], [0.0, np.nan]], "float32")
    encoder = Observed(keras.Sequential([keras.layers.Dense(3), keras.layers.Dropout(0.5)]))
    encoder.build((None, 2))
    kernel = encoder.network.layers[0].kernel
    assert kernel.shape == (4, 3)
    read = np.array([[0.0, 2.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0]])
    np.testing.assert_allclose(encoder(x), read @ kernel, rtol=1e-5, atol=1e-6)
    # Dropout is told of training.
    assert (encoder(x, training=True).numpy() == 0.0).any()


@pytest.mark.parametrize("kind", [LogCounts, Observed])
def test_what_is_no_network_cannot_be_given_anything(kind):
    with pytest.raises(ValueError, match="`network` must be a Keras layer"):
        kind(np.tanh)
