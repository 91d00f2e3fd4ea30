"""The beta likelihood against SciPy, and what it says about data at the ends."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfvae.families import Beta

SHAPE = (3, 2)
RANDOM = np.random.RandomState(0)
A, B = np.exp(RANDOM.normal(0, 2, size=(2, 4, *SHAPE)))
X = RANDOM.uniform(0.01, 0.99, size=(4, *SHAPE))
PARAMETERS = {
    "concentration1": tf.constant(A, tf.float32),
    "concentration0": tf.constant(B, tf.float32),
}


def test_density_and_mean():
    family, x = Beta(SHAPE), tf.constant(X, tf.float32)
    expected = stats.beta(A, B).logpdf(X)
    found = family.element_log_prob(PARAMETERS, x)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(family.mean(PARAMETERS), A / (A + B), rtol=1e-5)
    p = family.distribution(PARAMETERS)
    assert (p.batch_shape, p.event_shape) == ((4,), SHAPE)
    np.testing.assert_allclose(p.log_prob(x), family.log_prob(PARAMETERS, x), rtol=1e-4)
    np.testing.assert_allclose(p.mean(), family.mean(PARAMETERS), rtol=1e-5)


def test_large_concentrations_lose_little():
    family = Beta((1,))
    values = {"concentration1": tf.constant([[3e5]]), "concentration0": tf.constant([[7e4]])}
    expected = stats.beta(3e5, 7e4).logpdf(np.float32(0.81))
    found = float(family.log_prob(values, tf.constant([[0.81]]))[0])
    assert found == pytest.approx(expected, abs=0.1)


def test_a_head_that_gives_zeros_is_uniform():
    family = Beta((3,))
    value = family.log_prob(family(tf.zeros([1, 2])), tf.constant([[0.1, 0.5, 0.99]]))
    np.testing.assert_allclose(value, [0.0], atol=1e-4)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[0.0, 0.5]], "go from 0 to 0.5. Squeeze them, as by"),
        ([[1.0, 0.5]], "go from 0.5 to 1. Squeeze"),
        ([[0.0, 255.0]], "For images of bytes"),
        ([[np.inf, 0.5]], "not finite"),
    ],
)
def test_values_at_the_ends_are_refused(x, message):
    Beta((2,)).check(np.array([[1e-6, 1 - 1e-6]]))
    with pytest.raises(ValueError, match=message):
        Beta((2,)).check(np.array(x))
