"""The layout of a ladder's tensors: samples of a batch as rows, and names that carry a level."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf


class Rows(NamedTuple):
    """S samples of a batch of B as S B rows, all of the first sample first.

    Networks take one axis of examples, and densities of the levels below depend on the sample.

    Args:
        samples: S, an integer scalar.
        batch: B, an integer scalar.
    """

    samples: tf.Tensor
    batch: tf.Tensor

    def repeat(self, values: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Repeats what all samples have in common: each `[B, ...]` to `[S B, ...]`."""
        return {
            name: tf.tile(value, [self.samples, *[1] * (value.shape.rank - 1)])
            for name, value in values.items()
        }

    def fold(self, values: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Makes rows of samples: each `[S, B, ...]` to `[S B, ...]`."""
        return {name: tf.reshape(value, (-1, *value.shape[2:])) for name, value in values.items()}

    def unfold(self, value: tf.Tensor) -> tf.Tensor:
        """Makes samples of rows: `[S B, ...]` to `[1, S, B, ...]`."""
        return tf.reshape(value, (1, self.samples, self.batch, *value.shape[1:]))


def named_by_level(values: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Joins what each level has by name, the number of its level added to the name."""
    return {
        f"{name}_{number}": value
        for number, level in values.items()
        for name, value in level.items()
    }


def of_level(values: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Returns what `named_by_level` joined for one level."""
    suffix = f"_{number}"
    return {
        name.removesuffix(suffix): value for name, value in values.items() if name.endswith(suffix)
    }
