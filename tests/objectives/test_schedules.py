"""Weights that change as training goes on."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae import objectives
from tfvae.objectives import Warmup


def test_a_warm_up_is_linear_and_then_constant():
    warmup = Warmup(4, final=2.0)
    values = [float(warmup(step)) for step in range(7)]
    np.testing.assert_allclose(values, [0.5, 1.0, 1.5, 2.0, 2.0, 2.0, 2.0])


def test_a_warm_up_of_one_step_is_none():
    assert float(Warmup(1)(0)) == 1.0


@pytest.mark.parametrize("dtype", [tf.int32, tf.int64])
def test_it_takes_a_step_of_the_graph(dtype):
    step = tf.function(Warmup(10), input_signature=[tf.TensorSpec([], dtype)])
    assert float(step(tf.constant(4, dtype))) == 0.5


def test_it_is_a_schedule_of_keras_and_is_kept_in_configs():
    warmup = Warmup(10, final=0.3)
    assert isinstance(warmup, keras.optimizers.schedules.LearningRateSchedule)
    config = keras.saving.serialize_keras_object(warmup)
    again = keras.saving.deserialize_keras_object(config)
    assert (again.steps, again.final) == (10, 0.3)


@pytest.mark.parametrize("steps", [0, -5, 1.5, "10"])
def test_steps_that_are_no_count_are_refused(steps):
    with pytest.raises(ValueError, match="`steps` must be a whole number of at least 1"):
        Warmup(steps)


@pytest.mark.parametrize(
    ("schedule", "end"),
    [
        (Warmup(10, final=0.5), 0.5),
        (objectives.Cyclical(100, num_cycles=3, final=2.0), 2.0),
        (keras.optimizers.schedules.PolynomialDecay(0.1, 50, end_learning_rate=0.75), 0.75),
        (0.25, 0.25),
    ],
)
def test_a_settled_objective_weighs_as_its_schedule_ends(schedule, end):
    settled = objectives.ELBO(schedule, free_bits=0.1).settled()
    assert (settled.beta, settled.free_bits) == (end, 0.1)
    assert objectives.Capacity(gamma=3.0, capacity=schedule).settled().capacity == end
    labelled = objectives.Labelled(7.0, objectives.ELBO(schedule)).settled()
    assert (labelled.objective.beta, labelled.weight) == (end, 7.0)
