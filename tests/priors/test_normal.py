"""The standard normal prior."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfvae.priors import StandardNormal


def built(*shape):
    prior = StandardNormal()
    prior.build((None, *shape))
    return prior


@pytest.mark.parametrize("size", [1, 40])
def test_density(size):
    z = 3 * np.random.RandomState(0).normal(size=(4, 5, size))
    expected = stats.norm.logpdf(z).sum(-1)
    prior, z = built(size), tf.constant(z, tf.float32)
    for value in (prior.log_prob(z), prior(z), prior.distribution().log_prob(z)):
        np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_draws_are_the_noise_times_the_temperature():
    prior = built(3)
    noise = {"z": tf.constant(np.random.RandomState(0).normal(size=(6, 3)), tf.float32)}
    np.testing.assert_array_equal(prior.sample(noise), noise["z"])
    np.testing.assert_allclose(prior.sample(noise, temperature=0.5), noise["z"] / 2)
    assert prior.noise()["z"].shape == (3,)
    assert prior.num_components is None
    assert prior.weights == []


def test_it_has_no_components():
    with pytest.raises(ValueError, match="a standard normal prior has no components"):
        built(2).sample({"z": tf.zeros([1, 2])}, component=tf.zeros([1], tf.int32))


def test_adapting_it_changes_nothing():
    prior = built(2)
    prior.adapt(np.full([5, 2], 9.0))
    np.testing.assert_allclose(prior.distribution().mean(), 0.0)
