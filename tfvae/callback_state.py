"""What callbacks hold between epochs, as numbers, strings and arrays that a file can keep."""

import json
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

Arrays = dict[str, np.ndarray]


class CallbackStates:
    """The states of the callbacks of one run.

    Only what changed since training began is state: the rest are arguments, which a later run may
    give otherwise. Callbacks find their state by their class, and among equals by their order.

    Args:
        callbacks: the callbacks.
    """

    def __init__(self, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        self.named: dict[str, keras.callbacks.Callback] = {}
        self.start: dict[str, dict[str, str]] = {}
        counts: dict[str, int] = {}
        for callback in callbacks:
            name = type(callback).__name__
            counts[name] = counts.get(name, -1) + 1
            self.named[f"{name}-{counts[name]}"] = callback

    def note_start(self) -> None:
        """Notes what the callbacks hold when training begins."""
        self.start = {name: _plain(callback) for name, callback in self.named.items()}

    def get(self) -> tuple[dict[str, dict[str, str]], Arrays]:
        """Returns what changed: plain values as JSON by callback and attribute, and arrays."""
        plain, arrays = {}, {}
        for name, callback in self.named.items():
            start = self.start[name]
            held = _plain(callback).items()
            plain[name] = {key: value for key, value in held if start.get(key) != value}
            for attribute, value in vars(callback).items():
                if isinstance(value, np.ndarray):
                    arrays[f"{name}/{attribute}"] = value
                elif _is_list_of_arrays(value):
                    for number, array in enumerate(value):
                        arrays[f"{name}/{attribute}/{number}"] = array
        return plain, arrays

    def set(self, plain: dict[str, dict[str, str]], arrays: Arrays) -> None:
        """Gives the callbacks what `get` returned."""
        for name, callback in self.named.items():
            for attribute, value in plain.get(name, {}).items():
                setattr(callback, attribute, json.loads(value))
            lists: dict[str, dict[int, np.ndarray]] = {}
            for key, array in arrays.items():
                owner, attribute, *number = key.split("/")
                if owner == name and number:
                    lists.setdefault(attribute, {})[int(number[0])] = array
                elif owner == name:
                    setattr(callback, attribute, array)
            for attribute, numbered in lists.items():
                setattr(callback, attribute, [numbered[i] for i in range(len(numbered))])


def _plain(callback: keras.callbacks.Callback) -> dict[str, str]:
    return {
        name: json.dumps(value, default=lambda number: number.item())
        for name, value in vars(callback).items()
        if name not in ("params", "_params") and _is_plain(value)
    }


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str | np.generic)


def _is_list_of_arrays(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, np.ndarray) for item in value)
    )
