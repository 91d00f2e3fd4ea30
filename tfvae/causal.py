"""A network over sequences in which nothing looks ahead."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tfvae.part import Part, positive_integer, registered

# What a network carries from one step to the next: tensors `[M, ...]`, nested in any way.
State = Any


class Steps(NamedTuple):
    """A network over sequences, taken step by step.

    Attributes:
        start: from the number of sequences M, a scalar, to the state before the first step.
        step: from the inputs of a step `[M, units]` and the state to its outputs and the next.
    """

    start: Callable[[tf.Tensor], State]
    step: Callable[[tf.Tensor, State], tuple[tf.Tensor, State]]


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

    def start(self, count: tf.Tensor) -> list[tf.Tensor]:
        """Returns what the layers see before the first step: for each, `[count, distance, units]`.

        Args:
            count: number of sequences, int32, a scalar.
        """
        shapes = [(count, distance, self.units) for distance in self.distances]
        return [tf.zeros(shape, self.compute_dtype) for shape in shapes]

    def step(self, inputs: tf.Tensor, seen: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Returns the outputs `[M, units]` of one step, and what the layers have seen after it."""
        # Keras casts what a layer is called with, and this is no call.
        state, later = tf.cast(inputs, self.compute_dtype), []
        for before, layer in zip(seen, self.stack, strict=True):
            later.append(tf.concat([before[:, 1:], state[:, None]], axis=1))
            state += layer(tf.concat([state, before[:, 0]], axis=-1))
        return state, later


def is_recurrent(network: keras.Layer) -> bool:
    """Whether a network is a recurrent layer of Keras that can be taken step by step."""
    recurrent = isinstance(network, keras.layers.RNN)
    return recurrent and not (network.go_backwards or network.stateful)


def steps_of(network: keras.Layer, length: int, units: int) -> Steps:
    """Returns a network step by step; one of another kind is run over the whole at each step.

    Args:
        network: from `[M, length, units]` to `[M, length, any]`; no step sees a later one.
        length: number of steps.
        units: size of the inputs.
    """
    if isinstance(network, CausalNetwork):
        return Steps(network.start, network.step)
    if is_recurrent(network):
        return Steps(network.get_initial_state, lambda *given: _recurrent_step(network, *given))
    return Steps(
        lambda count: (tf.constant(0), tf.zeros([count, length, units], network.compute_dtype)),
        lambda *given: _step_of_all(network, *given),
    )


def _recurrent_step(
    network: keras.Layer, inputs: tf.Tensor, state: State
) -> tuple[tf.Tensor, State]:
    outputs, later = network.cell(inputs, state)
    return outputs, tf.nest.pack_sequence_as(state, tf.nest.flatten(later))


def _step_of_all(
    network: keras.Layer, inputs: tf.Tensor, state: tuple[tf.Tensor, tf.Tensor]
) -> tuple[tf.Tensor, State]:
    step, sequence = state
    place = tf.one_hot(step, sequence.shape[1], dtype=sequence.dtype)[:, None]
    sequence += tf.cast(inputs, sequence.dtype)[:, None] * place
    return tf.gather(network(sequence), step, axis=1), (step + 1, sequence)
