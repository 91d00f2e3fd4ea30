"""Priors over codes: densities that sum to one over all codes, and samples that follow them."""

import numpy as np
import pytest
import tensorflow as tf

from tests.priors.sequences import every_sequence
from tfvae import random
from tfvae.priors import UniformCodes


def built(prior, num_codes=3, shape=(2, 2)):
    prior.build((None, *shape, num_codes))
    return prior


def assert_samples_follow(prior, codes, n=4000, standard_errors=4.5):
    """Compares the frequencies of all codes with their probabilities."""
    noise = random.draw(prior.noise(), [n], (3, 4))
    drawn = prior.sample(noise).numpy()
    assert drawn.dtype == np.int32
    expected = np.exp(prior.log_prob(tf.constant(codes)))
    found = np.array([(drawn == row).reshape(n, -1).all(-1).mean() for row in codes])
    assert found.sum() == pytest.approx(1.0)
    error = np.sqrt(expected * (1 - expected) / n)
    assert np.abs((found - expected) / error).max() < standard_errors


@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
def test_the_uniform_density_sums_to_one_and_samples_follow_it(shape):
    prior, codes = built(UniformCodes(), 3, shape), every_sequence(3, shape)
    log_prob = prior.log_prob(tf.constant(codes)).numpy()
    assert log_prob.shape == (len(codes),)
    assert np.exp(log_prob).sum() == pytest.approx(1.0, rel=1e-5)
    assert_samples_follow(prior, codes)


def test_the_outermost_noise_gives_the_outermost_codes():
    prior = built(UniformCodes(), 7, ())
    noise = {"codes": tf.constant([2.0**-24, 1 - 2.0**-24])}
    np.testing.assert_array_equal(prior.sample(noise), [0, 6])


def test_the_distribution_is_that_of_the_prior():
    prior = built(UniformCodes())
    p = prior.distribution()
    codes = p.sample((5, 2), seed=1)
    assert (p.dtype, codes.dtype, codes.shape) == (tf.int32, tf.int32, (5, 2, 2, 2))
    assert (p.batch_shape, p.event_shape) == ((), (2, 2))
    np.testing.assert_allclose(p.log_prob(codes), prior.log_prob(codes))
    assert p.log_prob(codes).shape == (5, 2)


def test_codes_have_no_components():
    prior = built(UniformCodes())
    assert prior.num_components is None
    noise = random.draw(prior.noise(), [2], (0, 0))
    with pytest.raises(ValueError, match="`component` was given, but a prior over codes has none"):
        prior.sample(noise, component=tf.zeros([2], tf.int32))


def test_real_numbers_are_no_codes():
    for score in (UniformCodes(), UniformCodes().log_prob):
        with pytest.raises(ValueError, match="is over codes.*tfvae.latents.Quantised"):
            score(tf.zeros([1, 2, 3]))
