"""Estimators of the encoder's gradient: what they leave out, on average and at the optimum."""

import numpy as np
import pytest
import tensorflow as tf

from tests.test_linear_gaussian import data, exact_model, noise_for, truth_for
from tfvae.families import DiagonalNormal, FullNormal
from tfvae.objectives import ELBO, IWAE, MIWAE, PIWAE

STL, DREG = "sticking_the_landing", "doubly_reparametrised"
kinds = pytest.mark.parametrize("kind", [DiagonalNormal, FullNormal])


def gradients(vae, objective, x, seed=0):
    """Of the mean loss, for the encoder's heads and for the likelihood's, each flat."""
    return [part.numpy() for part in symbolic_gradients(vae, objective, x, seed)]


def symbolic_gradients(vae, objective, x, seed):
    x = tf.constant(x, "float32")
    noise = noise_for(vae, objective.num_samples, len(x), seed)
    with tf.GradientTape() as tape:
        trace = vae.trace(x, x, noise, training=True, gate=objective.gate())
        loss = tf.reduce_mean(objective.loss(trace))
    parts = (vae.latents, vae.likelihood)
    weights = [[weight.value for weight in part.trainable_weights] for part in parts]
    found = tape.gradient(loss, weights)
    return [tf.concat([tf.reshape(one, [-1]) for one in part], axis=0) for part in found]


@kinds
@pytest.mark.parametrize("objective", [ELBO(gradient=STL), IWAE(8, STL), IWAE(8, DREG)])
def test_no_noise_is_left_at_the_exact_posterior(kind, objective):
    truth = truth_for(kind)
    vae, x = exact_model(kind, truth), data(truth, 6)
    encoder, decoder = gradients(vae, objective, x)
    np.testing.assert_allclose(encoder, 0.0, atol=2e-4)
    plain = type(objective)(num_samples=objective.num_samples)
    usual_encoder, usual_decoder = gradients(vae, plain, x)
    if isinstance(objective, IWAE):
        assert np.abs(usual_encoder).max() > 0.01
    np.testing.assert_allclose(decoder, usual_decoder, rtol=1e-3, atol=1e-3)


def over_seeds(vae, objective, x, runs=400):
    one = tf.function(
        lambda seed: symbolic_gradients(vae, objective, x, seed),
        input_signature=[tf.TensorSpec([], "int32")],
    )
    found = [one(tf.constant(seed)) for seed in range(runs)]
    return [np.stack(part) for part in zip(*found, strict=True)]


def agree(a, b):
    """Whether two estimators have one mean, by the standard errors of their differences."""
    difference = (a - b).mean(axis=0)
    error = (a - b).std(axis=0) / np.sqrt(len(a)) + 1e-6
    return np.abs(difference / error).max() < 4.5


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        (ELBO(), ELBO(gradient=STL)),
        (IWAE(1), IWAE(1, STL)),
        (IWAE(5), IWAE(5, DREG)),
    ],
)
def test_the_mean_is_the_same_and_the_noise_less(usual, other):
    truth = truth_for(DiagonalNormal)
    # Near the exact posterior, where training spends its time.
    vae = exact_model(DiagonalNormal, truth, widen=1.1, shift=0.05)
    x = data(truth, 3)
    encoder, decoder = over_seeds(vae, usual, x)
    other_encoder, other_decoder = over_seeds(vae, other, x)
    assert agree(encoder, other_encoder)
    assert agree(decoder, other_decoder)
    if isinstance(usual, IWAE):
        assert other_encoder.var(axis=0).sum() < 0.5 * encoder.var(axis=0).sum()


def test_a_shared_weight_is_biased_where_there_are_several_samples():
    truth = truth_for(DiagonalNormal)
    vae = exact_model(DiagonalNormal, truth, widen=1.6)
    x = data(truth, 3)
    usual, _ = over_seeds(vae, IWAE(5), x)
    landing, _ = over_seeds(vae, IWAE(5, STL), x)
    assert not agree(usual, landing)


@kinds
def test_piwae_trains_the_encoder_as_miwae_and_the_decoder_as_iwae(kind):
    truth = truth_for(kind)
    vae = exact_model(kind, truth, widen=1.5, shift=0.3)
    x = data(truth, 4)
    encoder, decoder = gradients(vae, PIWAE(3, 4), x)
    as_miwae, not_decoder = gradients(vae, MIWAE(3, 4), x)
    not_encoder, as_iwae = gradients(vae, IWAE(12), x)
    np.testing.assert_allclose(encoder, as_miwae, rtol=2e-3, atol=2e-3)
    np.testing.assert_allclose(decoder, as_iwae, rtol=2e-3, atol=2e-3)
    assert np.abs(encoder - not_encoder).max() > 0.05
    assert np.abs(decoder - not_decoder).max() > 0.05
