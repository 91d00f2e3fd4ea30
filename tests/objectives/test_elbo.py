"""The evidence lower bound: its weight, its warm-up and its floor, on known numbers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.objectives.traces import (
    BATCH,
    LOC,
    SCALE,
    SIZE,
    gaussian_trace,
    rate_by_dimension,
    sampled_trace,
)
from tfvae.objectives import ELBO, Warmup


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 4.0])
def test_the_loss_is_distortion_plus_weighted_rate(beta):
    trace = gaussian_trace()
    distortion = -trace.log_likelihood.numpy().astype(np.float64)[0].mean(0)
    expected = distortion + beta * rate_by_dimension().sum(1)
    loss = ELBO(beta).loss(trace)
    assert loss.shape == (BATCH,)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_with_a_beta_of_one_the_loss_is_the_negative_bound():
    trace = gaussian_trace()
    np.testing.assert_allclose(ELBO().loss(trace), -trace.elbo, rtol=1e-6)


@pytest.mark.parametrize("step", [0, 1, 4, 9, 10, 1000])
def test_a_warm_up_follows_the_step(step):
    trace = gaussian_trace(step=step)
    beta = min(1.0, (step + 1) / 10) * 2.0
    expected = ELBO(beta).loss(trace)
    np.testing.assert_allclose(ELBO(Warmup(10, final=2.0)).loss(trace), expected, rtol=1e-6)


SCHEDULES = keras.optimizers.schedules
KERAS_SCHEDULES = [
    SCHEDULES.PolynomialDecay(0.1, 20, end_learning_rate=1.0),
    SCHEDULES.PiecewiseConstantDecay([5, 10], [0.0, 0.5, 1.0]),
    SCHEDULES.ExponentialDecay(1.0, 10, 0.5),
    SCHEDULES.InverseTimeDecay(1.0, 10, 0.5),
    SCHEDULES.CosineDecay(1.0, 20),
    SCHEDULES.CosineDecayRestarts(1.0, 20),
]


@pytest.mark.parametrize("schedule", KERAS_SCHEDULES, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("step", [0, 7, 25])
def test_any_schedule_of_keras_will_do(schedule, step):
    trace = gaussian_trace(step=step)
    expected = ELBO(float(schedule(step))).loss(trace)
    np.testing.assert_allclose(ELBO(schedule).loss(trace), expected, rtol=1e-5)


@pytest.mark.parametrize("free_bits", [0.01, 0.3, 2.0])
@pytest.mark.parametrize("beta", [1.0, 0.5])
def test_free_bits_are_a_floor_under_each_dimensions_mean_rate(free_bits, beta):
    trace = gaussian_trace()
    floored = np.maximum(rate_by_dimension().mean(0), free_bits).sum()
    loss = ELBO(beta, free_bits=free_bits).loss(trace)
    assert loss.shape == (BATCH,)
    np.testing.assert_allclose(loss, trace.distortion + beta * floored, rtol=1e-5)


def test_the_floor_has_no_gradient_and_what_is_above_it_has():
    # The first dimension is dear, the other two are nearly free.
    loc, scale = LOC * [3.0, 0.1, 0.1], np.ones_like(SCALE)
    variable = tf.Variable(loc.astype("float32"))
    with tf.GradientTape(persistent=True) as tape:
        trace = gaussian_trace(tf.convert_to_tensor(variable), scale)
        floored = tf.reduce_mean(ELBO(free_bits=0.2).loss(trace))
        plain = tf.reduce_mean(ELBO().loss(trace))
    gradient, expected = (tape.gradient(v, variable).numpy() for v in (floored, plain))
    np.testing.assert_array_equal(gradient[:, 1:], 0.0)
    np.testing.assert_allclose(gradient[:, 0], expected[:, 0], rtol=1e-5)
    assert np.abs(expected).min() > 1e-3


def test_the_floor_is_under_the_batchs_average_as_the_model_counts_it():
    weights = np.array([0.0, 0.0, 1.0, 0.0], "float32")
    trace = gaussian_trace(average=lambda values: tf.tensordot(weights, values, axes=1))
    floored = np.maximum(rate_by_dimension()[2], 0.3).sum()
    loss = ELBO(free_bits=0.3).loss(trace)
    np.testing.assert_allclose(loss, trace.distortion + floored, rtol=1e-5)


def test_a_sampled_rate_has_one_floor_for_its_group():
    log_likelihood, log_q, log_p = np.random.RandomState(0).normal(size=(3, 1, 2, BATCH))
    trace = sampled_trace(log_likelihood, log_q, log_p)
    rate = (log_q - log_p)[0].mean()
    for free_bits in (0.0001, 1.0):
        floor = max(rate, free_bits * SIZE)
        expected = -log_likelihood[0].mean(0) + floor
        np.testing.assert_allclose(ELBO(free_bits=free_bits).loss(trace), expected, rtol=1e-6)


def test_without_free_bits_there_is_no_floor():
    # A sampled rate may be negative, and stays so.
    zeros = np.zeros([1, 1, BATCH])
    loss = ELBO().loss(sampled_trace(zeros, zeros - 5.0, zeros))
    np.testing.assert_allclose(loss, -5.0)


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, True, "1"])
@pytest.mark.parametrize("name", ["beta", "free_bits"])
def test_a_weight_that_is_no_number_above_zero_is_refused(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be a number of at least 0"):
        ELBO(**{name: value})


@pytest.mark.parametrize("num_samples", [0, 1.5, True])
def test_a_number_of_samples_that_is_no_count_is_refused(num_samples):
    with pytest.raises(ValueError, match="`num_samples` must be a whole number of at least 1"):
        ELBO(num_samples=num_samples)
