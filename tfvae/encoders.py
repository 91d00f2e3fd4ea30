"""Encoders: from an example to features, of which a posterior makes its parameters.

Any `keras.Layer`, `keras.Sequential` or functional model is as good as these.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tfvae import reading
from tfvae.augmentation import RandomAffine
from tfvae.corruption import ReplacementNoise
from tfvae.part import Part, checked_sizes, positive_integer, registered
from tfvae.residual import ResidualBlock, ResidualPyramid
from tfvae.special import log_1_plus

__all__ = [
    "MLP",
    "Conv",
    "GatedDense",
    "GatedJoin",
    "GatedMLP",
    "LogCounts",
    "Observed",
    "RandomAffine",
    "ReplacementNoise",
    "ResidualBlock",
    "ResidualPyramid",
]


@registered()
class MLP(Part):
    """Dense layers with an activation each, on the flattened input.

    Args:
        hidden: sizes of the layers; empty for none (the features are the flat input: a linear
            model, once its head is added).
        activation: name of a Keras activation.

    Raises:
        ValueError: if a size is not a whole number above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> tfvae.encoders.MLP((16, 8))(tf.zeros([2, 28, 28, 1])).shape
        TensorShape([2, 8])
    """

    def __init__(
        self, hidden: Sequence[int] = (512, 512), activation: str = "relu", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.hidden = checked_sizes(hidden, "hidden")
        self.activation = activation
        self.flatten = keras.layers.Flatten(dtype=self.dtype_policy)
        self.stack = [self._layer(size) for size in self.hidden]

    def _layer(self, size: int) -> keras.Layer:
        return keras.layers.Dense(size, activation=self.activation, dtype=self.dtype_policy)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = self.flatten.compute_output_shape(input_shape)
        for layer in self.stack:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        features = self.flatten(inputs)
        for layer in self.stack:
            features = layer(features)
        return features


@registered()
class GatedDense(Part):
    r"""A dense layer that a second one gates: $(W x + b) \odot \sigma(V x + c)$.

    Args:
        units: number of outputs.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> tfvae.encoders.GatedDense(8)(tf.zeros([2, 4])).shape
        TensorShape([2, 8])

    Reference:
        Dauphin et al. 2016, arXiv:1612.08083, equation 1; Tomczak and Welling 2017,
        arXiv:1705.07120, for VAEs.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = positive_integer(units, "units")
        # One product for both halves: a wide one runs faster than two narrow ones.
        self.both = keras.layers.Dense(2 * self.units, dtype=self.dtype_policy)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.both.build(input_shape)
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        linear, gate = tf.split(self.both(inputs), 2, axis=-1)
        return linear * tf.math.sigmoid(gate)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.units)


@registered()
class GatedMLP(MLP):
    """Gated dense layers on the flattened input: the network of the field's comparison tables.

    Args:
        hidden: sizes of the layers.

    Raises:
        ValueError: if a size is not a whole number above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> tfvae.encoders.GatedMLP((16, 8))(tf.zeros([2, 28, 28, 1])).shape
        TensorShape([2, 8])

    Reference:
        Tomczak and Welling 2017, arXiv:1705.07120, the networks of the experiments.
    """

    def __init__(self, hidden: Sequence[int] = (300, 300), **kwargs: Any) -> None:
        super().__init__(hidden, **kwargs)

    def _layer(self, size: int) -> keras.Layer:
        return GatedDense(size, dtype=self.dtype_policy)


@registered()
class GatedJoin(Part):
    """A gated dense layer for each of several vectors that come as one, then one for all.

    Where a density is given two variables: p(x given z_1, z_2), or q(z_1 given z_2 and features).

    Args:
        sizes: sizes of the vectors, but for the last: its size is what is left.
        units: outputs of each layer.

    Raises:
        ValueError: if a size is not a whole number above zero; when it is built, if nothing is
            left for the last vector.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> tfvae.encoders.GatedJoin((2,), 16)(tf.zeros([3, 2 + 5])).shape
        TensorShape([3, 16])

    Reference:
        Tomczak and Welling 2017, arXiv:1705.07120, section 4 and the authors' code.
    """

    def __init__(self, sizes: Sequence[int], units: int = 300, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sizes = checked_sizes(sizes, "sizes")
        self.units = positive_integer(units, "units")
        layers = [GatedDense(units, dtype=self.dtype_policy) for _ in range(len(self.sizes) + 2)]
        *self.branches, self.joint = layers

    def build(self, input_shape: tuple[Any, ...]) -> None:
        left = input_shape[-1] - sum(self.sizes)
        if left < 1:
            raise ValueError(
                f"Vectors of sizes {self.sizes} and one more are to come as one, but only "
                f"{input_shape[-1]} numbers come."
            )
        self.split = [*self.sizes, left]
        for branch, size in zip(self.branches, self.split, strict=True):
            branch.build((None, size))
        self.joint.build((None, self.units * len(self.branches)))
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        vectors = tf.split(inputs, self.split, axis=-1)
        pairs = zip(self.branches, vectors, strict=True)
        return self.joint(tf.concat([branch(vector) for branch, vector in pairs], axis=-1))


@registered()
class LogCounts(reading.Reading):
    """Gives a network log(1 + x) in place of counts x, which differ by orders of magnitude.

    Args:
        network: a Keras layer or model.

    Raises:
        ValueError: if it is no Keras layer.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> tfvae.encoders.LogCounts(tfvae.encoders.MLP((8,)))(tf.fill([2, 4], 1e5)).shape
        TensorShape([2, 8])

    Reference:
        Lopez et al. 2018, "Deep generative modeling for single-cell transcriptomics", Nature
        Methods 15, methods (earlier, under another title, arXiv:1709.02082).
    """

    def read(self, inputs: tf.Tensor) -> tf.Tensor:
        return log_1_plus(inputs)


@registered()
class Observed(reading.Reading):
    """Gives a network zeros where values are missing (NaN), and beside them what is observed.

    Args:
        network: a Keras layer or model; its inputs have twice as many columns: the values, then
            1 where one is observed and 0 where it is missing.

    Raises:
        ValueError: if it is no Keras layer.

    Example:
        >>> import numpy as np, tensorflow as tf, tfvae
        >>> linear = tfvae.encoders.MLP(())
        >>> tfvae.encoders.Observed(linear)(tf.constant([[7.0, np.nan]])).numpy()
        array([[7., 0., 1., 0.]], dtype=float32)

    Reference:
        Nazabal, Olmos, Ghahramani and Valera 2018, arXiv:1807.03653, for the zeros. The
        mask is added here, by which a zero is told from a missing value.
    """

    reads_missing = True

    def read(self, inputs: tf.Tensor) -> tf.Tensor:
        observed = tf.logical_not(tf.math.is_nan(inputs))
        values = tf.where(observed, inputs, tf.zeros_like(inputs))
        return tf.concat([values, tf.cast(observed, inputs.dtype)], axis=-1)

    def read_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*input_shape[:-1], 2 * input_shape[-1])


@registered("ConvEncoder")
class Conv(Part):
    """Strided convolutions that halve an image of any size, even or odd, then a dense layer.

    Args:
        channels: channels of the convolutions; each halves height and width, rounding up.
        dense: units of the dense layer on the flattened map.
        kernel_size: side of the square kernels.
        activation: name of a Keras activation.

    Raises:
        ValueError: if a size is not a whole number above zero, or the input is not
            `[N, height, width, channels]`.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> tfvae.encoders.Conv((8, 16), dense=32)(tf.zeros([2, 27, 29, 3])).shape
        TensorShape([2, 32])
    """

    def __init__(
        self,
        channels: Sequence[int] = (32, 64),
        dense: int = 256,
        kernel_size: int = 3,
        activation: str = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.channels = checked_sizes(channels, "channels")
        layers: list[keras.Layer] = [
            keras.layers.Conv2D(
                size,
                positive_integer(kernel_size, "kernel_size"),
                strides=2,
                padding="same",
                activation=activation,
                dtype=self.dtype_policy,
            )
            for size in self.channels
        ]
        layers.append(keras.layers.Flatten(dtype=self.dtype_policy))
        units = positive_integer(dense, "dense")
        layers.append(keras.layers.Dense(units, activation=activation, dtype=self.dtype_policy))
        self.stack = layers

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if len(input_shape) != 4:
            raise ValueError(
                "A convolutional encoder reads images of shape [N, height, width, channels], but "
                f"was given {tuple(input_shape)}. Add the axis of channels to the event's shape, "
                "such as (28, 28, 1), or take `tfvae.encoders.MLP`."
            )
        shape = input_shape
        for layer in self.stack:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        features = inputs
        for layer in self.stack:
            features = layer(features)
        return features
