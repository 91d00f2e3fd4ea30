"""Weights files made smaller: Keras's `.weights.h5` layout, fewer bytes."""

import os
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from .errors import PresetError, PresetNotFoundError


def compress_weights(path: str | Path) -> None:
    """Stores the float32 numbers of a `.weights.h5` file as float16, in place.

    Names, shapes and attributes stay, and `load_weights` gives float32 variables again, each value
    rounded to 11 significant bits. Integers and other dtypes stay as they are, and so does an
    array with a number that float16 cannot hold (above 65,504, or infinite).

    Args:
        path: a file that `keras.Model.save_weights` wrote.

    Raises:
        PresetNotFoundError: if there is no such file.
        PresetError: if it is no HDF5 file.

    Example:
        >>> import keras
        >>> path = Path("model.weights.h5")
        >>> model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64)])
        >>> model.save_weights(path)
        >>> before = path.stat().st_size
        >>> compress_weights(path)
        >>> path.stat().st_size < 0.7 * before
        True
        >>> model.load_weights(path)
        >>> model.layers[0].kernel.dtype
        'float32'
    """
    _rewrite(Path(path), keep=lambda name: True, convert=_halve)


def drop_optimizer(path: str | Path) -> None:
    """Removes the optimiser's state from a `.weights.h5` file, in place.

    `keras.Model.save_weights` stores it with a compiled model: for Adam, twice the weights again.

    Args:
        path: a file that `keras.Model.save_weights` wrote.

    Raises:
        PresetNotFoundError: if there is no such file.
        PresetError: if it is no HDF5 file.

    Example:
        >>> import keras
        >>> path = Path("model.weights.h5")
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> model.compile("adam", "mse")
        >>> model.save_weights(path)
        >>> drop_optimizer(path)
        >>> with h5py.File(path) as file:
        ...     sorted(file)
        ['layers', 'vars']
    """
    _rewrite(Path(path), keep=lambda name: name != "optimizer", convert=lambda values: values)


def _rewrite(
    path: Path, keep: Callable[[str], bool], convert: Callable[[np.ndarray], np.ndarray]
) -> None:
    """Copies the groups at the top that are to be kept to a new file, then puts it in place."""
    if not path.is_file():
        raise PresetNotFoundError(f"There is no weights file {path}.")
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with h5py.File(path, "r") as old, h5py.File(temporary, "w") as new:
            new.attrs.update(old.attrs)
            for name in filter(keep, old):
                _copy(old, new, name, convert)
        os.replace(temporary, path)
    except OSError as error:
        raise PresetError(
            f"{path} is no weights file ({error}): expected the HDF5 file that save_weights writes."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _copy(
    old: h5py.Group, new: h5py.Group, name: str, convert: Callable[[np.ndarray], np.ndarray]
) -> None:
    """Copies a group with all that is in it, or an array, converted if it is float32."""
    item = old[name]
    if isinstance(item, h5py.Group):
        group = new.create_group(name)
        group.attrs.update(item.attrs)
        for child in item:
            _copy(item, group, child, convert)
    elif item.dtype == np.float32:
        values = new.create_dataset(name, data=convert(item[()]))
        values.attrs.update(item.attrs)
    else:
        # Keras stores bfloat16 as bytes of unknown type: only HDF5's own copy keeps them.
        old.copy(name, new)


def _halve(values: np.ndarray) -> np.ndarray:
    """Returns the values as float16, or as they are where float16 cannot hold them."""
    holds = bool(np.all(np.abs(values) <= np.finfo(np.float16).max))
    return values.astype(np.float16) if holds else values
