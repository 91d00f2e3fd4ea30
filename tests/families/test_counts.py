"""Counts against SciPy and TFP, and the size of a library beside them."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from tfvae.families import NegativeBinomial, Poisson, ZeroInflatedNegativeBinomial

SHAPE = (3, 2)
RANDOM = np.random.RandomState(0)
LOG_RATE, LOG_THETA, ZERO_LOGITS = RANDOM.normal(0, 2, size=(3, 4, *SHAPE))
X = RANDOM.negative_binomial(1, 0.05, size=(4, *SHAPE)) * RANDOM.randint(0, 2, size=(4, *SHAPE))
PARAMETERS = {
    "log_rate": tf.constant(LOG_RATE, tf.float32),
    "log_theta": tf.constant(LOG_THETA, tf.float32),
    "zero_logits": tf.constant(ZERO_LOGITS, tf.float32),
}
KINDS = [Poisson, NegativeBinomial, ZeroInflatedNegativeBinomial]
every_kind = pytest.mark.parametrize("kind", KINDS)


def negative_binomial(x, log_theta=LOG_THETA):
    theta = np.exp(log_theta)
    return stats.nbinom(theta, theta / (theta + np.exp(LOG_RATE))).logpmf(x)


def built(kind, **arguments):
    family = kind(SHAPE, **arguments)
    family.build((None, 5))
    return family


def test_poisson():
    expected = stats.poisson(np.exp(LOG_RATE)).logpmf(X)
    found = Poisson(SHAPE).element_log_prob(PARAMETERS, tf.constant(X, tf.float32))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_negative_binomial():
    expected = negative_binomial(X)
    family = built(NegativeBinomial, dispersion="per_element")
    found = family.element_log_prob(PARAMETERS, tf.constant(X, tf.float32))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_shared_dispersion_is_one_for_each_element():
    family = built(NegativeBinomial)
    assert tuple(family.log_theta.shape) == SHAPE
    assert float(tf.reduce_max(tf.abs(family.log_theta))) == 0.0
    family.log_theta.assign(LOG_THETA[0])
    found = family.element_log_prob(PARAMETERS, tf.constant(X, tf.float32))
    np.testing.assert_allclose(found, negative_binomial(X, LOG_THETA[0]), rtol=1e-4, atol=1e-4)


def test_inflated_zeros():
    dropped, counted = special.expit(ZERO_LOGITS), special.expit(-ZERO_LOGITS)
    expected = np.log(dropped * (X == 0) + counted * np.exp(negative_binomial(X)))
    family = built(ZeroInflatedNegativeBinomial, dispersion="per_element")
    found = family.element_log_prob(PARAMETERS, tf.constant(X, tf.float32))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert (X == 0).any()
    assert (X > 0).any()
    mean = family.mean(PARAMETERS)
    np.testing.assert_allclose(mean, counted * np.exp(LOG_RATE), rtol=1e-5)


@every_kind
def test_probabilities_sum_to_one(kind):
    family = kind((1,))
    family.build((None, 2))
    parameters = {"log_rate": tf.constant([[1.5]]), "zero_logits": tf.constant([[-1.0]])}
    x = tf.range(2000.0)[:, None]
    total = np.exp(family.log_prob(parameters, x)).astype("float64")
    assert total.sum() == pytest.approx(1.0, abs=1e-5)
    mean = float(family.mean(parameters)[0, 0])
    assert total @ np.arange(2000) == pytest.approx(mean, rel=1e-4)


@every_kind
def test_the_distribution_is_that_of_tfp(kind):
    family = built(kind)
    p, x = family.distribution(PARAMETERS), tf.constant(X, tf.float32)
    assert (p.batch_shape, p.event_shape) == ((4,), SHAPE)
    np.testing.assert_allclose(p.log_prob(x), family.log_prob(PARAMETERS, x), rtol=1e-4)
    np.testing.assert_allclose(p.mean(), family.mean(PARAMETERS), rtol=1e-4)
    drawn = p.sample(2000, seed=0).numpy()
    family.check(drawn)
    mean, stddev = p.mean().numpy(), np.sqrt(drawn.var(0))
    np.testing.assert_array_less(np.abs(drawn.mean(0) - mean), 5 * stddev / np.sqrt(2000) + 1e-3)
    family.check(family.point(PARAMETERS).numpy())


def test_a_negative_binomial_of_little_dispersion_is_a_poisson():
    family = built(NegativeBinomial)
    family.log_theta.assign(np.full(SHAPE, np.log(1e7)))
    x = tf.constant(X, tf.float32)
    np.testing.assert_allclose(
        family.element_log_prob(PARAMETERS, x),
        Poisson(SHAPE).element_log_prob(PARAMETERS, x),
        rtol=1e-3,
        atol=1e-3,
    )


@every_kind
def test_gradients_at_zero_and_at_large_counts_are_finite(kind):
    family = built(kind)
    x = tf.constant([0.0, 1.0, 1e6] * 2, shape=(1, *SHAPE))
    values = {name: tf.fill([1, *SHAPE], 3.0) for name in PARAMETERS}
    with tf.GradientTape() as tape:
        tape.watch(values)
        value = family.log_prob(values, x)
    gradients = tape.gradient(value, values, unconnected_gradients="zero")
    assert all(np.isfinite(gradient).all() for gradient in gradients.values())


@every_kind
def test_the_library_size_multiplies_the_shares(kind):
    family = kind(SHAPE, library_size=True)
    parameters = family(tf.constant(RANDOM.normal(size=(4, 5)), tf.float32))
    assert set(family.side_inputs()) == {"library_size"}
    assert [w.name for w in family.non_trainable_weights] == ["usual_library_size"]
    rate = np.exp(parameters["log_rate"])
    np.testing.assert_allclose(rate.sum((1, 2)), 1.0, rtol=1e-5)
    assert family.conditioned(parameters, {}) is parameters
    size = tf.constant([1.0, 10.0, 5e3, 2e5])
    family.usual_library_size.assign(30.0)
    stacked = family(tf.zeros([4, 5]))
    np.testing.assert_allclose(np.exp(stacked["log_rate"]).sum((1, 2)), 30.0, rtol=1e-5)
    family.usual_library_size.assign(1.0)
    for leading in ((), (2, 3)):
        wide = {name: tf.broadcast_to(v, (*leading, *v.shape)) for name, v in parameters.items()}
        given = family.conditioned(wide, {"library_size": size})
        expected = rate * size.numpy()[:, None, None]
        np.testing.assert_allclose(
            np.exp(given["log_rate"]), np.broadcast_to(expected, (*leading, *rate.shape)), rtol=1e-4
        )


def test_without_a_library_size_nothing_beside_x_is_taken():
    family = built(Poisson)
    assert family.side_inputs() == {}
    given = family.conditioned(PARAMETERS, {"library_size": tf.ones([4])})
    assert given is PARAMETERS


@every_kind
@pytest.mark.parametrize(
    ("x", "message"),
    [([[0.0, -1.0]], "go down to -1"), ([[0.5, 1.0]], "in between"), ([[np.nan, 1.0]], "finite")],
)
def test_values_that_are_no_counts_are_refused(kind, x, message):
    with pytest.raises(ValueError, match=message):
        kind((2,)).check(np.array(x))


def test_words_that_are_none_are_refused():
    with pytest.raises(ValueError, match="`dispersion` must be one of"):
        NegativeBinomial(SHAPE, "gene")
    for kind in KINDS:
        with pytest.raises(ValueError, match="`library_size` says whether"):
            kind(SHAPE, library_size=1000.0)
