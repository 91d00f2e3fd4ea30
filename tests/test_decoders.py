"""Decoders: the mirrors of the encoders, for images of any size."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae import decoders, encoders
from tfvae.decoders import Conv

SIZES = [(1, 1), (2, 3), (7, 9), (8, 8), (28, 28), (27, 29)]


def floats(*shape):
    return np.random.RandomState(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [(), (4,), (4, 6, 2)])
def test_a_convolutional_decoder_ends_at_the_size_of_the_image(size, channels):
    decoder = Conv(size, channels, dense=5)
    assert decoder(floats(3, 2)).shape == (3, *size, channels[-1] if channels else 1)


@pytest.mark.parametrize("size", SIZES)
def test_its_maps_have_the_sizes_of_the_encoders(size):
    encoder, decoder = encoders.Conv((4, 4, 4), 5), Conv(size, (4, 4, 4), 5)
    shape, sizes = (None, *size, 1), [size]
    for layer in encoder.stack[:3]:
        shape = layer.compute_output_shape(shape)
        sizes.append(shape[1:3])
    assert decoder.sizes == sizes[::-1]


def test_a_convolutional_decoder_is_keras_layers_in_a_row():
    z, decoder = floats(2, 3), Conv((7, 9), (4, 2), dense=5, activation="tanh")
    features = decoder(z)
    weights = [weight.numpy() for weight in decoder.weights]
    values = np.tanh(np.tanh(z @ weights[0] + weights[1]) @ weights[2] + weights[3])
    values = values.reshape(2, 2, 3, 4)
    for (height, width), (kernel, bias) in zip(
        [(4, 5), (7, 9)], (weights[4:6], weights[6:8]), strict=True
    ):
        doubled = keras.ops.conv_transpose(values, kernel, strides=2, padding="same")
        values = np.tanh(doubled + bias)[:, :height, :width]
    np.testing.assert_allclose(features, values, rtol=1e-4, atol=1e-5)


def test_dense_stacks_are_the_encoders_own():
    assert (decoders.MLP, decoders.GatedMLP) == (encoders.MLP, encoders.GatedMLP)


def test_the_symbolic_shape_is_the_real_one():
    decoder = Conv((7, 9), (4, 2), 5)
    assert decoder(keras.KerasTensor((None, 3))).shape == (None, 7, 9, 2)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float64"])
def test_it_computes_in_the_precision_of_the_policy(policy):
    keras.config.set_dtype_policy(policy)
    decoder = Conv((7, 9), (4, 2), 5)
    assert decoder(floats(2, 3)).dtype == policy.removeprefix("mixed_")


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Conv((28, 0)), "image_size"),
        (lambda: Conv(28), "image_size"),
        (lambda: Conv((28, 28, 1)), "image_size"),
        (lambda: Conv((28, 28), (0,)), "channels"),
        (lambda: Conv((28, 28), 64), "channels"),
        (lambda: Conv((28, 28), dense=-1), "dense"),
        (lambda: Conv((28, 28), kernel_size=1.5), "kernel_size"),
    ],
)
def test_sizes_that_are_no_counts_are_refused_by_name(make, name):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        make()


def test_gradients_reach_every_weight():
    decoder = Conv((7, 9), (4, 2), 5, activation="gelu")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(decoder(floats(5, 3))))
    gradients = tape.gradient(loss, decoder.trainable_weights)
    assert all(np.abs(gradient).max() > 0 for gradient in gradients)
