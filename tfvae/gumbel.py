"""Gumbel noise, and the classes that it relaxes: shared by categorical posteriors and priors."""

import math
from typing import Any

import tensorflow as tf

# Where a relaxed one-hot ends: its logarithm, and the inverse in its gradient, stay finite.
SMALLEST_SHARE = 1e-30


def gumbel(uniform: tf.Tensor) -> tf.Tensor:
    """Returns -log(-log u): standard Gumbel noise, of uniform noise on the open interval (0, 1)."""
    # LiteRT's logarithm is off by 6e-8 next to 1; three terms of the series are exact there.
    rest = 1.0 - uniform
    series = rest * (1.0 + rest * (0.5 + rest / 3.0))
    return -tf.math.log(tf.where(rest < 2.0**-8, series, -tf.math.log(uniform)))


def relaxed(noisy_logits: tf.Tensor, temperature: Any) -> tf.Tensor:
    """Returns softmax(noisy_logits / temperature) over the last axis, none of it quite 0."""
    return tf.maximum(tf.nn.softmax(noisy_logits / temperature), SMALLEST_SHARE)


def one_hot_argmax(logits: tf.Tensor) -> tf.Tensor:
    """Returns the one-hot code of the largest logit, in the type and shape of the logits."""
    return tf.one_hot(tf.argmax(logits, axis=-1), logits.shape[-1], dtype=logits.dtype)


def relaxed_log_prob(logits: tf.Tensor, temperature: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
    r"""Returns the density of the relaxed one-hot `[..., C]` on the simplex, `[...]`, in nats.

    $$\log p(z) = \log \Gamma(C) + (C - 1) \log \tau
    + \sum_i \log \frac{\pi_i z_i^{-\tau - 1}}{\sum_j \pi_j z_j^{-\tau}}$$

    Args:
        logits: log pi, `[..., C]`.
        temperature: tau, a scalar tensor.
        z: `[..., C]`.

    Reference:
        Maddison, Mnih and Teh 2017, arXiv:1611.00712, equation 11.
    """
    classes = z.shape[-1]
    log_z = tf.math.log(tf.maximum(z, SMALLEST_SHARE))
    # In logarithms throughout: z^-tau overflows where z is small.
    shares = tf.nn.log_softmax(logits - temperature * log_z)
    constant = math.lgamma(classes) + (classes - 1) * tf.math.log(temperature)
    return constant + tf.reduce_sum(shares - log_z, axis=-1)


def checked_temperature(value: Any) -> float:
    """Returns a temperature.

    Raises:
        ValueError: if it is not a finite number above 0.
    """
    number = not isinstance(value, str | bool) and value is not None
    if not (number and math.isfinite(value) and value > 0.0):
        raise ValueError(f"`temperature` must be a number above 0, but is {value!r}.")
    return float(value)
