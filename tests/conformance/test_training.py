"""What training does, for every variant."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.conftest import (
    EPOCHS,
    count,
    every,
    few,
    final_loss,
    make_variant,
    noise_for,
    rows,
    told,
    trace_of,
    train,
)
from tfvae import random


@every
def test_fit_improves_the_objective(name, trained):
    run = trained(name)
    assert run.loss_after < run.loss_before - 0.2
    assert run.history["elbo"][-1] > run.history["elbo"][0]


@every
def test_the_history_is_complete_finite_and_consistent(name, trained):
    history = trained(name).history
    assert {"loss", "elbo", "rate", "distortion"} <= set(history)
    assert all(len(values) == EPOCHS and np.isfinite(values).all() for values in history.values())
    terms = [np.array(history[term]) for term in ("elbo", "rate", "distortion")]
    np.testing.assert_allclose(terms[0], -(terms[1] + terms[2]), rtol=1e-4)


@every
def test_every_trainable_weight_has_a_finite_gradient(name):
    vae, x = make_variant(name)
    noise = noise_for(vae, count(x))
    with tf.GradientTape() as tape:
        trace = trace_of(vae, x, noise, training=True, gate=vae.objective.gate())
        loss = tf.reduce_mean(vae.loss_of(trace))
    gradients = tape.gradient(loss, [weight.value for weight in vae.trainable_weights])
    for weight, gradient in zip(vae.trainable_weights, gradients, strict=True):
        assert gradient is not None, weight.path
        assert np.isfinite(tf.convert_to_tensor(gradient)).all(), weight.path


@every
def test_training_moves_every_trainable_weight_and_no_other(name, trained):
    start, run = make_variant(name).vae, trained(name)
    for before, after in zip(start.weights, run.vae.weights, strict=True):
        changed = not np.array_equal(before.numpy(), after.numpy())
        statistics = "moving" in before.path
        idle = before.path.endswith(("logits", "shear")) and before.shape[0] == 1
        assert changed == (before.trainable or statistics) or idle, before.path


def assert_same_runs(first, second):
    assert first.history == second.history
    for one, other in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(one, other)


@few
def test_the_same_seed_gives_the_same_run(name, trained):
    assert_same_runs(trained(name), train(name))


@few
def test_the_same_seed_gives_the_same_run_eagerly(name):
    assert_same_runs(*(train(name, epochs=1, examples=32, run_eagerly=True) for _ in range(2)))


@pytest.mark.slow
@every
def test_the_same_seed_gives_the_same_run_by_xla(name):
    assert_same_runs(*(train(name, jit_compile=True) for _ in range(2)))


def assert_it_trains(name, policy, optimizer="adam", epochs=6, examples=None, **compile_arguments):
    keras.config.set_dtype_policy(policy)
    vae, x = make_variant(name)
    start = vae.get_weights()
    assert {weight.dtype for weight in vae.weights} == {"float32"}
    vae.compile(optimizer, **compile_arguments)
    examples_and_targets = rows(x, slice(examples))
    # Schedules move the losses of the history.
    before = final_loss(vae, examples_and_targets)
    x, y = told(examples_and_targets)
    history = vae.fit(x, y, batch_size=16, epochs=epochs, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    after = vae.get_weights()
    assert all(np.isfinite(weight).all() for weight in after)
    assert any(np.abs(a - b).max() > 1e-4 for a, b in zip(start, after, strict=True))
    assert vae.call(x).dtype == tf.float32
    return before, final_loss(vae, examples_and_targets)


@every
def test_mixed_bfloat16_trains(name):
    assert_it_trains(name, "mixed_bfloat16", epochs=1, examples=32, run_eagerly=True)


@few
def test_mixed_float16_trains(name):
    # The usual first loss scale of 2^15 skips steps until it has come down.
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(), initial_scale=256.0)
    assert_it_trains(name, "mixed_float16", optimizer, epochs=1, examples=32, run_eagerly=True)


@pytest.mark.slow
@every
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains_in_a_graph(name, policy, jit_compile):
    before, after = assert_it_trains(name, policy, jit_compile=jit_compile)
    assert after < before


@every
def test_adapt_improves_the_prior_and_nothing_else(name):
    vae, x = make_variant(name)
    x, _ = told(x)
    if vae.latents.code_shape is not None:
        # A prior over codes has no start from data.
        z = vae.prior.distribution().sample()
    else:
        noise = random.threefry_draw(vae.latents.noise(), *random.rows(0, count(x)))
        given = {key: values[None] for key, values in noise.items()}
        z = vae.latents.start(vae.infer_parameters(x), given)
        # A class may stand behind z, over which the prior is not.
        z = z[..., : vae.prior.event_shape[-1]]
    before, weights = vae.prior.log_prob(z).numpy().mean(), vae.encoder.get_weights()
    vae.adapt(x)
    after = vae.prior.log_prob(z).numpy().mean()
    if vae.prior.num_components is None:
        assert after == before
    elif vae.prior.adapts_to == "examples":
        # To an encoder that has learned nothing, examples are no better than other inputs.
        assert after != before
    else:
        assert after > before
    for one, other in zip(weights, vae.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
