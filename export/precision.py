"""Rebuilding a model in float32, in which artefacts compute, or in float64, to judge them by."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from .errors import ExportError

# Under a mixed policy the converter leaves casts and half-precision operations that LiteRT lacks.
OTHER_FLOATS = ("float16", "bfloat16", "float64")
POLICIES = ("float32", *OTHER_FLOATS, "mixed_float16", "mixed_bfloat16")
REFUSALS = (TypeError, ValueError, AttributeError)


def in_float32(model: Any) -> tuple[Any, str | None]:
    """Returns a model that computes in float32, and the precision that it was rebuilt from.

    A model that is in float32 throughout is returned as it is, with None. Any other is built anew
    from its config, with the same weights; the original is not touched.

    Args:
        model: a `tfvae.VAE`.

    Raises:
        ExportError: if the config does not give the model back.
    """
    others = sorted({policy.name for policy in _policies(model) if _is_other(policy)})
    others += sorted({str(weight.dtype) for weight in model.weights} & set(OTHER_FLOATS))
    if not others:
        return model, None
    try:
        clone = _rebuilt(model, "float32")
    except REFUSALS as error:
        # Before that, Keras repeats the config, once for each layer around the one that failed.
        reason = str(error).split("Exception encountered: ")[-1].removesuffix(".")
        raise ExportError(
            f"The model computes in {others[0]}, and artefacts in float32, but it could not be "
            f"rebuilt in float32 from its config: {reason}. Give your own layers a `get_config`, "
            "or build the model under the policy 'float32' and load its weights."
        ) from error
    return clone, others[0]


def in_float64(model: Any) -> Any | None:
    """Returns the same model, rounding nothing that float32 does; None if it cannot be rebuilt.

    Args:
        model: a `tfvae.VAE` that computes in float32.
    """
    try:
        return _rebuilt(model, "float64")
    except REFUSALS:
        return None


def _policies(model: Any) -> Iterator[Any]:
    for layer in _layers(model):
        yield layer.dtype_policy


def _layers(model: Any) -> list[Any]:
    return list(model._flatten_layers(include_self=True, recursive=True))


def _is_other(policy: Any) -> bool:
    return bool({policy.compute_dtype, policy.variable_dtype} & set(OTHER_FLOATS))


@contextmanager
def _by_default(dtype: str) -> Iterator[None]:
    policy, floats = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy(dtype)
    keras.config.set_floatx(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(floats)
        keras.config.set_dtype_policy(policy)


def _rebuilt(model: Any, dtype: str) -> Any:
    config = _with_dtype(keras.saving.serialize_keras_object(model), dtype)
    config.pop("compile_config", None)
    # The objects are the user's own, from this process: what they contain is as safe as they are.
    with _by_default(dtype):
        clone = keras.saving.deserialize_keras_object(
            config, custom_objects=_custom_objects(model), safe_mode=False
        )
    clone.set_weights([np.asarray(value, dtype) for value in model.get_weights()])
    return clone


def _with_dtype(config: Any, dtype: str) -> Any:
    if isinstance(config, list | tuple):
        return type(config)(_with_dtype(entry, dtype) for entry in config)
    if not isinstance(config, dict):
        return config
    return {
        key: dtype if key == "dtype" and _names_floats(value) else _with_dtype(value, dtype)
        for key, value in config.items()
    }


def _names_floats(dtype: Any) -> bool:
    if isinstance(dtype, dict):
        return dtype.get("class_name") in ("DTypePolicy", "FloatDTypePolicy")
    return dtype in POLICIES


def _custom_objects(model: Any) -> dict[str, Any]:
    """The classes and functions of the model by name, so that none need be registered."""
    layers = _layers(model)
    found: dict[str, Any] = {type(layer).__name__: type(layer) for layer in layers}
    for layer in layers:
        for value in vars(layer).values():
            if inspect.isfunction(value):
                found.setdefault(value.__name__, value)
    return found
