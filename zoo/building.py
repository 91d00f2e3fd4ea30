"""From a preset that was checked to a model, within bounds, and with one line if it fails."""

from collections.abc import Mapping
from typing import Any

import keras

from .bounds import bounded_variables, check_weights
from .errors import PresetError
from .folder import CONFIG, WEIGHTS, Preset


def build_model(preset: Preset, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Returns the model that a preset's config describes, its weights as they are drawn.

    Args:
        preset: what `read_preset` gave.
        custom_objects: the user's own classes and functions that the config names.

    Raises:
        PresetError: if the config describes no model, or a larger one than the weights are of.
    """
    numbers = check_weights(preset.weights)
    try:
        with bounded_variables(numbers):
            return keras.saving.deserialize_keras_object(
                preset.config, custom_objects=dict(custom_objects or {})
            )
    except PresetError:
        raise
    except Exception as error:
        # A damaged config makes Keras and TensorFlow raise every type there is.
        raise PresetError(
            f"{CONFIG} of {preset.folder} describes no model that can be built: {_first(error)}"
        ) from error


def load_weights(model: Any, preset: Preset) -> None:
    """Loads a preset's weights into the model of its config.

    Raises:
        PresetError: if they are another model's.
    """
    try:
        model.load_weights(preset.weights)
    except Exception as error:
        raise PresetError(
            f"{WEIGHTS} of {preset.folder} does not fit its {CONFIG}: {_first(error)}"
        ) from error


def _first(error: Exception) -> str:
    """Returns the first line of what an exception says."""
    lines = str(error).strip().splitlines()
    return lines[0][:500] if lines else type(error).__name__
