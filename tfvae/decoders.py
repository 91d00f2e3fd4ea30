"""Decoders: from latent variables to features, of which a likelihood makes its parameters.

Any `keras.Layer`, `keras.Sequential` or functional model is as good as these.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

# A stack of dense layers reads the same in both directions.
from tfvae.encoders import MLP, GatedDense, GatedJoin, GatedMLP
from tfvae.part import Part, checked_shape, checked_sizes, positive_integer, registered
from tfvae.residual import ResidualBlock

__all__ = ["MLP", "Conv", "GatedDense", "GatedJoin", "GatedMLP", "ResidualBlock", "ResidualMap"]


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


@registered()
class ResidualMap(Part):
    """Residual blocks on a map, which a smaller map is doubled to, or a vector spread over.

    Args:
        map_size: height and width of the map that it gives, such as `(28, 28)`; a map that it is
            given must have this size halved, rounding up, some number of times.
        channels: channels of the map.
        blocks: residual blocks.
        kernel_size: side of the square kernels.
        activation: name of a Keras activation.

    Raises:
        ValueError: if a size is not a whole number above zero; when it is built, if no doubling
            leads to the size.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> tfvae.decoders.ResidualMap((28, 28), 8)(tf.zeros([2, 7, 7, 16])).shape
        TensorShape([2, 28, 28, 8])

    Reference:
        Child 2021, arXiv:2011.10650 (the nearest neighbour, then residual blocks).
    """

    def __init__(
        self,
        map_size: tuple[int, int],
        channels: int = 32,
        blocks: int = 1,
        kernel_size: int = 3,
        activation: str = "silu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.map_size = checked_shape(map_size, "map_size")
        if len(self.map_size) != 2:
            raise ValueError(f"`map_size` must be (height, width), but is {map_size!r}.")
        self.channels = positive_integer(channels, "channels")
        self.blocks = [
            ResidualBlock(self.channels, kernel_size, activation, dtype=self.dtype_policy)
            for _ in range(positive_integer(blocks, "blocks"))
        ]
        self.spread: keras.layers.Dense | None = None
        self.double = keras.layers.UpSampling2D(2, dtype=self.dtype_policy)

    def build(self, input_shape: tuple[Any, ...]) -> None:
        if len(input_shape) == 2:
            units = math.prod(self.map_size) * self.channels
            self.spread = keras.layers.Dense(units, dtype=self.dtype_policy)
            self.spread.build(input_shape)
            self.sizes: list[tuple[int, ...]] = []
            depth = self.channels
        else:
            self.sizes, depth = self._sizes_from(tuple(input_shape)), input_shape[-1]
        for block in self.blocks:
            block.build((None, *self.map_size, depth))
            depth = self.channels
        self.built = True

    def _sizes_from(self, shape: tuple[Any, ...]) -> list[tuple[int, ...]]:
        """Returns the size after each doubling."""
        sizes: list[tuple[int, ...]] = []
        size = self.map_size
        while len(shape) == 4 and size != shape[1:3] and max(size) > 1:
            sizes.insert(0, size)
            size = tuple(-(-side // 2) for side in size)
        if size != shape[1:3]:
            raise ValueError(
                f"Doubling does not lead to a map of size {self.map_size} from input of shape "
                f"{shape[1:]}. Give it a vector, or a map of that size halved, rounding up."
            )
        return sizes

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        features = inputs
        if self.spread is not None:
            features = tf.reshape(self.spread(inputs), (-1, *self.map_size, self.channels))
        for height, width in self.sizes:
            features = self.double(features)[:, :height, :width, :]
        for block in self.blocks:
            features = block(features)
        return features
