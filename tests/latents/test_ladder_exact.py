"""Ladders against closed forms: evidence, bounds, rates and gradients of a linear Gaussian one."""

import numpy as np
import pytest
import tensorflow as tf

from tests.latents.linear_ladder import LOWER, Truth, in_float64, noise_for, trace_of
from tfvae.objectives import ELBO, IWAE

TRUTH = Truth()


def test_every_importance_weight_is_the_evidence():
    in_float64()
    x, vae = TRUTH.data(5), TRUTH.model()
    trace = trace_of(vae, x, 50)
    expected = TRUTH.evidence.logpdf(x)
    np.testing.assert_allclose(trace.log_ratio[0], np.tile(expected, (50, 1)), rtol=1e-9)
    np.testing.assert_allclose(-IWAE(50).loss(trace), expected, rtol=1e-9)
    one = {name: value[0] for name, value in noise_for(vae, 1, 5).items()}
    np.testing.assert_allclose(vae.elbo_from(tf.constant(x), one), expected, rtol=1e-9)


def test_verbs_give_the_evidence():
    x, vae = TRUTH.data(6), TRUTH.model()
    expected = TRUTH.evidence.logpdf(x)
    for samples in (1, 7, 150):
        found = vae.log_likelihood(x, num_samples=samples)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)
    # Of jointly Gaussian levels the ancestral point is the mean of them all.
    exact = np.stack([TRUTH.posterior(row).loc for row in x])
    np.testing.assert_allclose(vae.encode(x).mode(), exact, atol=1e-4)
    mean = TRUTH.loc + exact @ TRUTH.loadings.T
    np.testing.assert_allclose(vae.predict(x, verbose=0), mean, atol=1e-4)


def test_posterior_and_prior_are_the_joint_gaussians():
    in_float64()
    x, vae = TRUTH.data(3), TRUTH.model(widen=1.3, shift=0.2)
    q, p = vae.encode(x), vae.prior.distribution()
    z = q.sample(4000, seed=0)
    for row, values in enumerate(np.moveaxis(z.numpy(), 1, 0)):
        expected = TRUTH.approximation(x[row], 1.3, 0.2)
        density = expected.density().logpdf(values)
        np.testing.assert_allclose(q.log_prob(z)[:, row], density, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(values.mean(0), expected.loc, atol=0.06)
        np.testing.assert_allclose(np.cov(values.T), expected.covariance, atol=0.05)
    drawn = p.sample(20_000, seed=1).numpy()
    exact = TRUTH.prior.density()
    np.testing.assert_allclose(p.log_prob(drawn), exact.logpdf(drawn), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(drawn.mean(0), TRUTH.prior.loc, atol=0.06)
    np.testing.assert_allclose(np.cov(drawn.T), TRUTH.prior.covariance, atol=0.15)


@pytest.mark.parametrize(("widen", "shift"), [(1.5, 0.2), (0.7, -0.1)])
def test_bound_and_rates_of_an_inexact_posterior(widen, shift):
    in_float64()
    x, vae = TRUTH.data(4), TRUTH.model(widen, shift)
    trace = trace_of(vae, x, 20_000)
    for row, example in enumerate(x):
        q, exact = TRUTH.approximation(example, widen, shift), TRUTH.posterior(example)
        gap = q.divergence(exact)
        bound = TRUTH.evidence.logpdf(example) - gap
        assert gap > 0.3
        assert float(trace.elbo[row]) == pytest.approx(bound, abs=0.1)
        rate = q.divergence(TRUTH.prior)
        upper = type(q)(q.loc[LOWER:], q.covariance[LOWER:, LOWER:])
        prior = type(q)(TRUTH.prior.loc[LOWER:], TRUTH.prior.covariance[LOWER:, LOWER:])
        rates = [rate - upper.divergence(prior), upper.divergence(prior)]
        np.testing.assert_allclose([each[row] for each in trace.group_rates], rates, atol=0.05)
        # At the top the closed form leaves nothing to samples.
        assert float(trace.group_rates[1][row]) == pytest.approx(rates[1], rel=1e-9)
        assert float(trace.sampled_rate[row]) == pytest.approx(rate, abs=0.1)


def test_a_rate_given_samples_has_less_noise_than_the_sampled_one():
    in_float64()
    x, vae = np.tile(TRUTH.data(1), (500, 1)), TRUTH.model(1.5, 0.2)
    trace = trace_of(vae, x, 1)
    sampled = trace.inference.log_q[0] - trace.inference.log_p[0]
    assert np.std(trace.group_rates[0]) < 0.8 * np.std(sampled)
    assert np.mean(trace.group_rates[0]) == pytest.approx(np.mean(sampled), abs=0.4)


def test_rates_by_dimension_and_free_bits():
    in_float64()
    x, vae = TRUTH.data(7), TRUTH.model(1.4, 0.1)
    trace = trace_of(vae, x, 3)
    lower, upper = trace.rates_by_dimension
    assert upper is None
    np.testing.assert_allclose(tf.reduce_sum(lower, -1), trace.group_rates[0], rtol=1e-12)
    scale = 1.4 * TRUTH.lower_scale / TRUTH.down_scale
    z2 = trace.inference.z[0, ..., LOWER:].numpy()
    loc = z2 @ TRUTH.lower_on_z2.T + x @ TRUTH.lower_on_x.T + TRUTH.lower_constant + 0.1
    shift = (loc - z2 @ TRUTH.down.T - TRUTH.down_loc) / TRUTH.down_scale
    expected = (0.5 * (scale**2 + shift**2 - 1) - np.log(scale)).mean(0)
    np.testing.assert_allclose(lower, expected, rtol=1e-8)
    for bits in (0.5, 2.0, 5.0):
        floored = np.maximum(expected.mean(0), bits).sum()
        floored += max(trace.group_rates[1].numpy().mean(), 2 * bits)
        loss = ELBO(free_bits=bits).loss(trace)
        np.testing.assert_allclose(loss, trace.distortion + floored, rtol=1e-8)


def encoder_gradients(vae, objective, x, samples, seed=0):
    """Gradients with respect to what is of the posterior alone."""
    weights = [w.value for level in vae.latents.levels for w in level.family.trainable_weights]
    with tf.GradientTape() as tape:
        trace = trace_of(vae, x, samples, objective.gate(), seed)
        loss = tf.reduce_mean(objective.loss(trace))
    return np.concatenate([np.reshape(g, -1) for g in tape.gradient(loss, weights)])


def test_sticking_the_landing_has_no_noise_at_the_exact_posterior():
    in_float64()
    x, vae = TRUTH.data(6), TRUTH.model()
    landing = encoder_gradients(vae, ELBO(gradient="sticking_the_landing"), x, 3)
    np.testing.assert_allclose(landing, 0.0, atol=1e-9)
    doubly = encoder_gradients(vae, IWAE(3, "doubly_reparametrised"), x, 3)
    np.testing.assert_allclose(doubly, 0.0, atol=1e-9)
    assert np.abs(encoder_gradients(vae, ELBO(), x, 3)).max() > 0.1


@pytest.mark.parametrize(
    ("gated", "plain"),
    [
        (ELBO(gradient="sticking_the_landing"), ELBO()),
        (IWAE(3, "doubly_reparametrised"), IWAE(3)),
    ],
    ids=["landing", "doubly"],
)
def test_gated_gradients_have_the_same_mean(gated, plain):
    in_float64()
    x, vae = np.tile(TRUTH.data(1), (20_000, 1)), TRUTH.model(1.3, 0.1)
    one, other = (
        encoder_gradients(vae, objective, x, objective.num_samples) for objective in (gated, plain)
    )
    assert np.abs(other).max() > 0.5
    np.testing.assert_allclose(one, other, atol=0.06 * np.abs(other).max())


def test_gates_leave_gradients_of_the_model_alone():
    in_float64()
    x, vae = TRUTH.data(5), TRUTH.model(1.3, 0.1)
    heads = [vae.likelihood, vae.latents.levels[0].prior_family]
    weights = [weight.value for head in heads for weight in head.trainable_weights]
    found = []
    for gradient in ("reparametrised", "doubly_reparametrised"):
        objective = IWAE(4, gradient)
        with tf.GradientTape() as tape:
            trace = trace_of(vae, x, 4, objective.gate())
            loss = tf.reduce_mean(objective.loss(trace))
        found.append(tape.gradient(loss, weights))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
