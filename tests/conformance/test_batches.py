"""Batches of every variant by hand: the last that is smaller, and those of one example."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.conftest import count, every, make_variant, rows, told, trace_of
from tfvae import random

BATCH_SIZE, COUNT = 4, 11
TERMS = ("loss", "elbo", "rate", "distortion")


def constant_noise(specs, sample_shape, seed, dtype="float32"):
    """Noise that is the same number everywhere, so that filling a batch up cannot change it."""
    leading = tf.cast(tf.convert_to_tensor(sample_shape, dtype_hint="int32"), "int32")
    return {
        name: tf.fill(
            tf.concat([leading, tf.constant(spec.shape, "int32")], 0), tf.constant(0.7, dtype)
        )
        for name, spec in specs.items()
    }


@pytest.fixture(autouse=True)
def _constant_noise(monkeypatch):
    monkeypatch.setattr(random, "draw", constant_noise)


def batches(x):
    return [rows(x, slice(start, start + BATCH_SIZE)) for start in range(0, count(x), BATCH_SIZE)]


def trace_by_hand(vae, batch, training):
    noise = random.draw(vae.noise(), (vae.objective.num_samples, count(batch)), (0, 0))
    gate = vae.objective.gate() if training else None
    return trace_of(vae, batch, noise, training=training, gate=gate)


@every
def test_evaluation_counts_every_example_once(name):
    vae, x = make_variant(name)
    x = rows(x, slice(COUNT))
    vae.compile("adam", run_eagerly=True)
    found = vae.evaluate(*told(x), batch_size=BATCH_SIZE, verbose=0, return_dict=True)
    expected = {term: [] for term in TERMS}
    for batch in batches(x):
        trace = trace_by_hand(vae, batch, training=False)
        expected["loss"].extend(vae.loss_of(trace).numpy())
        for term in TERMS[1:]:
            expected[term].extend(getattr(trace, term).numpy())
    for term, values in expected.items():
        assert len(values) == COUNT
        assert found[term] == pytest.approx(np.mean(values), rel=1e-5), term


@every
def test_training_on_a_smaller_last_batch_is_as_by_hand(name):
    vae, x = make_variant(name)
    x = rows(x, slice(COUNT))
    vae.compile(keras.optimizers.SGD(1e-3), run_eagerly=True)
    vae.fit(*told(x), batch_size=BATCH_SIZE, shuffle=False, verbose=0)
    other = make_variant(name).vae
    other.compile(keras.optimizers.SGD(1e-3))
    start = other.get_weights()
    for batch in batches(x):
        with tf.GradientTape() as tape:
            trace = trace_by_hand(other, batch, training=True)
            loss = tf.reduce_mean(other.loss_of(trace))
        weights = other.trainable_weights
        gradients = tape.gradient(loss, [weight.value for weight in weights])
        other.optimizer.apply_gradients(zip(gradients, weights, strict=True))
        update_noise = random.draw(other.latents.update_noise(), [], (0, 0))
        other.latents.after_step(trace, tf.fill([count(batch)], 1 / count(batch)), update_noise)
    for found, expected, before in zip(vae.get_weights(), other.get_weights(), start, strict=True):
        step = np.abs(expected - before).max(initial=0.0)
        np.testing.assert_allclose(found, expected, atol=1e-4 * step + 1e-6)


@every
def test_one_example_is_a_batch(name):
    vae, x = make_variant(name)
    vae.compile("adam", run_eagerly=True)
    x, y = told(rows(x, slice(1)))
    history = vae.fit(x, y, batch_size=16, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert np.isfinite(vae.evaluate(x, y, verbose=0, return_dict=True)["loss"])
    assert vae.predict_on_batch(x).shape == (1, *vae.likelihood.mean_shape)
    assert all(np.isfinite(weight).all() for weight in vae.get_weights())
