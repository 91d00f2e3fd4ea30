"""Draws from the mixture: components in proportion to weights, moments of each component."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tests.priors.mixtures import random_mixture, reference_of
from tfvae import random
from tfvae.priors import MixtureOfGaussians

covariances = pytest.mark.parametrize("covariance", ["diagonal", "full", "shared"])


def pinned(components, **kwargs):
    """A mixture whose draws, without noise around them, are the numbers of their components."""
    prior = MixtureOfGaussians(components, **kwargs)
    prior.build((None, 1))
    prior.loc.assign(np.arange(components)[:, None])
    prior.logits.assign(np.random.RandomState(0).normal(size=components))
    return prior


def chosen(prior, uniform):
    noise = {"component": tf.constant(uniform, tf.float32), "z": tf.zeros([len(uniform), 1])}
    return prior.sample(noise).numpy()[:, 0].astype(int)


@pytest.mark.parametrize("source", ["draw", "threefry"])
@pytest.mark.parametrize("components", [1, 2, 10])
def test_components_are_drawn_in_proportion_to_their_weights(components, source):
    prior, count = pinned(components), 50_000
    if source == "draw":
        noise = random.draw(prior.noise(), (count,), (0, 1))
    else:
        noise = random.threefry_draw(prior.noise(), *random.rows(1, count))
    drawn = prior.sample({**noise, "z": tf.zeros([count, 1])}).numpy()[:, 0]
    counts = np.bincount(drawn.astype(int), minlength=components)
    expected = count * np.exp(reference_of(prior).log_weights)
    if components == 1:
        assert counts.tolist() == [count]
    else:
        assert stats.chisquare(counts, expected * count / expected.sum()).pvalue > 1e-3


def test_a_component_holds_the_interval_of_its_weight():
    prior = pinned(3)
    prior.logits.assign(np.log([0.25, 0.5, 0.25]))
    uniform = [1e-7, 0.2499, 0.2501, 0.5, 0.7499, 0.7501, 1 - 2**-24]
    assert chosen(prior, uniform).tolist() == [0, 0, 1, 1, 1, 2, 2]


def test_a_component_without_weight_is_never_drawn():
    prior = pinned(4)
    prior.logits.assign([-200.0, 0.0, -200.0, 0.0])
    grid = (np.arange(4096) + 0.5) / 4096
    assert set(chosen(prior, [*grid, 2**-24, 1 - 2**-24])) == {1, 3}


def test_many_components_are_within_reach_and_none_is_beyond():
    prior = pinned(500)
    prior.logits.assign(np.zeros(500))
    grid = (np.arange(5000) + 0.5) / 5000
    assert np.bincount(chosen(prior, grid)).tolist() == [10] * 500


@covariances
def test_draws_of_one_component_have_its_moments(covariance):
    prior, count = random_mixture(3, 4, covariance), 100_000
    reference = reference_of(prior)
    noise = random.draw(prior.noise(), (count,), (3, 4))
    z = prior.sample(noise, component=tf.fill([count], 1)).numpy()
    spread = reference.scale_tril[1] @ reference.scale_tril[1].T
    scale = np.sqrt(np.diag(spread))
    assert (np.abs(z.mean(0) - reference.loc[1]) < 5 * scale / np.sqrt(count)).all()
    error = 5 * np.sqrt(2 / count) * np.outer(scale, scale)
    assert (np.abs(np.cov(z.T) - spread) < error).all()


@covariances
def test_draws_follow_their_own_density(covariance):
    # E[log p(z)] under the draws is the negative entropy, here by float64 on other draws.
    prior, count = random_mixture(5, 3, covariance), 50_000
    reference, generator = reference_of(prior), np.random.RandomState(0)
    z = prior.sample(random.draw(prior.noise(), (count,), (5, 6)))
    component = generator.choice(5, size=count, p=np.exp(reference.log_weights))
    other = reference.loc[component] + np.einsum(
        "nij,nj->ni", reference.scale_tril[component], generator.normal(size=(count, 3))
    )
    ours, theirs = prior.log_prob(z).numpy(), reference.log_prob(other)
    error = np.sqrt(ours.var() / count + theirs.var() / count)
    assert abs(ours.mean() - theirs.mean()) < 5 * error


@covariances
def test_temperature_scales_the_noise_alone(covariance):
    prior = random_mixture(3, 2, covariance)
    noise = random.draw(prior.noise(), (50,), (0, 0))
    component = tf.constant(np.arange(50) % 3, tf.int32)
    cold, half, full = (prior.sample(noise, component, t).numpy() for t in (0.0, 0.5, 1.0))
    np.testing.assert_array_equal(cold, prior.loc.numpy()[np.arange(50) % 3])
    np.testing.assert_allclose(half - cold, (full - cold) / 2, atol=1e-6)


@covariances
def test_gradients_reach_the_components_that_were_drawn(covariance):
    prior = random_mixture(3, 2, covariance)
    noise = random.draw(prior.noise(), (5,), (0, 0))
    with tf.GradientTape() as tape:
        z = prior.sample(noise, tf.ones([5], tf.int32))
    gradient = tf.convert_to_tensor(tape.gradient(z, prior.loc.value))
    np.testing.assert_array_equal(gradient, [[0, 0], [5, 5], [0, 0]])
