"""A network over sequences in which nothing looks ahead."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.part import Part, positive_integer, registered


@registered()
class CausalNetwork(Part):
    """Dilated causal convolutions: each step sees itself and all before it, and none after.

    The distance that a layer looks back doubles from layer to layer, until the first step of a
    sequence reaches the last.

    Args:
        units: channels of each layer; the input has as many.

    Raises:
        ValueError: if `units` is not a whole number above zero.

    Example:
        >>> import tensorflow as tf
        >>> CausalNetwork(8)(tf.zeros([2, 10, 8])).shape
        TensorShape([2, 10, 8])

    Reference:
        van den Oord et al. 2016, arXiv:1609.03499, section 2.1; Yang et al. 2017,
        arXiv:1702.08139, as the decoder of a VAE.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = positive_integer(units, "units")

    def build(self, input_shape: tuple[Any, ...]) -> None:
        length = input_shape[1]
        self.distances = [2**power for power in range((length - 1).bit_length())]
        self.stack = [
            keras.layers.Dense(self.units, activation="relu", dtype=self.dtype_policy)
            for _ in self.distances
        ]
        for layer in self.stack:
            layer.build((*input_shape[:-1], 2 * self.units))
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        state = inputs
        for distance, layer in zip(self.distances, self.stack, strict=True):
            # A convolution of two taps, as one product of matrices.
            before = tf.pad(state[:, :-distance], [[0, 0], [distance, 0], [0, 0]])
            state += layer(tf.concat([state, before], axis=-1))
        return state
