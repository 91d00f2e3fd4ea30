"""The base of every piece of a model: a Keras layer whose config is its constructor's arguments."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

PACKAGE = "tfvae"


class Configured(keras.layers.Layer):
    """Mixin: `get_config` and `from_config` from the arguments that the constructor was given.

    Keras derives a config by itself only while every argument is a number or a string. Parts hold
    other parts, so the arguments are kept as given and serialised one by one.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> "Configured":
        instance = super().__new__(cls, *args, **kwargs)
        signature = inspect.signature(cls.__init__)
        bound = signature.bind(instance, *args, **kwargs)
        bound.apply_defaults()
        # Kept as one opaque object: Keras tracks, and saves a second time, the layers that it
        # finds in attributes and their containers.
        object.__setattr__(instance, "_bound_arguments", bound)
        return instance

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments, serialised, beside Keras's own entries."""
        config = super().get_config()
        for name, value in self.arguments().items():
            config[name] = keras.saving.serialize_keras_object(value)
        return config

    def get_build_config(self) -> None:
        """Returns None: whoever holds this object builds it, when it is made again as well."""
        return None

    def arguments(self) -> dict[str, Any]:
        """Returns the constructor's arguments as they were given, defaults filled in."""
        bound = self._bound_arguments
        skipped = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        named = [
            name
            for name, parameter in list(bound.signature.parameters.items())[1:]
            if parameter.kind not in skipped
        ]
        return {name: bound.arguments[name] for name in named}

    def replace_argument(self, name: str, value: Any) -> None:
        """Changes an argument of the constructor after the fact: the attribute and the config."""
        setattr(self, name, value)
        self._bound_arguments.arguments[name] = value

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "Configured":
        """Builds the object anew from what `get_config` returned."""
        return cls(
            **{
                name: keras.saving.deserialize_keras_object(value, custom_objects=custom_objects)
                for name, value in config.items()
            }
        )


class Part(Configured):
    """A piece of a model: a family, a prior, a posterior, an objective, an encoder or a decoder.

    A subclass states its arguments once, in `__init__`, and passes `**kwargs` on: its config, its
    place in `.keras` files and its registration follow. Variables hold densities, so they stay in
    float32 (or float64) whatever precision the networks compute in.
    """

    def build_once(self, shape: tuple[Any, ...]) -> None:
        """Builds the part, unless it comes built from another model, with its weights."""
        if not self.built:
            self.build(shape)

    @property
    def density_dtype(self) -> str:
        """The dtype in which distributions are computed: float64 if asked for, else float32."""
        return "float64" if self.variable_dtype == "float64" else "float32"


def registered(name: str | None = None) -> Callable[[type], type]:
    """Registers a class of this package with Keras, so that saved files find it by name."""
    return keras.saving.register_keras_serializable(package=PACKAGE, name=name)


def positive_integer(value: Any, name: str) -> int:
    """Returns `value` as an int if it is a whole number above zero.

    Raises:
        ValueError: if it is anything else; the message names the argument.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or value.__index__() < 1:
        raise ValueError(f"`{name}` must be a whole number of at least 1, but is {value!r}.")
    return value.__index__()


def checked_sizes(sizes: Sequence[int], name: str) -> tuple[int, ...]:
    """Returns the sizes of a network's layers, each checked to be a whole number above zero."""
    if isinstance(sizes, int):
        raise ValueError(f"`{name}` must be a sequence such as `({sizes},)`, but is {sizes!r}.")
    return tuple(positive_integer(size, name) for size in sizes)


def checked_shape(shape: Any, name: str = "event_shape") -> tuple[int, ...]:
    """Returns the shape of one event as a tuple of whole numbers above zero.

    Raises:
        ValueError: if the shape is empty or one of its sizes is not a whole number above zero.
    """
    sizes = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
    if not sizes:
        raise ValueError(f"`{name}` must have at least one size, but is {shape!r}.")
    return tuple(positive_integer(size, name) for size in sizes)


def check_finite(x: np.ndarray) -> None:
    """Raises a ValueError that names the first value of an array that is NaN or infinite."""
    # The extremes carry any such value, and take no memory, where a mask would.
    if not (np.isfinite(x.min()) and np.isfinite(x.max())):
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise ValueError(
            f"The data have a value that is not finite: {x[where]} at {list(where)}. Remove such "
            "examples, or fill the values in."
        )
