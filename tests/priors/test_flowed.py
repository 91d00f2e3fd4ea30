"""The prior that a flow makes: its density by integration, its draws by their own density."""

import numpy as np
import pytest
import tensorflow as tf

from tests.flows.flows import NETWORKED, random_flow
from tfvae import random
from tfvae.flows import Planar, RealNVP
from tfvae.priors import Flowed

kinds = pytest.mark.parametrize("kind", NETWORKED)


def random_prior(kind, size, dtype="float32"):
    prior = Flowed(random_flow(kind, size, dtype), dtype=dtype)
    prior.build((None, size))
    return prior


@kinds
def test_the_density_is_one_in_all(kind):
    prior = random_prior(kind, 2, "float64")
    draws = prior.sample(random.draw(prior.noise(), (20_000,), (0, 1), "float64")).numpy()
    centre, spread = draws.mean(axis=0), draws.std(axis=0)
    axes = [np.linspace(c - 9 * s, c + 9 * s, 1201) for c, s in zip(centre, spread, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    density = np.exp(prior.log_prob(tf.constant(grid)))
    cell = np.prod([axis[1] - axis[0] for axis in axes])
    assert density.sum() * cell == pytest.approx(1.0, abs=0.01)
    # And its mean is that of the draws.
    mean = (density[..., None] * grid).sum(axis=(0, 1)) * cell
    np.testing.assert_allclose(mean, centre, atol=5 * spread.max() / np.sqrt(len(draws)) + 0.02)


@kinds
def test_a_draw_has_the_density_of_its_noise_less_the_determinant(kind):
    prior = random_prior(kind, 3)
    noise = random.draw(prior.noise(), (50,), (0, 0))
    z = prior.sample(noise)
    _, log_det = prior.flow.forward(noise["z"])
    normal = -0.5 * np.square(noise["z"]).sum(-1) - 1.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(prior.log_prob(z), normal - log_det, rtol=1e-4, atol=1e-3)


@kinds
def test_its_distribution_is_the_prior(kind):
    prior = random_prior(kind, 3)
    distribution = prior.distribution()
    z = distribution.sample((4, 5), seed=1)
    assert (z.shape, distribution.batch_shape, distribution.event_shape) == ((4, 5, 3), (), (3,))
    np.testing.assert_allclose(distribution.log_prob(z), prior.log_prob(z), rtol=1e-5)
    at_zero = prior.flow.forward(tf.zeros([3]))[0]
    np.testing.assert_allclose(distribution.mean(), at_zero, rtol=1e-6)
    np.testing.assert_array_equal(distribution.mode(), distribution.mean())
    with pytest.raises(ValueError, match="no covariance in closed form"):
        distribution.covariance()


def test_temperature_multiplies_the_noise_before_the_flow():
    prior = random_prior(RealNVP, 3)
    noise = random.draw(prior.noise(), (5,), (0, 0))
    warm = prior.sample(noise, temperature=0.5)
    np.testing.assert_array_equal(warm, prior.sample({"z": 0.5 * noise["z"]}))
    cold = prior.sample(noise, temperature=0.0)
    np.testing.assert_array_equal(cold, tf.tile(cold[:1], (5, 1)))


def test_what_is_no_flow_or_needs_a_context_is_refused():
    for flow in ("realnvp", None, Planar(2), RealNVP(2, context_size=3)):
        with pytest.raises(ValueError, match="`flow` must be a flow without a context"):
            Flowed(flow)


def test_a_component_is_refused():
    prior = random_prior(RealNVP, 2)
    with pytest.raises(ValueError, match="a flow has no components"):
        prior.sample({"z": tf.zeros([1, 2])}, tf.zeros([1], tf.int32))
