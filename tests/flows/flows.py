"""Flows with random weights, and contexts for those that take one."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfvae.flows import Flow, InverseAutoregressive, MaskedAutoregressive, Planar, RealNVP

NETWORKED = [RealNVP, MaskedAutoregressive, InverseAutoregressive]
FEATURES = 6


def random_flow(kind: type[Flow], size: int, dtype: str = "float64", **arguments: Any) -> Flow:
    """A flow far from the identity; networks have an activation that is smooth."""
    if kind is not Planar:
        arguments = {"hidden": (9, 8), "activation": "tanh", **arguments}
    flow = kind(3, dtype=dtype, **arguments)
    flow.build((None, size))
    random = np.random.RandomState(size)
    for weight in flow.weights:
        weight.assign(0.7 * random.normal(size=weight.shape))
    return flow


def context_for(flow: Flow, batch: int, seed: int = 0) -> dict[str, tf.Tensor]:
    """A context that differs between examples, none for a flow that takes none."""
    random = np.random.RandomState(seed)
    sizes = {}
    for name, head in flow.context_heads().items():
        head.build((None, FEATURES))
        sizes[name] = head.units
    return {
        name: tf.constant(random.normal(size=(batch, units)), flow.density_dtype)
        for name, units in sizes.items()
    }


def points(*shape: int, dtype: str = "float64", seed: int = 1) -> tf.Tensor:
    return tf.constant(1.5 * np.random.RandomState(seed).normal(size=shape), dtype)


def jacobian(function: Any, inputs: tf.Tensor) -> np.ndarray:
    """d function / d inputs by automatic differentiation, `[N, outputs, D]`, inputs `[N, D]`."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        outputs = function(inputs)
    return tape.batch_jacobian(outputs, inputs, experimental_use_pfor=False).numpy()
