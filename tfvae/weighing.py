"""Importance weights, added up as they come: their mean, and how far it can be trusted."""

import math
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfvae import random
from tfvae.batch_functions import BatchFunctions, rows_of
from tfvae.part import positive_integer
from tfvae.trace import Trace

# Samples decoded at once: enough to keep the matrix products busy, and few enough for what lies
# between them to stay in the caches.
DECODED_AT_ONCE = 2048


class WeightSums(NamedTuple):
    """What is kept of the weights w of any number of samples of z, float64 throughout.

    Args:
        log_sum: log of the sum of w, `[B]`.
        log_sum_of_squares: log of the sum of w squared, `[B]`.
        sum_of_logs: the sum of log w, and so of the terms of the evidence lower bound, `[B]`.
    """

    log_sum: tf.Tensor
    log_sum_of_squares: tf.Tensor
    sum_of_logs: tf.Tensor

    @classmethod
    def of_none(cls, count: tf.Tensor) -> "WeightSums":
        """Returns the sums before the first sample, for `count` examples."""
        nothing = tf.fill([count], tf.constant(-math.inf, tf.float64))
        return cls(nothing, nothing, tf.zeros([count], tf.float64))

    def with_trace(self, trace: Trace) -> "WeightSums":
        """Returns the sums with the samples of one pass.

        A sample's weight is the mean over the classes that are enumerated beside it.
        """
        log_ratio = tf.cast(trace.log_ratio, tf.float64)  # [K, S, B]
        log_share = trace.inference.log_w
        if log_share is None:
            log_share = -tf.math.log(tf.cast(tf.shape(log_ratio)[0], tf.float64))
        log_share = tf.cast(log_share, tf.float64)
        terms = tf.math.multiply_no_nan(log_ratio, tf.exp(log_share))
        log_weight = tf.reduce_logsumexp(log_share + log_ratio, axis=0)
        return self.with_log_weights(log_weight, tf.reduce_sum(terms, axis=0))

    def with_log_weights(self, log_weight: tf.Tensor, log_term: tf.Tensor) -> "WeightSums":
        """Returns the sums with samples `[S, B]`: log w, and their terms of the bound."""
        return WeightSums(
            _log_added(self.log_sum, log_weight),
            _log_added(self.log_sum_of_squares, 2.0 * log_weight),
            self.sum_of_logs + tf.reduce_sum(log_term, axis=0),
        )


class Weighing(BatchFunctions):
    """Mixin of the model: importance weights of any number of samples, in bounded memory."""

    def _weight_sums(
        self,
        x: tf.Tensor,
        first: tf.Tensor,
        seed: tf.Tensor,
        samples: tf.Tensor,
        y: tf.Tensor | None = None,
        parameters: dict[str, tf.Tensor] | None = None,
    ) -> WeightSums:
        key = tf.stack([seed[0], first])
        parameters = self.infer_parameters(x) if parameters is None else parameters
        at_once = tf.maximum(1, DECODED_AT_ONCE // rows_of(x))

        def add(done: tf.Tensor, sums: WeightSums) -> tuple[tf.Tensor, WeightSums]:
            count = tf.minimum(at_once, samples - done)
            noise = self._evaluation_noise(x, tf.random.fold_in(key, done), count)
            return done + count, sums.with_trace(self.trace(x, y, noise, parameters=parameters))

        start = (tf.constant(0), WeightSums.of_none(rows_of(x)))
        with self.prior.evaluated_once():
            *_, sums = tf.while_loop(
                lambda done, _: done < samples, add, start, parallel_iterations=1
            )
        return sums

    def _importance_sums(
        self, x: Any, num_samples: int, seed: int, batch_size: int, y: Any
    ) -> tuple[WeightSums, int]:
        """Returns what `log_likelihood` and its error are made of, and the number of samples."""
        self._need_density("log_likelihood")
        positive_integer(num_samples, "num_samples")
        # Latents without noise have one sample, which says all.
        samples = num_samples if self.latents.noise() else 1
        extra = (random.rows(seed, 1)[0], np.int32(samples))
        return self._over(self._weight_sums, x, batch_size, *extra, dense=True, y=y), samples

    def _need_density(self, verb: str) -> None:
        if not self.latents.has_density:
            raise ValueError(
                f"`{verb}` weighs samples by the posterior's density, and this posterior is a "
                "point, which has none. `elbo` gives minus the distortion; for a density, take a "
                "posterior such as `tfvae.families.DiagonalNormal(32)`."
            )


def _log_added(total: tf.Tensor, terms: tf.Tensor) -> tf.Tensor:
    """Returns the logarithm of a sum with further terms, all of them logarithms."""
    return tf.reduce_logsumexp(tf.concat([total[None], terms], axis=0), axis=0)
