"""A user's function that makes a prior: heavy tails around a learned location."""

from typing import Any

import keras
import tensorflow as tf
import tensorflow_probability as tfp


@keras.saving.register_keras_serializable("tests")
def student_t(loc: tf.Tensor, log_scale: tf.Tensor) -> Any:
    elements = tfp.distributions.StudentT(tf.constant(5.0, loc.dtype), loc, tf.exp(log_scale))
    return tfp.distributions.Independent(elements, 1)
