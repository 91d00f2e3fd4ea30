"""Flows whose layers have networks: masked dense layers, which a context may join."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.flows.flow import LARGEST_LOG_SCALE, Context, Flow
from tfvae.part import checked_sizes

Masks = list[np.ndarray]
Network = Callable[[tf.Tensor], tf.Tensor]


def _product(values: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    # Of a batch of unknown size `tensordot` makes some twenty operations, in each of the steps
    # that an autoregressive layer takes to be sampled.
    return tf.matmul(values, kernel) if values.shape.rank == 2 else tf.tensordot(values, kernel, 1)


class MaskedNetwork(keras.layers.Layer):
    """Dense layers on the last axis, each of which leaves some inputs out of some outputs.

    There is an activation between layers; a context joins the first, and the last starts at zero.

    Args:
        masks: of the layers, each `[inputs, outputs]`: 1 where an output may depend on an input, 0
            elsewhere.
        context_size: length of the context; 0 for none.
        activation: name of a Keras activation.
    """

    def __init__(self, masks: Masks, context_size: int, activation: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.masks = masks
        self.activation = keras.activations.get(activation)
        last = len(masks) - 1
        self.kernels, self.biases = [], []
        for number, mask in enumerate(masks):
            start = "zeros" if number == last else "glorot_uniform"
            self.kernels.append(self._weight(f"kernel_{number}", mask.shape, start))
            self.biases.append(self._weight(f"bias_{number}", mask.shape[1:], "zeros"))
        self.context_kernel = None
        if context_size:
            shape = (context_size, masks[0].shape[1])
            self.context_kernel = self._weight("context_kernel", shape, "glorot_uniform")
        self.built = True

    def _weight(self, name: str, shape: tuple[int, ...], initializer: str) -> keras.Variable:
        return self.add_weight(name=name, shape=shape, initializer=initializer, autocast=False)

    def given(self, context: tf.Tensor | None) -> Network:
        """Returns the network as a function of its inputs `[..., I]` alone, given `[B, C]`.

        What does not depend on the inputs is computed once, however often they change.
        """
        kernels = [
            tf.convert_to_tensor(kernel) * tf.cast(mask, kernel.dtype)
            for kernel, mask in zip(self.kernels, self.masks, strict=True)
        ]
        biases = [tf.convert_to_tensor(bias) for bias in self.biases]
        if self.context_kernel is not None:
            biases[0] += tf.matmul(context, tf.convert_to_tensor(self.context_kernel))

        def network(inputs: tf.Tensor) -> tf.Tensor:
            outputs = _product(inputs, kernels[0]) + biases[0]
            for kernel, bias in zip(kernels[1:], biases[1:], strict=True):
                outputs = _product(self.activation(outputs), kernel) + bias
            return outputs

        return network


class NetworkedFlow(Flow):
    """A flow each of whose layers has a network that gives shifts and scales.

    Args:
        num_layers: number of layers.
        hidden: sizes of each network's hidden layers, at least one.
        context_size: length of the context vector that the networks read; 0 for none.
        activation: name of a Keras activation.
    """

    def __init__(
        self,
        num_layers: int = 4,
        hidden: Sequence[int] = (64, 64),
        context_size: int = 0,
        activation: str = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(num_layers, **kwargs)
        self.hidden = checked_sizes(hidden, "hidden")
        if not self.hidden:
            raise ValueError("`hidden` must have at least one size, such as (64,), but is empty.")
        whole = hasattr(context_size, "__index__") and not isinstance(context_size, bool)
        if not whole or context_size.__index__() < 0:
            raise ValueError(
                f"`context_size` must be a whole number of at least 0, but is {context_size!r}."
            )
        self.context_size = context_size.__index__()
        self.conditional = self.context_size > 0
        self.activation = activation

    def build(self, shape: tuple[Any, ...]) -> None:
        super().build(shape)
        if self.size < 2:
            raise ValueError(
                f"{type(self).__name__} moves each coordinate by what the others are, but the "
                "latents have one coordinate alone. Take more of them, or leave the flow out; "
                "`tfvae.flows.Planar` maps a single one."
            )
        self.networks = [
            MaskedNetwork(
                self.masks(layer), self.context_size, self.activation, dtype=self.density_dtype
            )
            for layer in range(self.num_layers)
        ]

    def masks(self, layer: int) -> Masks:
        """Returns the masks of one layer's network."""
        raise TypeError(f"{type(self).__name__} must define `masks`.")

    def context_heads(self) -> dict[str, keras.layers.Dense]:
        if not self.conditional:
            return {}
        head = keras.layers.Dense(self.context_size, name="context", dtype=self.density_dtype)
        return {"context": head}

    def network(self, layer: int, context: Context) -> Callable[[tf.Tensor], list[tf.Tensor]]:
        """Returns a layer's network, from `[..., I]` to the two halves of what it makes of it."""
        network = self.networks[layer].given(context.get("context"))
        return lambda inputs: tf.split(network(inputs), 2, axis=-1)


def bounded(raw: tf.Tensor) -> tf.Tensor:
    """Maps any real number to a log-scale: itself near 0, at most `LARGEST_LOG_SCALE` in size."""
    return LARGEST_LOG_SCALE * tf.tanh(raw / LARGEST_LOG_SCALE)
