"""What an example may carry beside x: a label, a condition, a library size."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae.part import check_finite

Side = dict[str, tf.Tensor]
# The side input that `fit(x, y)` means by y.
LABEL = "label"


@dataclass(frozen=True)
class SideInput:
    """One thing that a part reads beside x, or beside z.

    Args:
        shape: shape of one example's, `()` for a number.
        whole: whether it is a whole number, int32.
        needed: whether it must be there in each pass.
        check: raises a ValueError if an array `[N, *shape]` has values that cannot be.

    Example:
        >>> from tfvae.side import SideInput
        >>> SideInput((3,)).spec("condition")
        TensorSpec(shape=(None, 3), dtype=tf.float32, name='condition')
    """

    shape: tuple[int, ...]
    whole: bool = False
    needed: bool = True
    check: Callable[[np.ndarray], None] = check_finite

    def spec(self, name: str) -> tf.TensorSpec:
        """Returns what an artefact's input of this kind is."""
        return tf.TensorSpec([None, *self.shape], tf.int32 if self.whole else tf.float32, name)

    def as_array(self, values: Any, name: str, dtype: str) -> np.ndarray:
        """Returns values as an array `[N, *shape]`, checked.

        Raises:
            ValueError: if they have another shape, are not numbers, or cannot be.
        """
        array = np.asarray(values)
        if array.dtype.kind not in ("biu" if self.whole else "biuf"):
            kind = "whole numbers" if self.whole else "numbers"
            raise ValueError(f"`{name}` must be {kind}, but has dtype {array.dtype}.")
        if array.shape[1:] != self.shape and array.shape[1:] == (*self.shape, 1):
            array = array[..., 0]
        if array.ndim == 0 or array.shape[1:] != self.shape:
            raise ValueError(
                f"`{name}` must have shape {('N', *self.shape)}, but has shape {array.shape}."
            )
        self.check(array)
        return array.astype("int32" if self.whole else dtype, copy=False)


def split(x: Any) -> tuple[Any, dict[str, Any]]:
    """Returns what the encoder reads, and what comes beside it: `x`, or a dict with an `"x"`.

    Raises:
        ValueError: if it is a dict without `"x"`.
    """
    if not isinstance(x, Mapping):
        return x, {}
    if "x" not in x:
        raise ValueError(
            f"Examples given as a dict need an entry 'x', but there are {sorted(x)} alone."
        )
    side = dict(x)
    return side.pop("x"), side


def told_apart(wanted: Mapping[str, SideInput], x: Any, y: Any) -> tuple[Any, dict[str, Any], Any]:
    """Returns what the encoder reads, what comes beside it, and the likelihood's target.

    For a model that reads labels, y is the label.
    """
    x, side = split(x)
    if y is not None and LABEL in wanted and LABEL not in side:
        return x, {**side, LABEL: y}, None
    return x, side, y


def join(x: Any, side: Mapping[str, Any]) -> Any:
    """Returns x, as a dict with what comes beside it, if anything does."""
    return {"x": x, **side} if side else x


def repeated(side: Side, times: tf.Tensor) -> Side:
    """Returns each side input so many times over, `[B, ...]` to `[times * B, ...]`."""
    return {
        name: tf.tile(value, tf.concat([[times], tf.ones([tf.rank(value) - 1], tf.int32)], axis=0))
        for name, value in side.items()
    }


def checked_side(
    wanted: Mapping[str, SideInput], side: Mapping[str, Any], dtype: str, where: str = "x"
) -> dict[str, np.ndarray]:
    """Returns side inputs as arrays, checked against what the parts of a model read.

    Raises:
        ValueError: if one is missing, unknown, or has values that cannot be.
    """
    check_names(wanted, side, where)
    return {name: wanted[name].as_array(value, name, dtype) for name, value in side.items()}


def check_names(wanted: Mapping[str, SideInput], side: Mapping[str, Any], where: str = "x") -> None:
    """Raises a ValueError if a side input that the model needs is missing, or it reads no such."""
    if unknown := sorted(set(side) - set(wanted)):
        known = sorted(wanted) or "none"
        raise ValueError(
            f"The model reads no {', '.join(map(repr, unknown))}: beside x it reads {known}."
        )
    missing = [name for name, one in wanted.items() if one.needed and name not in side]
    if missing:
        entries = ", ".join(f"'{name}': ..." for name in missing)
        how = f"{{'x': x, {entries}}}" if where == "x" else f"{missing[0]}=..."
        raise ValueError(f"The model needs `{'`, `'.join(missing)}` too: give {how}.")
