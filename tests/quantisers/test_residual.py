"""Residual codebooks against levels one by one in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tfvae.quantisers import Codebook, FiniteScalars, ResidualCodebooks

RANDOM = np.random.RandomState(0)
FEATURES = RANDOM.normal(size=(6, 2, 3)).astype("float32")
DEPTH, COUNT = 3, 5
own_or_shared = pytest.mark.parametrize("shared", [True, False])


def built(shared, **arguments):
    quantiser = ResidualCodebooks(Codebook(COUNT, 3, **arguments), DEPTH, shared)
    quantiser.build((None, 3))
    tables = np.random.RandomState(1).normal(size=(1 if shared else DEPTH, COUNT, 3))
    for codebook, table in zip(quantiser.codebooks, tables, strict=True):
        codebook.table.assign(table)
        if codebook.restart_after is not None:
            codebook.moving_idle.assign(np.zeros(COUNT))
    return quantiser, np.resize(tables, (DEPTH, COUNT, 3)).astype("float32")


def search(features, tables):
    """Codes, residuals before each level, and the sum of the vectors."""
    codes, residuals, total = [], [], np.zeros_like(features)
    for table in tables:
        residuals.append(features - total)
        distance = np.square(residuals[-1][..., None, :] - table).sum(-1)
        codes.append(distance.argmin(-1))
        total = total + table[codes[-1]]
    return np.stack(codes, -1), np.stack(residuals, -2), total


@own_or_shared
def test_each_level_takes_the_nearest_to_what_is_left(shared):
    quantiser, tables = built(shared)
    found = quantiser.quantise(tf.constant(FEATURES))
    codes, residuals, total = search(FEATURES, tables)
    assert (quantiser.depth, quantiser.num_codes) == ((DEPTH,), COUNT)
    np.testing.assert_array_equal(found.codes, codes)
    np.testing.assert_allclose(found.inputs, residuals, atol=1e-6)
    np.testing.assert_allclose(found.vectors, total, atol=1e-6)
    np.testing.assert_array_equal(quantiser.vectors(found.codes), found.vectors)


@own_or_shared
def test_the_loss_is_the_papers_and_gradients_go_straight_through(shared):
    quantiser, tables = built(shared, commitment=0.5)
    _, residuals, total = search(FEATURES, tables)
    features = tf.constant(FEATURES)
    weight = RANDOM.normal(size=FEATURES.shape).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch(features)
        found = quantiser.quantise(features)
        loss = tf.reduce_sum(weight * found.vectors) + tf.reduce_sum(found.loss)
    # The distance of the features from each partial sum, as Lee et al. have it.
    after = np.concatenate([residuals[..., 1:, :], (FEATURES - total)[..., None, :]], -2)
    np.testing.assert_allclose(found.loss, 0.5 * np.square(after).sum((-1, -2)), rtol=1e-4)
    expected = weight + 2 * 0.5 * after.sum(-2)
    np.testing.assert_allclose(tape.gradient(loss, features), expected, rtol=1e-4, atol=1e-5)


@own_or_shared
def test_the_codebooks_average_what_their_levels_were_given(shared):
    quantiser, tables = built(shared, decay=0.0, restart_after=None)
    found = quantiser.quantise(tf.constant(FEATURES))
    quantiser.update(found, tf.fill([6], 1 / 6), {})
    codes, residuals, _ = search(FEATURES, tables)
    levels = [slice(None)] if shared else [slice(level, level + 1) for level in range(DEPTH)]
    for codebook, level, before in zip(quantiser.codebooks, levels, tables, strict=False):
        for code in range(COUNT):
            taken = residuals[..., level, :][codes[..., level] == code]
            expected = taken.mean(0) if len(taken) else before[code]
            np.testing.assert_allclose(codebook.table[code], expected, rtol=1e-4, atol=1e-5)


@own_or_shared
def test_idle_codes_of_every_level_restart(shared):
    quantiser, _ = built(shared, restart_after=1)
    for codebook in quantiser.codebooks:
        codebook.table.assign(np.concatenate([np.zeros([1, 3]), np.full([COUNT - 1, 3], 50.0)]))
    noise = {
        name: tf.constant(RANDOM.uniform(size=spec.shape), tf.float32)
        for name, spec in quantiser.noise().items()
    }
    assert len(noise) == (1 if shared else DEPTH)
    quantiser.update(quantiser.quantise(tf.constant(FEATURES)), tf.fill([6], 1 / 6), noise)
    for codebook in quantiser.codebooks:
        assert np.abs(codebook.table).max() < 10.0


@own_or_shared
def test_a_start_from_data_leaves_less_at_every_level(shared):
    features = np.random.RandomState(2).normal(size=(200, 3)).astype("float32")
    quantiser = ResidualCodebooks(Codebook(COUNT, 3, seed=0), DEPTH, shared)
    quantiser.build((None, 3))
    quantiser.adapt(features)
    inputs = quantiser.quantise(tf.constant(features)).inputs.numpy()
    spreads = np.square(inputs).sum(-1).mean(0)
    assert (spreads[1:] < 0.8 * spreads[:-1]).all()


def test_the_use_of_own_codebooks_is_told_apart():
    codes = tf.constant([[[0, 0, 1], [0, 1, 1]]])
    shared, _ = built(True)
    np.testing.assert_allclose(shared.usage(codes), [[0.5, 0.5, 0, 0, 0]])
    own, _ = built(False)
    expected = np.zeros([1, 15])
    expected[0, [0, 5, 6, 11]] = [2 / 6, 1 / 6, 1 / 6, 2 / 6]
    np.testing.assert_allclose(own.usage(codes), expected, rtol=1e-6)


def test_codebooks_of_their_own_start_apart():
    quantiser = ResidualCodebooks(Codebook(COUNT, 3, seed=4), 2, shared=False)
    quantiser.build((None, 3))
    one, other = (codebook.table.numpy() for codebook in quantiser.codebooks)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("codebook", "depth", "message"),
    [
        (FiniteScalars((5, 5)), 2, "`codebook` must be a codebook such as"),
        (Codebook(4, 2), 0, "`depth` must be a whole number of at least 1"),
    ],
)
def test_bad_arguments_are_refused(codebook, depth, message):
    with pytest.raises(ValueError, match=message):
        ResidualCodebooks(codebook, depth)
