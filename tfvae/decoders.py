"""Decoders: from latent variables to features, of which a likelihood makes its parameters.

Any `keras.Layer`, `keras.Sequential` or functional model is as good as these.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

# A stack of dense layers reads the same in both directions.
from tfvae.encoders import MLP, GatedDense, GatedMLP, checked_sizes
from tfvae.part import Part, checked_shape, positive_integer, registered

__all__ = ["MLP", "Conv", "GatedDense", "GatedMLP"]


@registered("ConvDecoder")
class Conv(Part):
    """A dense layer, then transposed convolutions that double up to an image of any size.

    The mirror of `tfvae.encoders.Conv`: the smallest map has the size at which that one ends, and
    each doubling is cropped to the size that it had there, so that odd sizes come out exactly.

    Args:
        image_size: height and width of the image, such as `(28, 28)`.
        channels: channels of the transposed convolutions; each doubles height and width.
        dense: units of the dense layer that reads the latent variables.
        kernel_size: side of the square kernels.
        activation: name of a Keras activation.

    Raises:
        ValueError: if a size is not a whole number above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> tfvae.decoders.Conv((27, 29), channels=(16, 8))(tf.zeros([2, 4])).shape
        TensorShape([2, 27, 29, 8])
    """

    def __init__(
        self,
        image_size: tuple[int, int],
        channels: Sequence[int] = (64, 32),
        dense: int = 256,
        kernel_size: int = 3,
        activation: str = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        size = checked_shape(image_size, "image_size")
        if len(size) != 2:
            raise ValueError(f"`image_size` must be (height, width), but is {image_size!r}.")
        self.channels = checked_sizes(channels, "channels")
        sizes: list[tuple[int, ...]] = [size]
        for _ in self.channels:
            sizes.append(tuple(-(-side // 2) for side in sizes[-1]))
        self.sizes = sizes[::-1]
        depth = self.channels[0] if self.channels else 1
        self.flatten = keras.layers.Flatten(dtype=self.dtype_policy)
        self.widen = [
            keras.layers.Dense(units, activation=activation, dtype=self.dtype_policy)
            for units in (positive_integer(dense, "dense"), math.prod(self.sizes[0]) * depth)
        ]
        self.reshape = keras.layers.Reshape((*self.sizes[0], depth), dtype=self.dtype_policy)
        self.double = [
            keras.layers.Conv2DTranspose(
                out,
                positive_integer(kernel_size, "kernel_size"),
                strides=2,
                padding="same",
                activation=activation,
                dtype=self.dtype_policy,
            )
            for out in self.channels
        ]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = self.flatten.compute_output_shape(input_shape)
        for layer in self.widen:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        shape = self.reshape.compute_output_shape(shape)
        for layer, (height, width) in zip(self.double, self.sizes[1:], strict=True):
            layer.build(shape)
            shape = (None, height, width, layer.filters)
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        features = self.flatten(inputs)
        for layer in self.widen:
            features = layer(features)
        features = self.reshape(features)
        for layer, (height, width) in zip(self.double, self.sizes[1:], strict=True):
            features = layer(features)[:, :height, :width, :]
        return features
