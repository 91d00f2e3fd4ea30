"""The vectors of one batch, on all replicas, as a codebook learns from them."""

import math
from typing import NamedTuple

import tensorflow as tf

from tfvae.batch import over_replicas, replica, replicas


class Rows(NamedTuple):
    """Vectors in rows, whatever axes they had: this replica's part of a batch.

    Args:
        vectors: `[R, D]`.
        codes: their codes, int32 `[R]`.
        share: what each row counts in the whole batch, `[R]`, none below 0.
    """

    vectors: tf.Tensor
    codes: tf.Tensor
    share: tf.Tensor

    @classmethod
    def of(cls, vectors: tf.Tensor, codes: tf.Tensor, share: tf.Tensor) -> "Rows":
        """Makes rows of `[B, ..., D]`, `[B, ...]` and shares of examples, `[B]`."""
        each = math.prod(codes.shape[1:])
        # An example of negative weight is one to unlearn: no code is drawn to it.
        share = tf.maximum(tf.cast(share, vectors.dtype), 0.0)[:, None]
        return cls(
            tf.reshape(vectors, [-1, vectors.shape[-1]]),
            tf.reshape(codes, [-1]),
            tf.reshape(share / each * tf.ones([1, each], vectors.dtype), [-1]),
        )

    def sums(self, num_codes: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the share of each code, `[K]`, and the weighted sum of its vectors, `[K, D]`."""
        weighted = self.share[:, None] * self.vectors
        parts = [
            tf.math.unsorted_segment_sum(values, self.codes, num_codes)
            for values in (self.share, weighted)
        ]
        count, total = over_replicas(parts)
        return count, total

    def chosen(self, uniform: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns a row for each uniform number `[K]`, rows as likely as their shares.

        Returns:
            The rows' vectors, `[K, D]`, and whether each was found, `[K]`: where the number falls
            between two replicas, rounding may lose it.
        """
        ends = tf.cumsum(self.share)
        totals = over_replicas(tf.one_hot(replica(), replicas(), dtype=ends.dtype) * ends[-1])
        place = uniform * tf.reduce_sum(totals) - tf.reduce_sum(totals[: replica()])
        mine = tf.cast((place > 0.0) & (place <= ends[-1]), ends.dtype)[:, None]
        # The first row that reaches a place above zero has a share: it fills no batch up.
        first = tf.searchsorted(ends, tf.clip_by_value(place, 0.0, ends[-1]))
        vectors, found = over_replicas([mine * tf.gather(self.vectors, first), mine])
        return tf.math.divide_no_nan(vectors, found), found[:, 0] > 0.0
