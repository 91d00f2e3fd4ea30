"""Hamiltonian transitions against the density that they must leave as it is."""

import numpy as np
import pytest
import tensorflow as tf

from tfvae import random
from tfvae.evaluate.likelihood import hamiltonian

# Base N(0, I), and a Gaussian target of precision P and location m; halfway both count.
PRECISION = np.array([[4.0, 1.0], [1.0, 2.0]])
LOC = np.array([1.0, -0.5])
SHARE = 0.5


def densities(z):
    far = z - LOC
    target = -0.5 * tf.reduce_sum(far * tf.linalg.matvec(PRECISION, far), axis=-1)
    base = -0.5 * tf.reduce_sum(tf.square(z), axis=-1)
    return base, target - base


def between():
    """Location and covariance of the density at the share of the way."""
    precision = (1 - SHARE) * np.eye(2) + SHARE * PRECISION
    return np.linalg.solve(precision, SHARE * PRECISION @ LOC), np.linalg.inv(precision)


def moved(z, step_size, times=1, num_steps=5):
    point = hamiltonian.evaluated(densities, tf.constant(z))
    size, probabilities = tf.fill([z.shape[1]], tf.constant(step_size, tf.float64)), []
    for number in range(times):
        noise = random.draw(hamiltonian.noise((2,)), z.shape[:2], [3, number], "float64")
        share = tf.constant(SHARE, tf.float64)
        steps = tf.constant(num_steps)
        point, probability = hamiltonian.transition(densities, point, share, size, steps, noise)
        probabilities.append(probability)
    return point, np.stack(probabilities)


def exact(chains, rows=3):
    return np.random.default_rng(0).multivariate_normal(*between(), size=[chains, rows])


@pytest.mark.parametrize("step_size", [0.1, 0.6, 1.0])
def test_draws_of_the_density_stay_draws_of_it(step_size):
    loc, covariance = between()
    point, probability = moved(exact(20_000), step_size, times=3)
    for row in range(3):
        z = point.z.numpy()[:, row]
        np.testing.assert_allclose(z.mean(0), loc, atol=0.02)
        np.testing.assert_allclose(np.cov(z.T), covariance, atol=0.02)
    # Of a small step nearly all are taken; of a large one not, and so it would show if all were.
    assert (probability.mean() > 0.99) == (step_size == 0.1)


def test_chains_from_elsewhere_come_to_the_density():
    loc, covariance = between()
    point, _ = moved(np.full([20_000, 1, 2], 3.0), 0.3, times=20)
    z = point.z.numpy()[:, 0]
    np.testing.assert_allclose(z.mean(0), loc, atol=0.02)
    np.testing.assert_allclose(np.cov(z.T), covariance, atol=0.02)


def test_a_point_knows_its_densities_and_gradients():
    point, _ = moved(exact(7), 0.5, times=2)
    for found, expected in zip(point, hamiltonian.evaluated(densities, point.z), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    far = point.z.numpy() - LOC
    np.testing.assert_allclose(point.gradient(1.0), -far @ PRECISION, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(point.gradient(0.0), -point.z.numpy(), rtol=1e-12)


def test_paths_that_run_away_are_not_taken():
    z = exact(50)
    point, probability = moved(z, 1e200)
    np.testing.assert_array_equal(point.z, z)
    np.testing.assert_array_equal(probability, 0.0)


def test_each_row_has_its_own_step():
    z = exact(4000, rows=2)
    point = hamiltonian.evaluated(densities, tf.constant(z))
    noise = random.draw(hamiltonian.noise((2,)), z.shape[:2], [3, 1], "float64")
    step_size = tf.constant([0.05, 1.05], tf.float64)
    share = tf.constant(SHARE, tf.float64)
    _, probability = hamiltonian.transition(
        densities, point, share, step_size, tf.constant(5), noise
    )
    small, large = probability.numpy().mean(0)
    assert small > 0.99 > 0.9 > large
