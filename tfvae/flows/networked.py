"""Flows whose layers have networks: masked dense layers, which a context may join."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.flows.flow import LARGEST_LOG_SCALE, Context, Flow
from tfvae.part import checked_sizes

Masks = list[np.ndarray]


class MaskedDense(keras.layers.Layer):
    """A dense layer on the last axis that leaves some inputs out of some outputs.

    Args:
        mask: `[inputs, outputs]`, 1 where an output may depend on an input, 0 elsewhere.
        initializer: of the kernel; biases start at 0.
    """

    def __init__(self, mask: np.ndarray, initializer: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask = mask
        self.kernel = self.add_weight(name="kernel", shape=mask.shape, initializer=initializer)
        self.bias = self.add_weight(name="bias", shape=mask.shape[1:], initializer="zeros")
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        kernel = tf.convert_to_tensor(self.kernel) * tf.constant(self.mask, inputs.dtype)
        return tf.tensordot(inputs, kernel, 1) + tf.convert_to_tensor(self.bias)


class MaskedNetwork(keras.layers.Layer):
    """Masked dense layers with an activation between them; a context joins the first of them.

    The last layer starts at zero.

    Args:
        masks: of the layers, from the first to the last.
        context_size: length of the context; 0 for none.
        activation: name of a Keras activation.
    """

    def __init__(self, masks: Masks, context_size: int, activation: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)
        last = len(masks) - 1
        self.stack = [
            MaskedDense(
                mask, "zeros" if number == last else "glorot_uniform", dtype=self.dtype_policy
            )
            for number, mask in enumerate(masks)
        ]
        self.of_context = None
        if context_size:
            units = masks[0].shape[1]
            self.of_context = keras.layers.Dense(units, use_bias=False, dtype=self.dtype_policy)
            self.of_context.build((None, context_size))
        self.built = True

    def call(self, inputs: tf.Tensor, context: tf.Tensor | None = None) -> tf.Tensor:
        """Maps inputs `[..., I]` and a context `[B, C]` to outputs `[..., O]`."""
        first, *others = self.stack
        outputs = first(inputs)
        if self.of_context is not None:
            outputs += self.of_context(context)
        for layer in others:
            outputs = layer(self.activation(outputs))
        return outputs


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

    def network(self, layer: int, inputs: tf.Tensor, context: Context) -> list[tf.Tensor]:
        """Returns the two halves of what a layer's network makes of `[..., I]` and the context."""
        outputs = self.networks[layer](inputs, context.get("context"))
        return tf.split(outputs, 2, axis=-1)


def bounded(raw: tf.Tensor) -> tf.Tensor:
    """Maps any real number to a log-scale: itself near 0, at most `LARGEST_LOG_SCALE` in size."""
    return LARGEST_LOG_SCALE * tf.tanh(raw / LARGEST_LOG_SCALE)
