"""A learned prior over the codes of a model: trained with the rest, or after it."""

import keras
import numpy as np
import tensorflow as tf

from tests.latents.coded import X, log_evidence, make
from tfvae import priors, quantisers


def model(**arguments):
    return make(prior=priors.AutoregressiveCodes(8, depth=1, heads=2), **arguments)


def test_the_bound_is_below_the_evidence():
    vae = model()
    vae.adapt(X)
    elbo = vae.elbo(X)
    assert (elbo < log_evidence(vae, X)).all()
    p = vae.decode_codes(vae.codes(X))
    expected = p.log_prob(X) + vae.prior.distribution().log_prob(vae.codes(X))
    np.testing.assert_allclose(elbo, expected, rtol=1e-5)


def test_the_rate_trains_the_prior_and_nothing_else():
    vae = model(quantiser=quantisers.Codebook(3, 2, decay=None))
    with tf.GradientTape() as tape:
        rate = tf.reduce_sum(vae.trace(tf.constant(X), tf.constant(X), {}, training=True).rate)
    weights = vae.trainable_weights
    gradients = tape.gradient(rate, [weight.value for weight in weights])
    of_prior = {id(weight) for weight in vae.prior.trainable_weights}
    for weight, gradient in zip(weights, gradients, strict=True):
        assert (gradient is not None) == (id(weight) in of_prior), weight.path


def test_it_can_be_trained_on_codes_that_stay():
    vae = model()
    vae.adapt(X)
    codes, rate = vae.codes(X), -vae.prior.log_prob(vae.codes(X)).numpy().mean()
    for part in (vae.encoder, vae.latents.projection, vae.latents.quantiser):
        part.trainable = False
    vae.compile(keras.optimizers.Adam(0.03))
    vae.fit(X, batch_size=8, epochs=15, verbose=0)
    np.testing.assert_array_equal(vae.codes(X), codes)
    assert -vae.prior.log_prob(codes).numpy().mean() < rate - 0.1
