"""Residual blocks, and a stack of them at falling sizes, for convolutional ladders."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tfvae.part import Part, checked_sizes, positive_integer, registered


@registered()
class ResidualBlock(Part):
    r"""Two convolutions that add to a map of features what it lacks.

    $$y = x + W_2 * a(W_1 * a(x))$$

    Height and width stay; where the number of channels changes, x passes a 1x1 convolution first.

    Args:
        channels: channels of y.
        kernel_size: side of the square kernels.
        activation: a, the name of a Keras activation.

    Raises:
        ValueError: if a size is not a whole number above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> tfvae.encoders.ResidualBlock(8)(tf.zeros([2, 7, 7, 4])).shape
        TensorShape([2, 7, 7, 8])

    Reference:
        He et al. 2016, arXiv:1603.05027, figure 1 (b), without batch normalisation.
    """

    def __init__(
        self, channels: int, kernel_size: int = 3, activation: str = "silu", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.channels = positive_integer(channels, "channels")
        self.activation = keras.activations.get(activation)
        size = positive_integer(kernel_size, "kernel_size")
        self.first, self.second = self._convolution(size), self._convolution(size)
        self.shortcut: keras.layers.Conv2D | None = None

    def _convolution(self, size: int) -> keras.layers.Conv2D:
        return keras.layers.Conv2D(self.channels, size, padding="same", dtype=self.dtype_policy)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if input_shape[-1] != self.channels:
            self.shortcut = self._convolution(1)
            self.shortcut.build(input_shape)
        self.first.build(input_shape)
        self.second.build((*input_shape[:-1], self.channels))
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        added = self.second(self.activation(self.first(self.activation(inputs))))
        return added + (inputs if self.shortcut is None else self.shortcut(inputs))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.channels)


@registered()
class ResidualPyramid(Part):
    """Halves an image again and again, with residual blocks at each size, and returns every map.

    What a ladder with a level at each size reads: the list goes from the largest map to the
    smallest, as levels go from z_1 up.

    Args:
        channels: channels of the maps; each halves height and width, rounding up.
        blocks: residual blocks at each size.
        kernel_size: side of the square kernels.
        activation: name of a Keras activation.

    Raises:
        ValueError: if a size is not a whole number above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> maps = tfvae.encoders.ResidualPyramid((8, 16))(tf.zeros([2, 28, 28, 1]))
        >>> [tuple(each.shape) for each in maps]
        [(2, 14, 14, 8), (2, 7, 7, 16)]

    Reference:
        Kingma et al. 2016, arXiv:1606.04934, figure 3 (the bottom-up path). Theirs halves once, at
        its first layer (appendix C.4).
    """

    def __init__(
        self,
        channels: Sequence[int] = (32, 64),
        blocks: int = 1,
        kernel_size: int = 3,
        activation: str = "silu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.channels = checked_sizes(channels, "channels")
        size = positive_integer(kernel_size, "kernel_size")
        self.halve = [
            keras.layers.Conv2D(each, size, strides=2, padding="same", dtype=self.dtype_policy)
            for each in self.channels
        ]
        self.blocks = [
            [
                ResidualBlock(each, size, activation, dtype=self.dtype_policy)
                for _ in range(positive_integer(blocks, "blocks"))
            ]
            for each in self.channels
        ]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = input_shape
        for halve, blocks in zip(self.halve, self.blocks, strict=True):
            halve.build(shape)
            shape = halve.compute_output_shape(shape)
            for block in blocks:
                block.build(shape)
        self.built = True

    def call(self, inputs: tf.Tensor) -> list[tf.Tensor]:
        features, maps = inputs, []
        for halve, blocks in zip(self.halve, self.blocks, strict=True):
            features = halve(features)
            for block in blocks:
                features = block(features)
            maps.append(features)
        return maps
