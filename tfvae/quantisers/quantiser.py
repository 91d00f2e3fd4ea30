"""What every quantiser is: vectors to codes, codes to vectors, and what that costs."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfvae.part import Part
from tfvae.random import Noise


class Quantisation(NamedTuple):
    """What a quantiser made of features `[..., code_size]`.

    Args:
        vectors: what the codes stand for, `[..., code_size]`; gradients pass straight through to
            the features.
        codes: int32 `[..., *depth]`.
        inputs: what each code was found for, `[..., *depth, code_size]`.
        loss: what training adds for these features, `[...]`: no part of a bound.
    """

    vectors: tf.Tensor
    codes: tf.Tensor
    inputs: tf.Tensor
    loss: tf.Tensor


class Quantiser(Part):
    """A finite set of vectors, each with a code from 0.

    Args:
        code_size: size of a vector.
        num_codes: how many values a code can have, K.
        depth: shape of the codes of one vector: `()` for one, or `(D,)`.

    Attributes:
        num_vectors: how many vectors are kept for all codes together, of which `usage` tells.
    """

    depth: tuple[int, ...] = ()

    def __init__(self, code_size: int, num_codes: int, **kwargs: Any) -> None:
        # Vectors are not computed in half precision, whatever the networks are.
        super().__init__(autocast=False, **kwargs)
        self.code_size, self.num_codes = code_size, num_codes
        self.num_vectors = num_codes

    def quantise(self, features: tf.Tensor) -> Quantisation:
        """Quantises features `[B, ..., code_size]`, all sizes but B known."""
        raise TypeError(f"{type(self).__name__} must define `quantise`.")

    def vectors(self, codes: tf.Tensor) -> tf.Tensor:
        """Returns what codes stand for: int32 `[..., *depth]` to `[..., code_size]`."""
        raise TypeError(f"{type(self).__name__} must define `vectors`.")

    def usage(self, codes: tf.Tensor) -> tf.Tensor:
        """Returns each vector's share among the codes of an example, `[B, ...]` to `[B, V]`."""
        count = tf.shape(codes)[0]
        rows = tf.reshape(codes, [count, -1])
        # One hot codes would take K times the memory of the codes.
        index = rows + self.num_vectors * tf.range(count)[:, None]
        ones = tf.ones_like(rows, self.density_dtype)
        counts = tf.math.unsorted_segment_sum(ones, index, count * self.num_vectors)
        shape = [count, self.num_vectors]
        return tf.reshape(counts, shape) / tf.cast(tf.shape(rows)[1], counts.dtype)

    def noise(self) -> dict[str, Noise]:
        """States the noise of one `update`, by name."""
        return {}

    def update(
        self, quantisation: Quantisation, share: tf.Tensor, noise: dict[str, tf.Tensor]
    ) -> None:
        """Moves what learns without gradients.

        Args:
            quantisation: of a batch, its first axis the examples.
            share: what each example counts in the whole batch, `[B]`.
            noise: what `noise` asks for, each `[*shape]`.
        """

    def adapt(self, features: np.ndarray) -> None:
        """Starts from features `[N, ..., code_size]` of data, where its kind has such a start."""


def straight_through(features: tf.Tensor, vectors: tf.Tensor) -> tf.Tensor:
    """Returns the vectors, exactly; gradients pass to the features as if these were returned."""
    return tf.stop_gradient(vectors) + (features - tf.stop_gradient(features))


def squared_distance(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """Returns the squared distance of vectors, `[..., D]` to `[...]`."""
    return tf.reduce_sum(tf.math.squared_difference(one, other), axis=-1)
