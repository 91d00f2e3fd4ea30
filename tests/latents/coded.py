"""A small model whose latents are codes, and its evidence by enumeration of all codes."""

import itertools

import keras
import numpy as np
import tensorflow as tf

import tfvae
from tfvae import decoders, encoders, families, quantisers
from tfvae.latents import Quantised

EVENT = (4, 4, 1)
X = (np.random.default_rng(0).uniform(size=(24, *EVENT)) > 0.5).astype("float32")


def make(quantiser=None, prior=None, positions=(2,), objective=None, seed=1):
    keras.utils.set_random_seed(seed)
    return tfvae.VAE(
        encoders.MLP((8,)),
        decoders.MLP((8,)),
        likelihood=families.Bernoulli(EVENT),
        latents=Quantised(quantiser or quantisers.Codebook(3, 2), prior, positions),
        objective=objective,
    )


def log_evidence(vae, x):
    """log p(x) by the sum over all codes, float64 `[N]`."""
    latents = vae.latents
    codes = itertools.product(
        range(latents.quantiser.num_codes), repeat=int(np.prod(latents.code_shape))
    )
    codes = tf.reshape(tf.constant(list(codes), tf.int32), [-1, *latents.code_shape])
    p = vae.likelihood.distribution(vae.decode_parameters(latents.vectors(codes)))
    joint = p.log_prob(x[:, None]) + vae.prior.log_prob(codes)
    return tf.reduce_logsumexp(tf.cast(joint, tf.float64), axis=1).numpy()
