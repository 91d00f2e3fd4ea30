"""Residual blocks by hand, and the sizes of maps on the way up and down."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import signal

import tfvae
from tfvae.decoders import ResidualMap
from tfvae.encoders import GatedJoin, ResidualBlock, ResidualPyramid


def image(*shape):
    return np.random.RandomState(0).normal(size=shape).astype("float32")


def by_hand(layer, x):
    """A convolution of one image [height, width, channels], zeros around it."""
    kernel, bias = (weight.numpy() for weight in (layer.kernel, layer.bias))
    found = [
        sum(
            signal.correlate2d(x[..., i], kernel[..., i, o], mode="same")
            for i in range(x.shape[-1])
        )
        for o in range(kernel.shape[-1])
    ]
    return np.stack(found, axis=-1) + bias


@pytest.mark.parametrize("channels", [2, 3])
def test_a_block_adds_two_convolutions(channels):
    block, x = ResidualBlock(channels, activation="relu"), image(5, 4, 2)
    found = block(x[None])[0]
    expected = by_hand(block.second, np.maximum(by_hand(block.first, np.maximum(x, 0.0)), 0.0))
    expected += x if channels == 2 else by_hand(block.shortcut, x)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert (block.shortcut is None) == (channels == 2)


@pytest.mark.parametrize("size", [(28, 28), (7, 9), (13, 18)])
def test_maps_go_down_and_up_through_the_same_sizes(size):
    maps = ResidualPyramid((3, 4, 5))(image(2, *size, 1))
    assert [each.shape[-1] for each in maps] == [3, 4, 5]
    for each in maps:
        assert ResidualMap(size, 2)(each).shape == (2, *size, 2)
        assert (
            ResidualMap(tuple(each.shape[1:3]), 2)(tf.zeros([2, 6])).shape[1:3] == each.shape[1:3]
        )


def test_doubling_repeats_each_pixel():
    layer = ResidualMap((3, 4), 2, activation="relu")
    x = image(1, 2, 2, 2)
    layer.build(x.shape)
    for weight in layer.weights:
        weight.assign(tf.zeros_like(weight))
    expected = x.repeat(2, axis=1).repeat(2, axis=2)[:, :3, :4]
    np.testing.assert_array_equal(layer(x), expected)


def test_a_convolutional_ladder_on_images_of_28_by_28():
    levels = [
        tfvae.latents.Level(
            tfvae.families.NormalMap((*size, 2)),
            down=ResidualMap(size, 8),
            posterior=ResidualBlock(8),
            onward=ResidualBlock(8),
        )
        for size in ((14, 14), (7, 7))
    ]
    levels.append(tfvae.latents.Level(tfvae.families.NormalMap((4, 4, 2))))
    vae = tfvae.VAE(
        ResidualPyramid((8, 8, 8)),
        ResidualMap((28, 28), 8),
        likelihood=tfvae.families.Bernoulli((28, 28, 1)),
        latents=tfvae.latents.Ladder(levels),
    )
    assert vae.latents.event_shape == (14 * 14 * 2 + 7 * 7 * 2 + 4 * 4 * 2,)
    assert vae.latents.decoder_shape == (14, 14, 8)
    x = (image(8, 28, 28, 1) > 0.0).astype("float32")
    vae.compile(keras.optimizers.Adam(3e-3))
    history = vae.fit(x, batch_size=8, epochs=8, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert vae.sample(2, seed=0).shape == (2, 28, 28, 1)


def test_a_join_keeps_its_vectors_apart():
    layer = GatedJoin((2, 3), 4)
    x = image(5, 6)
    found = layer(x)
    outputs = [
        branch(part)
        for branch, part in zip(layer.branches, (x[:, :2], x[:, 2:5], x[:, 5:]), strict=True)
    ]
    np.testing.assert_allclose(found, layer.joint(tf.concat(outputs, -1)), rtol=1e-5)
    assert found.shape == (5, 4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ResidualBlock(0), "channels"),
        (lambda: ResidualBlock(2, kernel_size=1.5), "kernel_size"),
        (lambda: ResidualPyramid(8), "must be a sequence"),
        (lambda: ResidualPyramid((8,), blocks=0), "blocks"),
        (lambda: ResidualMap((8, 8, 1)), r"must be \(height, width\)"),
        (lambda: ResidualMap((8, 8), channels=-1), "channels"),
        (lambda: ResidualMap((8, 8))(tf.zeros([1, 3, 3, 1])), "Doubling does not lead"),
        (lambda: ResidualMap((8, 8))(tf.zeros([1, 3, 1])), "Doubling does not lead"),
        (lambda: GatedJoin(3), "must be a sequence"),
        (lambda: GatedJoin((3,))(tf.zeros([1, 3])), "only 3 numbers come"),
    ],
)
def test_arguments_that_mean_nothing(make, message):
    with pytest.raises(ValueError, match=message):
        make()
