"""A codebook against a direct search, gradients by hand, and averages and restarts in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.quantisers import Codebook

RANDOM = np.random.RandomState(0)
TABLE = RANDOM.normal(size=(5, 3)).astype("float32")
FEATURES = RANDOM.normal(size=(4, 2, 2, 3)).astype("float32")


def built(table=TABLE, **arguments):
    codebook = Codebook(*table.shape, **arguments)
    codebook.build((None, table.shape[1]))
    codebook.table.assign(table)
    if codebook.restart_after is not None:
        codebook.moving_idle.assign(np.zeros(len(table)))
    return codebook


def nearest(features, table):
    return np.square(features[..., None, :] - table).sum(-1).argmin(-1)


def restart_noise(values):
    return {"restart": tf.constant(values, tf.float32)}


@pytest.mark.parametrize("shift", [0.0, 100.0])
@pytest.mark.parametrize("leading", [(7,), (4, 2), (3, 2, 5)])
def test_the_nearest_vector_is_taken(leading, shift):
    random = np.random.RandomState(1)
    table = (random.normal(size=(11, 3)) + shift).astype("float32")
    features = (2 * random.normal(size=(*leading, 3)) + shift).astype("float32")
    found = built(table).quantise(tf.constant(features))
    expected = nearest(features.astype("float64"), table.astype("float64"))
    assert found.codes.dtype == tf.int32
    np.testing.assert_array_equal(found.codes, expected)
    np.testing.assert_array_equal(found.vectors, table[expected])
    np.testing.assert_array_equal(found.inputs, features)


def test_a_vector_is_its_own_nearest():
    codes = built().nearest(tf.constant(TABLE))
    np.testing.assert_array_equal(codes, np.arange(5))


@pytest.mark.parametrize("decay", [None, 0.9])
def test_gradients_are_those_by_hand(decay):
    codebook = built(commitment=0.7, decay=decay)
    features, weight = tf.constant(FEATURES), RANDOM.normal(size=FEATURES.shape).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch(features)
        found = codebook.quantise(features)
        total = tf.reduce_sum(weight * found.vectors) + tf.reduce_sum(found.loss)
    gradients = tape.gradient(total, [features, *[w.value for w in codebook.trainable_weights]])
    codes = nearest(FEATURES, TABLE)
    difference = FEATURES - TABLE[codes]
    # The decoder's gradient passes through, and the commitment adds its own.
    np.testing.assert_allclose(gradients[0], weight + 1.4 * difference, rtol=1e-5, atol=1e-6)
    share = 0.7 if decay else 1.7
    np.testing.assert_allclose(found.loss, share * np.square(difference).sum(-1), rtol=1e-5)
    if decay is None:
        expected = np.zeros_like(TABLE)
        np.add.at(expected, codes, -2 * difference)
        np.testing.assert_allclose(tf.convert_to_tensor(gradients[1]), expected, rtol=1e-4)
    else:
        assert codebook.trainable_weights == []


def test_averages_are_those_of_the_paper():
    codebook = built(decay=0.8, restart_after=None)
    sums, counts = np.zeros([5, 3]), np.zeros(5)
    table = TABLE.astype("float64")
    random = np.random.RandomState(2)
    for _ in range(6):
        features = random.normal(size=(4, 2, 3)).astype("float32")
        # The third example fills the batch up.
        share = np.array([0.5, 0.2, 0.0, 0.3])
        found = codebook.quantise(tf.constant(features))
        codebook.update(found, tf.constant(share, tf.float32), {})
        codes = nearest(features, table)
        hot = np.eye(5)[codes] * share[:, None, None] / 2
        counts = 0.8 * counts + 0.2 * hot.sum((0, 1))
        sums = 0.8 * sums + 0.2 * np.einsum("bpk,bpd->kd", hot, features)
        used = counts > 0
        table[used] = sums[used] / counts[used, None]
        np.testing.assert_allclose(codebook.table, table, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(codebook.moving_share, counts, rtol=1e-5)


def test_a_code_that_falls_out_of_use_stays_where_it_is():
    codebook = built(decay=0.5, restart_after=None)
    rows = tf.constant(np.repeat(TABLE[:1], 6, axis=0))
    codebook.update(codebook.quantise(tf.constant(TABLE)), tf.fill([5], 0.2), {})
    for _ in range(300):
        codebook.update(codebook.quantise(rows), tf.fill([6], 1 / 6), {})
    np.testing.assert_allclose(codebook.table, TABLE, rtol=1e-5)


@pytest.mark.parametrize("decay", [None, 0.9])
def test_idle_codes_restart_at_the_features_that_the_noise_says(decay):
    codebook = built(decay=decay, restart_after=3)
    features = np.stack([TABLE[0], TABLE[0] + 0.01, TABLE[2], TABLE[2] + 0.02])
    # Four rows of a quarter each, of which the second fills up: the rest have a third.
    share = tf.constant([1 / 3, 0.0, 1 / 3, 1 / 3])
    noise = restart_noise([0.1, 0.2, 0.3, 0.5, 0.9])
    for step in range(3):
        found = codebook.quantise(tf.constant(features))
        if step < 2:
            np.testing.assert_allclose(codebook.table, TABLE, atol=0.03)
        codebook.update(found, share, noise)
    table = codebook.table.numpy()
    np.testing.assert_array_equal(table[[1, 3, 4]], features[[0, 2, 3]])
    np.testing.assert_allclose(table[[0, 2]], TABLE[[0, 2]], atol=0.03)
    np.testing.assert_array_equal(codebook.moving_idle, np.zeros(5))


def test_codes_that_were_never_used_restart_after_the_first_step():
    codebook = Codebook(6, 3, restart_after=50)
    codebook.build((None, 3))
    features = 10 + np.random.RandomState(0).normal(size=(40, 3)).astype("float32")
    noise = restart_noise(np.random.RandomState(1).uniform(size=6))
    codebook.update(codebook.quantise(tf.constant(features)), tf.fill([40], 1 / 40), noise)
    assert len(np.unique(codebook.nearest(tf.constant(features)))) == 6


def test_a_batch_that_does_not_count_changes_no_vector():
    codebook = built(restart_after=1)
    noise = restart_noise(np.full(5, 0.5))
    codebook.update(codebook.quantise(tf.constant(FEATURES)), tf.zeros([4]), noise)
    np.testing.assert_array_equal(codebook.table, TABLE)


def test_a_frozen_codebook_does_not_move():
    codebook = built(restart_after=1)
    codebook.trainable = False
    before = codebook.get_weights()
    noise = restart_noise(np.full(5, 0.5))
    codebook.update(codebook.quantise(tf.constant(FEATURES)), tf.fill([4], 0.25), noise)
    for one, other in zip(before, codebook.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_updates_are_the_same_by_xla():
    results = []
    for jit_compile in (False, True):
        codebook = built(restart_after=1)

        @tf.function(jit_compile=jit_compile)
        def step(features, codebook=codebook):
            noise = restart_noise([0.1, 0.3, 0.5, 0.7, 0.9])
            codebook.update(codebook.quantise(features), tf.fill([4], 0.25), noise)

        step(tf.constant(FEATURES))
        results.append([weight.numpy() for weight in codebook.weights])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_it_starts_at_clusters_of_features():
    random = np.random.RandomState(0)
    features = TABLE[random.randint(5, size=(100, 4))] + 0.01 * random.normal(size=(100, 4, 3))
    codebook = Codebook(5, 3, seed=1)
    codebook.build((None, 3))
    codebook.adapt(features.astype("float32"))
    np.testing.assert_allclose(np.sort(codebook.table, 0), np.sort(TABLE, 0), atol=0.02)
    np.testing.assert_array_equal(codebook.moving_idle, np.zeros(5))


def test_a_start_from_data_follows_keras_global_seed():
    tables = []
    for seed in (0, 0, 1):
        keras.utils.set_random_seed(seed)
        codebook = Codebook(4, 3)
        codebook.build((None, 3))
        codebook.adapt(np.random.RandomState(0).normal(size=(50, 3)))
        tables.append(codebook.table.numpy())
    np.testing.assert_array_equal(tables[0], tables[1])
    assert not np.array_equal(tables[0], tables[2])


def test_fewer_features_than_codes_are_refused():
    codebook = built()
    with pytest.raises(ValueError, match="of 5 codes cannot start from 4 vectors.*fewer codes"):
        codebook.adapt(np.zeros([2, 2, 3]))
    with pytest.raises(ValueError, match="features that are not finite"):
        codebook.adapt(np.full([6, 3], np.nan))
    np.testing.assert_array_equal(codebook.table, TABLE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_codes": 0}, "`num_codes` must be a whole number"),
        ({"code_size": 1.5}, "`code_size` must be a whole number"),
        ({"commitment": -1.0}, "`commitment` must be a number of at least 0"),
        ({"decay": 1.0}, "`decay` must be a number from 0 and below 1, or None"),
        ({"decay": "slow"}, "`decay` must be a number from 0 and below 1, or None"),
        ({"restart_after": 0}, "`restart_after` must be a whole number"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Codebook(**{"num_codes": 4, "code_size": 2, **arguments})


def test_usage_is_each_codes_share():
    codes = tf.constant([[[0, 1], [1, 1]], [[4, 4], [4, 0]]])
    expected = [[0.25, 0.75, 0, 0, 0], [0.25, 0, 0, 0, 0.75]]
    np.testing.assert_allclose(built().usage(codes), expected)
