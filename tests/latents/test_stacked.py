"""Latents above latents: their terms, summed over classes, against sums made by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from scipy.special import log_softmax

import tfvae
from tests.conformance.conftest import noise_for
from tfvae import decoders, encoders, families, latents, models, objectives

CLASSES, LOWER, UPPER, PIXELS, COUNT = 3, 4, 2, 5, 4


@pytest.fixture(autouse=True)
def _double():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")


def shaken(vae):
    generator = np.random.RandomState(0)
    for weight in vae.trainable_weights:
        weight.assign(weight.numpy() + 0.3 * generator.normal(size=weight.shape))
    return vae


def examples():
    return np.random.RandomState(1).randint(0, 2, (COUNT, PIXELS)).astype("float64")


def stacked(samples=1):
    return shaken(
        models.M1M2(
            encoders.MLP((6,), "tanh"),
            decoders.MLP((6,), "tanh"),
            families.DiagonalNormal(LOWER),
            families.Bernoulli((PIXELS,)),
            upper_encoder=encoders.MLP((5,), "tanh"),
            upper_decoder=decoders.MLP((5,), "tanh"),
            upper=families.DiagonalNormal(UPPER),
            num_classes=CLASSES,
        )
    )


def normal(z, q):
    return stats.norm.logpdf(z, q["loc"].numpy(), q["scale"].numpy()).sum(-1)


def test_m1_with_m2_is_the_sum_made_by_hand():
    vae, x = stacked(), examples()
    noise = noise_for(vae, COUNT, 2)
    label = np.array([2, -1, 0, -1], "int32")
    given = {"x": tf.constant(x), "label": tf.constant(label)}
    trace = vae.trace(given, None, noise)
    parts, q = vae.latents, vae.latents.lower(vae.encoder(x))
    expected = np.zeros([2, COUNT])
    for s in range(2):
        z = q["loc"].numpy() + q["scale"].numpy() * noise["lower_z"][s].numpy()
        p_x = vae.likelihood.mean(vae.likelihood(vae.decoder(z))).numpy()
        common = stats.bernoulli.logpmf(x.astype(int), p_x).sum(1) - normal(z, q)
        features = parts.encoder(z)
        log_q_y = log_softmax(parts.upper.classifier(features).numpy(), axis=1)
        bounds = []
        for k in range(CLASSES):
            code = np.tile(np.eye(CLASSES)[k], (COUNT, 1))
            q_upper = parts.upper.posterior(tf.concat([features, code], axis=1))
            upper = q_upper["loc"].numpy() + q_upper["scale"].numpy() * noise["z"][s].numpy()
            given_upper = parts.given_upper(parts.decoder(np.concatenate([upper, code], axis=1)))
            log_p = stats.norm.logpdf(upper).sum(1) - np.log(CLASSES) + normal(z, given_upper)
            bounds.append(log_p - normal(upper, q_upper))
        bounds = np.stack(bounds, axis=1)
        summed = np.sum(np.exp(log_q_y) * (bounds - log_q_y), axis=1)
        observed = bounds[np.arange(COUNT), np.maximum(label, 0)]
        expected[s] = common + np.where(label < 0, summed, observed)
    np.testing.assert_allclose(trace.expectation(trace.log_ratio), expected.mean(0), rtol=1e-9)
    np.testing.assert_allclose(trace.elbo, expected.mean(0), rtol=1e-9)


def warped():
    return shaken(
        tfvae.VAE(
            encoders.MLP((6,), "tanh"),
            decoders.MLP((6,), "tanh"),
            likelihood=families.Bernoulli((PIXELS,)),
            latents=latents.WarpedMixture(
                UPPER, CLASSES, style_size=3, network=keras.layers.Dense(5, activation="tanh")
            ),
        )
    )


def test_the_warped_mixture_is_the_sum_made_by_hand():
    vae, x = warped(), examples()
    noise = noise_for(vae, COUNT)
    trace = vae.trace(tf.constant(x), None, noise)
    parts, q = vae.latents, vae.infer_parameters(tf.constant(x))
    z = q["loc"].numpy() + q["scale"].numpy() * noise["z"][0].numpy()
    w = q["w_loc"].numpy() + q["w_scale"].numpy() * noise["w"][0].numpy()
    loc, scale = (value.numpy() for value in parts.components(tf.constant(w)))
    log_joint = stats.norm.logpdf(z[:, None], loc, scale).sum(-1)
    log_shares = log_softmax(log_joint, axis=1)
    shares = np.exp(log_shares)
    rate_y = np.sum(shares * (log_shares + np.log(CLASSES)), axis=1)
    ratio = q["scale"].numpy()[:, None] / scale
    shift = (q["loc"].numpy()[:, None] - loc) / scale
    kl = (0.5 * (ratio**2 + shift**2 - 1.0) - np.log(ratio)).sum(-1)
    of_w, scale_w = q["w_loc"].numpy(), q["w_scale"].numpy()
    rate_w = (0.5 * (scale_w**2 + of_w**2 - 1.0) - np.log(scale_w)).sum(-1)
    expected = (rate_w, np.sum(shares * kl, axis=1), rate_y)
    for found, one in zip(trace.group_rates, expected, strict=True):
        np.testing.assert_allclose(found, one, rtol=1e-9)
    floored = objectives.ELBO(free_bits=(0.0, 0.0, 0.9)).loss(trace)
    np.testing.assert_allclose(
        floored, trace.distortion + rate_w + expected[1] + max(rate_y.mean(), 0.9), rtol=1e-9
    )


def test_a_floor_for_each_group_needs_as_many():
    vae = warped()
    trace = vae.trace(tf.constant(examples()), None, noise_for(vae, COUNT))
    with pytest.raises(ValueError, match="has 2 floors, but the latents have 3 groups"):
        objectives.ELBO(free_bits=(0.0, 0.5)).loss(trace)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: latents.WarpedMixture(2, 1), "at least 2"),
        (lambda: latents.WarpedMixture(0, 3), "`latent_size` must be"),
        (lambda: latents.WarpedMixture(2, 3, style_size=0), "`latent_size` must be"),
        (
            lambda: latents.Stacked(
                families.DiagonalNormal(2), "upper", encoders.MLP(()), decoders.MLP(())
            ),
            "`upper` must be a Clustered",
        ),
        (
            lambda: latents.Stacked(
                3,
                latents.Clustered(families.DiagonalNormal(2), num_classes=2),
                encoders.MLP(()),
                decoders.MLP(()),
            ),
            "`lower` must be a Posterior",
        ),
    ],
)
def test_arguments_that_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()
