"""An autoregressive prior over codes: what it says of every sequence, and what it draws."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tests.priors.sequences import every_sequence
from tfvae import random
from tfvae.priors import AutoregressiveCodes

SHAPE, COUNT = (2, 2), 3


def built(shape=SHAPE, count=COUNT, seed=0):
    """A prior far from uniform."""
    prior = AutoregressiveCodes(units=8, depth=2, heads=2)
    prior.build((None, *shape, count))
    generator = np.random.RandomState(seed)
    for weight in prior.trainable_weights:
        weight.assign(weight + generator.normal(0, 0.5, weight.shape))
    return prior


@pytest.fixture(scope="module")
def prior():
    return built()


@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (2, 1, 2)])
def test_the_density_sums_to_one_over_all_sequences(shape):
    codes = every_sequence(COUNT, shape)
    log_prob = built(shape).log_prob(tf.constant(codes)).numpy()
    assert log_prob.shape == (len(codes),)
    assert log_prob.std() > 0.1
    assert np.exp(log_prob.astype("float64")).sum() == pytest.approx(1.0, rel=1e-5)


def test_samples_follow_the_density(prior):
    codes, n = every_sequence(COUNT, SHAPE), 20_000
    drawn = prior.sample(random.draw(prior.noise(), [n], (3, 4))).numpy()
    assert (drawn.shape, drawn.dtype) == ((n, *SHAPE), np.int32)
    expected = n * np.exp(prior.log_prob(tf.constant(codes)).numpy().astype("float64"))
    places = COUNT ** np.arange(4)[::-1]
    observed = np.bincount(drawn.reshape(n, -1) @ places, minlength=len(codes))
    rare = expected < 10
    pooled = [np.append(counts[~rare], counts[rare].sum()) for counts in (observed, expected)]
    assert stats.chisquare(pooled[0], pooled[1] * n / pooled[1].sum()).pvalue > 1e-3


def test_each_code_depends_on_those_before_it_alone(prior):
    codes = every_sequence(COUNT, (4,))

    def conditionals(rows):
        logits = prior.head(prior._features(tf.constant(rows)))
        return tf.nn.log_softmax(logits).numpy()

    found = conditionals(codes)
    for place in range(4):
        changed = codes.copy()
        changed[:, place:] = (changed[:, place:] + 1) % COUNT
        np.testing.assert_allclose(
            conditionals(changed)[:, : place + 1], found[:, : place + 1], atol=1e-5
        )
    # And it does depend on them.
    assert found[:, -1].std(0).min() > 0.01


def test_a_temperature_of_zero_takes_the_likeliest_code_at_each_place(prior):
    noise = random.draw(prior.noise(), [20], (0, 1))
    drawn = prior.sample(noise, temperature=tf.constant(0.0)).numpy()
    assert len(np.unique(drawn, axis=0)) == 1
    codes = np.zeros([1, 4], np.int32)
    for place in range(4):
        logits = prior.head(prior._features(tf.constant(codes))).numpy()
        codes[:, place] = logits[:, place].argmax(-1)
    np.testing.assert_array_equal(drawn[0].ravel(), codes[0])


def test_samples_take_any_leading_shape(prior):
    noise = random.draw(prior.noise(), [3, 5], (0, 1))
    drawn = prior.sample(noise)
    flat = prior.sample({"codes": tf.reshape(noise["codes"], [15, *SHAPE])})
    np.testing.assert_array_equal(tf.reshape(drawn, [15, *SHAPE]), flat)
    assert prior.log_prob(drawn).shape == (3, 5)


def test_it_learns_what_codes_there_are():
    keras.utils.set_random_seed(0)
    prior = AutoregressiveCodes(units=16, depth=1, heads=2)
    prior.build((None, 3, 4))
    # The second repeats the first, and the third is its opposite: log 4 nats in all.
    first = np.arange(4)
    codes = tf.constant(np.stack([first, first, 3 - first], -1), tf.int32)
    optimizer = keras.optimizers.Adam(0.03)
    for _ in range(150):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(prior.log_prob(codes))
        weights = prior.trainable_weights
        gradients = tape.gradient(loss, [weight.value for weight in weights])
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
    assert float(loss) == pytest.approx(np.log(4), abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"units": 0}, "`units` must be a whole number"),
        ({"depth": 0}, "`depth` must be a whole number"),
        ({"heads": 1.5}, "`heads` must be a whole number"),
        ({"units": 10, "heads": 4}, "`units` must be a multiple of `heads`, 4, but is 10"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        AutoregressiveCodes(**arguments)
