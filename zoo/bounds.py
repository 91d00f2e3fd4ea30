"""How large a model may be, before any of it is made: its weights file sets the bound."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .errors import PresetError
from .folder import CONFIG, WEIGHTS

# What a model has beside its weights: metrics, seeds, terms that are watched.
SPARE_NUMBERS = 100_000
_MOST_OBJECTS = 100_000
_PATCHING = threading.RLock()


def check_weights(path: Path) -> int:
    """Returns how many numbers a weights file holds, after looking at how they are stored.

    HDF5 can do more than hold arrays: lead to other files, compress gigabytes of zeros to a few
    bytes, hold objects of Python. Keras writes plain arrays, and nothing else passes.

    Args:
        path: a `.weights.h5` file.

    Raises:
        PresetError: if it is damaged, holds anything but plain arrays, or numbers that are not
            finite.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> model.save_weights("small.weights.h5")
        >>> check_weights(Path("small.weights.h5"))
        9
    """
    try:
        with h5py.File(path, "r") as file:
            return _Weights(path).count(file)
    except PresetError:
        raise
    except Exception as error:
        # h5py raises every type there is on a damaged file.
        raise PresetError(f"{path} is no weights file that can be read ({error}).") from error


class _Weights:
    """One walk through a weights file.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.room = path, path.stat().st_size
        self.seen: set[int] = set()
        self.numbers = 0

    def count(self, root: h5py.Group) -> int:
        """Returns how many numbers there are below a group."""
        waiting = [root]
        while waiting:
            group = waiting.pop()
            for name in group:
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise self._odd(f"a link to elsewhere ({name!r})")
                item = group[name]
                address = h5py.h5o.get_info(item.id).addr
                if address in self.seen or len(self.seen) > _MOST_OBJECTS:
                    raise self._odd(f"one array in two places, or too many of them ({name!r})")
                self.seen.add(address)
                if isinstance(item, h5py.Group):
                    waiting.append(item)
                else:
                    self._add(item, name)
        return self.numbers

    def _add(self, item: Any, name: str) -> None:
        """Counts an array, if it is a plain one."""
        plain = isinstance(item, h5py.Dataset) and item.dtype.kind in "fiubV"
        if not plain or item.is_virtual or item.external or item.chunks or item.shape is None:
            raise self._odd(f"something other than a plain array ({name!r})")
        self.room -= item.nbytes
        if self.room < 0 or item.id.get_storage_size() < item.nbytes:
            raise self._odd(f"an array larger than the file ({name!r}, {item.nbytes:,} bytes)")
        if item.dtype.kind == "f" and not np.isfinite(item[()]).all():
            raise self._odd(f"numbers that are not finite ({name!r})")
        self.numbers += item.size

    def _odd(self, what: str) -> PresetError:
        return PresetError(
            f"{self.path} holds {what}, as no weights file of tfvae does, and is not used. Save "
            "the model again with save_to_preset."
        )


@contextmanager
def bounded_variables(numbers: int) -> Iterator[None]:
    """Refuses to make a model of many more variables than its weights file has numbers.

    Args:
        numbers: how many the file has.

    Raises:
        PresetError: before the variable that would be too large is made.
    """
    thread, left = threading.get_ident(), 2 * numbers + SPARE_NUMBERS
    import keras

    original = keras.Variable.__init__

    def init(self: Any, initializer: Any, shape: Any = None, *args: Any, **kwargs: Any) -> None:
        nonlocal left
        if threading.get_ident() == thread:
            left -= prod(size or 0 for size in shape or ())
            if left < 0:
                raise PresetError(
                    f"{CONFIG} describes a larger model than {WEIGHTS} has numbers for "
                    f"({numbers:,}), so it was not built."
                )
        original(self, initializer, shape, *args, **kwargs)

    # Keras 3.15 has no hook between a variable's shape and its memory.
    with _PATCHING:
        keras.Variable.__init__ = init
        try:
            yield
        finally:
            keras.Variable.__init__ = original
