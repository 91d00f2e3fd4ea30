"""Bits per dimension against probabilities that are known."""

import numpy as np
import pytest
import tensorflow as tf

from tfvae import evaluate, families


def test_a_uniform_density_of_bytes_has_eight_bits():
    # The density of x in [0, 1) is 1, that of each byte 1 / 256.
    density = np.zeros(3)
    np.testing.assert_allclose(evaluate.bits_per_dimension(density, (4, 4, 3), 256), 8.0)
    mass = np.full(3, -48 * np.log(256.0))
    np.testing.assert_allclose(evaluate.bits_per_dimension(mass, (4, 4, 3)), 8.0)


def test_a_fair_coin_has_one_bit():
    family = families.Bernoulli((10,))
    log_prob = family.log_prob({"logits": tf.zeros([2, 10])}, tf.ones([2, 10]))
    bits = evaluate.bits_per_dimension(log_prob, (10,))
    assert (bits.shape, bits.dtype) == ((2,), np.float64)
    np.testing.assert_allclose(bits, 1.0, rtol=1e-6)


def test_dequantised_bits_bound_those_of_the_levels():
    """Of a density that is constant on each bin, the bound is tight."""
    generator = np.random.default_rng(0)
    share = generator.dirichlet(np.ones(16))
    levels = generator.choice(16, 5000, p=share)
    exact = evaluate.bits_per_dimension(np.log(share[levels]), (1,)).mean()
    x = (levels + generator.uniform(size=5000)) / 16
    density = np.log(16 * share[(x * 16).astype(int)])
    np.testing.assert_allclose(evaluate.bits_per_dimension(density, (1,), 16).mean(), exact)
    # Any other density needs more: here, a uniform one.
    assert evaluate.bits_per_dimension(0.0, (1,), 16) == 4.0 > exact


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, ()), "`event_shape` must"),
        ((0.0, (0, 2)), "`event_shape` must"),
        ((0.0, (2,), 0), "`num_levels` must be a whole number"),
        ((0.0, (2,), 2.5), "`num_levels` must be a whole number"),
    ],
)
def test_shapes_and_levels_that_mean_nothing(arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluate.bits_per_dimension(*arguments)
