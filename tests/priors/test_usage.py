"""How many components are in use: the effective number, and the dead."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfvae.priors import MixtureOfGaussians
from tfvae.priors.usage import ComponentUsage


def usage_of(*batches, sample_weight=None):
    usage = ComponentUsage(batches[0].shape[1])
    for batch in batches:
        usage.update_state(tf.constant(batch, tf.float32), sample_weight)
    return {name: float(value) for name, value in usage.result().items()}


@pytest.mark.parametrize("components", [1, 3, 10])
def test_components_used_alike_are_all_effective(components):
    result = usage_of(np.eye(components), np.eye(components))
    assert result["effective_components"] == pytest.approx(components, rel=1e-5)
    assert result["dead_components"] == 0.0


def test_the_effective_number_is_the_exponential_of_the_entropy():
    responsibilities = np.random.RandomState(0).dirichlet([0.3] * 6, size=20)
    first, second = responsibilities[:13], responsibilities[13:]
    expected = np.exp(stats.entropy(responsibilities.mean(0)))
    assert usage_of(first, second)["effective_components"] == pytest.approx(expected, rel=1e-5)


def test_a_component_below_a_tenth_of_its_share_is_dead():
    # Four components: a tenth of an even share is 0.025.
    result = usage_of(np.array([[0.0, 0.024, 0.026, 0.95]]))
    assert result["dead_components"] == 2.0


def test_examples_without_weight_do_not_count():
    batch = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    weight = tf.constant([3.0, 1.0, 0.0])
    expected = np.exp(stats.entropy([0.75, 0.25]))
    result = usage_of(batch, sample_weight=weight)
    assert result["effective_components"] == pytest.approx(expected, rel=1e-5)


def test_reset_forgets():
    usage = ComponentUsage(2)
    usage.update_state(tf.constant([[1.0, 0.0]]))
    usage.reset_state()
    usage.update_state(tf.constant([[0.5, 0.5]]))
    assert float(usage.result()["effective_components"]) == pytest.approx(2.0)


def test_only_a_mixture_has_it():
    assert [type(metric) for metric in MixtureOfGaussians(3).usage_metrics()] == [ComponentUsage]
    assert isinstance(ComponentUsage(3), keras.metrics.Metric)
