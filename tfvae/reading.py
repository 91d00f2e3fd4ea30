"""Networks that are given something made of an example in the place of it."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.part import Part
from tfvae.wiring import apply_network


class Reading(Part):
    """What gives a network something made of an example in the place of it.

    Args:
        network: a Keras layer or model.
    """

    def __init__(self, network: keras.Layer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(network, keras.Layer):
            raise ValueError(f"`network` must be a Keras layer or model, but is {network!r}.")
        self.network = network

    def read(self, inputs: tf.Tensor) -> tf.Tensor:
        """Returns what the network is given."""
        raise TypeError(f"{type(self).__name__} must define `read`.")

    def read_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the shape of what the network is given."""
        return input_shape

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if not self.network.built:
            self.network.build(self.read_shape(tuple(input_shape)))
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        return apply_network(self.network, self.read(inputs), training)
