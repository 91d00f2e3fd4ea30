"""Eager, graph and XLA give the same numbers for every variant, given the same noise."""

import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.conftest import (
    beside_z,
    every,
    few,
    make_variant,
    noise_for,
    rows,
    told,
    trace_of,
)
from tfvae import random


def forward(vae, examples, noise, prior_noise):
    """Bounds and images, everything random in them given."""
    one = {name: value[0] for name, value in noise.items()}
    x, y = told(examples)
    trace = trace_of(vae, examples, noise)
    found = {
        "loss": vae.loss_of(trace),
        "elbo": trace.elbo,
        "one": vae.elbo_from(x, one, y),
        "reconstruct": vae.reconstruct_from(x, one),
    }
    # TensorFlow's generators give other numbers under XLA.
    if vae.samples_from_noise:
        found["generate"] = vae.generate(prior_noise, side=beside_z(vae, examples))
    return found


def backward(vae, x, noise, prior_noise):
    """The loss and its gradients."""
    weights = {weight.path: weight.value for weight in vae.trainable_weights}
    with tf.GradientTape() as tape:
        trace = trace_of(vae, x, noise, gate=vae.objective.gate())
        loss = vae.loss_of(trace)
    gradients = tape.gradient(loss, weights, unconnected_gradients="zero")
    return {"loss": loss, **{path: tf.convert_to_tensor(g) for path, g in gradients.items()}}


def assert_it_agrees(name, function, **compile_arguments):
    vae, x = make_variant(name)
    prior_noise = random.draw(vae.generative_noise(), (8,), (1, 1))
    x = tf.nest.map_structure(tf.constant, rows(x, slice(8)))
    arguments = (vae, x, noise_for(vae, 8), prior_noise)
    eager = function(*arguments)
    # Without AutoGraph, as everywhere: nothing here has a condition on tensors.
    compiled = tf.function(lambda: function(*arguments), autograph=False, **compile_arguments)()
    assert set(compiled) == set(eager)
    for key, expected in eager.items():
        tolerance = 1e-4 * np.abs(expected).max(initial=1e-3)
        np.testing.assert_allclose(compiled[key], expected, atol=tolerance, err_msg=key)


@every
def test_eager_and_graph_agree(name):
    assert_it_agrees(name, forward)


@few
def test_eager_and_xla_agree(name):
    assert_it_agrees(name, forward, jit_compile=True)


@few
@pytest.mark.parametrize("jit_compile", [pytest.param(False, marks=pytest.mark.slow), True])
def test_gradients_agree(name, jit_compile):
    assert_it_agrees(name, backward, jit_compile=jit_compile)
