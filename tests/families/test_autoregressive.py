"""Sequences token by token: enumerated, so that every probability is known."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

import tfvae
from tfvae.causal import CausalNetwork
from tfvae.families import Autoregressive

LENGTH, CLASSES, UNITS = 3, 3, 4
ALL = np.array(list(itertools.product(range(CLASSES), repeat=LENGTH)))
NETWORKS = {
    "convolutions": lambda: None,
    "GRU": lambda: keras.layers.GRU(5, return_sequences=True),
    "stacked cells": lambda: keras.layers.RNN(
        [keras.layers.LSTMCell(4), keras.layers.SimpleRNNCell(5)], return_sequences=True
    ),
    "any network": lambda: keras.layers.Conv1D(4, 3, padding="causal", activation="tanh"),
}
every_network = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)


def made(network, batch=2):
    keras.utils.set_random_seed(0)
    family = Autoregressive((LENGTH,), CLASSES, UNITS, network())
    parameters = family(tf.random.stateless_normal([batch, 5], (1, 2)))
    family.logits.kernel.assign(3.0 * family.logits.kernel)
    return family, parameters


def codes(x):
    return tf.constant(x, tf.float32)


@every_network
def test_the_density_is_the_sum_of_the_conditionals_step_by_step(network):
    family, parameters = made(network)
    x = ALL[[5, 22]]
    expected = np.zeros(2)
    for step in range(LENGTH):
        # What comes from this step on cannot be known yet: other tokens stand in its place.
        prefix = np.where(np.arange(LENGTH) < step, x, (x + 1) % CLASSES)
        logits = family.step_logits(parameters["context"], tf.constant(prefix, tf.int32))
        log_probs = special.log_softmax(logits.numpy().astype("float64")[:, step], axis=-1)
        expected += log_probs[np.arange(2), x[:, step]]
    np.testing.assert_allclose(family.log_prob(parameters, codes(x)), expected, rtol=1e-5)


@every_network
def test_probabilities_of_all_sequences_sum_to_one(network):
    family, parameters = made(network)
    log_probs = family.log_prob(parameters, codes(ALL)[:, None])
    assert log_probs.shape == (len(ALL), 2)
    np.testing.assert_allclose(np.exp(log_probs).sum(0), 1.0, rtol=1e-5)
    assert np.ptp(log_probs, axis=0).min() > 1.0


@every_network
def test_tokens_depend_on_those_before_and_on_the_context(network):
    family, parameters = made(network)
    probs = np.exp(family.log_prob(parameters, codes(ALL)[:, None]))
    table = probs.reshape(CLASSES, CLASSES, CLASSES, 2)
    second = table.sum(2) / table.sum((1, 2))[:, None]
    assert np.abs(second[0] - second[1]).max() > 0.01
    assert np.abs(second[..., 0] - second[..., 1]).max() > 0.01


@every_network
def test_samples_are_as_frequent_as_they_are_likely(network):
    family, parameters = made(network)
    p = family.distribution(parameters)
    assert (p.batch_shape, p.event_shape) == ((2,), (LENGTH,))
    drawn = p.sample(20000, seed=0).numpy()
    assert drawn.shape == (20000, 2, LENGTH)
    family.check(drawn)
    number = (drawn @ [CLASSES**2, CLASSES, 1]).astype(int)
    expected = np.exp(p.log_prob(codes(ALL)[:, None])).astype("float64")
    for row in range(2):
        found = np.bincount(number[:, row], minlength=len(ALL)) / len(drawn)
        error = 5 * np.sqrt(expected[:, row] / len(drawn)) + 1e-4
        assert (np.abs(found - expected[:, row]) < error).all()


@every_network
def test_the_mean_is_the_greedy_sequence(network):
    family, parameters = made(network)
    probs = np.exp(family.log_prob(parameters, codes(ALL)[:, None]))
    for row in range(2):
        table, expected = probs[:, row].reshape([CLASSES] * LENGTH), []
        while table.ndim:
            chosen = table.reshape(CLASSES, -1).sum(1).argmax()
            expected.append(chosen)
            table = table[chosen]
        for sequence in (family.mean(parameters), family.point(parameters)):
            np.testing.assert_array_equal(sequence[row], expected)


def test_one_target_is_scored_under_many_samples():
    family, parameters = made(NETWORKS["convolutions"])
    wide = {"context": tf.stack([[parameters["context"], 0.0 * parameters["context"]]] * 3)}
    together = family.log_prob(wide, codes(ALL[[3, 8]]))
    assert together.shape == (3, 2, 2)
    np.testing.assert_allclose(
        together[1, 0], family.log_prob(parameters, codes(ALL[[3, 8]])), rtol=1e-5
    )
    assert family.mean(wide).shape == (3, 2, 2, LENGTH)


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9])
def test_convolutions_see_all_that_came_before_and_nothing_after(length):
    network = CausalNetwork(3)
    network.build((None, length, 3))
    for layer in network.stack:
        layer.bias.assign([5.0] * 3)
    x = tf.ones([1, length, 3])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(network(x)[0], -1)
    seen = np.abs(tape.jacobian(y, x)[:, 0]).sum(-1) > 0.0
    np.testing.assert_array_equal(seen, np.tril(np.ones([length, length], bool)))


def test_training_learns_the_order_of_tokens():
    start = np.random.RandomState(0).randint(0, 4, size=(256, 1))
    x = (start + np.arange(6)) % 4
    vae = tfvae.models.SentenceVAE(
        keras.Sequential([keras.layers.Embedding(4, 4), keras.layers.Flatten()]),
        tfvae.decoders.MLP((16,)),
        tfvae.families.DiagonalNormal(2),
        length=6,
        num_classes=4,
        units=16,
    )
    vae.compile(keras.optimizers.Adam(0.01))
    vae.fit(x, batch_size=32, epochs=30, verbose=0)
    # One of four starts, after which all is certain.
    assert vae.elbo(x, num_samples=4).mean() > -1.2 * np.log(4.0) - 0.3
    sequences = vae.sample(50, seed=0)
    assert np.mean(np.diff(sequences, axis=1) % 4 == 1) > 0.95


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"event_shape": (3, 2)}, "`event_shape` must be \\(length"),
        ({"num_classes": 1}, "`num_classes` must be"),
        ({"units": 0}, "`units` must be"),
        ({"network": "GRU"}, "`network` must be a Keras layer"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Autoregressive(**{"event_shape": (3,), "num_classes": 4, **arguments})


def test_a_network_that_returns_no_sequence_is_refused():
    family = Autoregressive((3,), 4, 8, keras.layers.GRU(5))
    with pytest.raises(ValueError, match="a step for each of its 3 steps.*return_sequences"):
        family.build((None, 2))


@pytest.mark.parametrize("x", [[[0, 4, 1]], [[0, -1, 1]], [[0, 0.5, 1]]])
def test_values_that_are_no_tokens_are_refused(x):
    with pytest.raises(ValueError, match="Autoregressive is over codes"):
        Autoregressive((3,), 4).check(np.array(x))
