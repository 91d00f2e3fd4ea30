"""How many steps a launch has, and whether XLA compiles them: chosen where the user did not."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tfvae.array_data import ArrayData

# Compiling with XLA costs seconds and saves about a quarter of each step: worth it from here on.
STEPS_WORTH_COMPILING = 2000
# On a CPU, XLA's own convolutions take several times as long as those of TensorFlow (2.21).
CONVOLUTIONS = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
)
# The progress bar moves at least this often in an epoch, and a launch has at most so many steps.
LAUNCHES_PER_EPOCH = 12
MOST_STEPS_PER_LAUNCH = 64


def choose_launches(
    model: Any, steps: int | None, epochs: int, callbacks: Sequence[keras.callbacks.Callback]
) -> dict[str, Any]:
    """Returns `jit_compile` and `steps_per_execution` for a run of so many steps an epoch."""
    chosen = {"jit_compile": model.jit_compile, "steps_per_execution": 1}
    if model.run_eagerly or steps is None or model.distribute_strategy.num_replicas_in_sync > 1:
        return chosen
    if not any(map(follows_batches, callbacks)):
        longest = max(1, steps // LAUNCHES_PER_EPOCH)
        chosen["steps_per_execution"] = min(longest, MOST_STEPS_PER_LAUNCH)
    on_gpu = bool(tf.config.list_logical_devices("GPU"))
    can_compile = all(layer.supports_jit for layer in model._flatten_layers())
    long = steps * epochs >= STEPS_WORTH_COMPILING
    worth_it = on_gpu or (long and not any(map(_convolves, model._flatten_layers())))
    chosen["jit_compile"] = can_compile and worth_it
    return chosen


def _convolves(layer: keras.Layer) -> bool:
    """Whether a layer is one that XLA computes slowly on a CPU."""
    return isinstance(layer, CONVOLUTIONS)


def follows_batches(callback: keras.callbacks.Callback) -> bool:
    """Whether a callback does something after each batch, and so must see each of them."""
    hooks = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
    base = keras.callbacks.Callback
    if isinstance(callback, keras.callbacks.LambdaCallback):
        return any(name in vars(callback) for name in hooks)
    if type(callback).__module__.startswith("keras."):
        frequencies = [getattr(callback, name, "epoch") for name in ("save_freq", "update_freq")]
        return frequencies != ["epoch", "epoch"]
    return any(getattr(type(callback), name) is not getattr(base, name) for name in hooks)


def steps_in_epoch(data: Any) -> int | None:
    """Returns how many batches an epoch has, where that can be known."""
    if isinstance(data, ArrayData):
        return data.length
    if isinstance(data, tf.data.Dataset):
        cardinality = int(data.cardinality().numpy())
        return cardinality if cardinality > 0 else None
    return getattr(data, "num_batches", None)
