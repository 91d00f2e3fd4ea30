"""Traces made by hand, so that an objective is tested on known numbers and without a network."""

from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from tfvae.trace import Inference, Trace

tfd = tfp.distributions
BATCH, SIZE = 4, 3
LOC = np.random.RandomState(0).normal(size=(BATCH, SIZE)).astype("float32")
SCALE = np.random.RandomState(1).uniform(0.3, 1.5, (BATCH, SIZE)).astype("float32")


def rate_by_dimension() -> np.ndarray:
    """KL of each dimension between `gaussian_trace`'s posterior and N(0, I), in float64."""
    loc, scale = LOC.astype(np.float64), SCALE.astype(np.float64)
    return 0.5 * (scale**2 + loc**2 - 1) - np.log(scale)


def gaussian_trace(loc: Any = LOC, scale: Any = SCALE, step: int = 0, **kwargs: Any) -> Trace:
    """A trace of two samples whose rate has a closed form, unlike its sampled densities."""
    q = tfd.MultivariateNormalDiag(loc, scale)
    p = tfd.MultivariateNormalDiag(tf.zeros(SIZE), tf.ones(SIZE))
    random = np.random.RandomState(2)
    log_likelihood, log_q, log_p = random.normal(-9, 2, size=(3, 1, 2, BATCH)).astype("float32")
    inference = Inference(
        tf.zeros([1, 2, BATCH, SIZE]), (tf.constant(log_q),), (tf.constant(log_p),), (q,), (p,)
    )
    return Trace(inference, {}, tf.constant(log_likelihood), step=tf.constant(step), **kwargs)


def sampled_trace(log_likelihood: Any, log_q: Any, log_p: Any, log_w: Any = None) -> Trace:
    """A trace whose rate has no closed form, of densities `[K or 1, S, B]`."""
    batch = np.shape(log_likelihood)[-1]
    q = tfd.MultivariateNormalDiag(tf.zeros([batch, SIZE]), tf.ones([batch, SIZE]))
    components = tfd.MultivariateNormalDiag(tf.zeros([2, SIZE]), tf.ones([2, SIZE]))
    p = tfd.MixtureSameFamily(tfd.Categorical(logits=[0.0, 1.0]), components)
    inference = Inference(
        tf.zeros([*np.shape(log_likelihood), SIZE]),
        (tf.convert_to_tensor(log_q),),
        (tf.convert_to_tensor(log_p),),
        (q,),
        (p,),
        log_w,
    )
    return Trace(inference, {}, tf.convert_to_tensor(log_likelihood), tf.constant(0))
