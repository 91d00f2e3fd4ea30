"""The scale in closed form: the best for a batch in training, a running one elsewhere."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import optimize, stats

import tfvae
from tfvae.batch import unpack
from tfvae.families import Normal
from tfvae.trace import Inference, mean_over_examples

SHAPE = (3, 2)
LOC, X = np.random.RandomState(0).normal(size=(2, 4, *SHAPE)).astype("float32")


def built():
    family = Normal(SHAPE, "calibrated")
    family.build((None, 5))
    return family


def model_of(likelihood):
    return tfvae.VAE(
        tfvae.encoders.MLP((4,)),
        tfvae.decoders.MLP((4,)),
        tfvae.families.DiagonalNormal(2),
        likelihood,
    )


def fit(family, loc=LOC, x=X, average=mean_over_examples):
    loc = tf.convert_to_tensor(loc)
    return family.fitted({"loc": loc[None, None]}, x, lambda v: average(v[0, 0]))


def test_the_scale_of_a_batch_is_the_most_likely():
    parameters = fit(built())
    best = optimize.minimize_scalar(
        lambda scale: -stats.norm(LOC, scale).logpdf(X).sum(), bounds=(0.1, 9), method="bounded"
    )
    assert float(parameters["scale"]) == pytest.approx(best.x, rel=1e-4)
    value = built().log_prob(parameters, tf.constant(X))
    assert float(tf.reduce_sum(value)) == pytest.approx(-best.fun, rel=1e-5)


def test_the_gradient_is_that_of_the_logarithm_of_the_mean_square():
    family, loc = built(), tf.constant(LOC)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(loc)
        found = tf.reduce_sum(family.log_prob(fit(family, loc), tf.constant(X)))
        expected = -0.5 * X.size * tf.math.log(tf.reduce_mean(tf.square(X - loc)))
    np.testing.assert_allclose(tape.gradient(found, loc), tape.gradient(expected, loc), rtol=1e-4)


def test_the_running_value_starts_at_one_and_is_an_average_of_the_squares():
    family, squares = built(), []
    assert family.trainable_weights == family.projections["loc"].trainable_weights
    assert float(family.scale_of({})) == 1.0
    for factor in (1.0, 2.0, 3.0):
        parameters = fit(family, factor * LOC, factor * X)
        squares.append(float(parameters["scale"]) ** 2)
    weights = 0.99 ** np.array([2.0, 1.0, 0.0])
    expected = np.sqrt(np.average(squares, weights=weights))
    assert float(family.scale_of({})) == pytest.approx(expected, rel=1e-5)
    stddev = family.distribution({"loc": tf.constant(LOC)}).stddev()
    np.testing.assert_allclose(stddev, np.full(LOC.shape, expected), rtol=1e-5)


def test_examples_that_fill_a_batch_up_do_not_count():
    x = np.concatenate([X, 100 * np.ones_like(X)])
    count = {"share": np.repeat([0.25, 0.0], 4), "weight": np.repeat([1.0, 0.0], 4)}
    batch = unpack(
        (x, x, {**count, "real": count["weight"]}), model_of(Normal(SHAPE, "calibrated"))
    )
    parameters = fit(built(), np.concatenate([LOC, LOC]), x, batch.average)
    assert float(parameters["scale"]) == pytest.approx(float(fit(built())["scale"]))


def test_errors_count_by_the_weight_of_their_class():
    loc = np.stack([LOC, LOC + 5.0])[:, None]
    log_w = tf.math.log(tf.constant([0.75, 0.25]))[:, None, None] + tf.zeros([2, 1, len(X)])
    inference = Inference(tf.zeros([2, 1, len(X), 1]), (), (), (), (), log_w)
    parameters = built().fitted(
        {"loc": tf.constant(loc)}, X, lambda v: tf.reduce_mean(inference.expectation(v), 0)
    )
    expected = 0.75 * np.mean((X - LOC) ** 2) + 0.25 * np.mean((X - LOC - 5.0) ** 2)
    assert float(parameters["scale"]) ** 2 == pytest.approx(expected, rel=1e-5)


def test_a_batch_that_is_met_exactly_has_a_finite_density():
    parameters = fit(built(), X, X)
    assert np.isfinite(built().log_prob(parameters, tf.constant(X))).all()


def test_training_learns_the_scale_of_the_noise():
    random = np.random.RandomState(1)
    x = random.normal(size=(256, 1)) + 0.3 * random.normal(size=(256, 8))
    vae = tfvae.models.SigmaVAE(
        tfvae.encoders.MLP((8,)), tfvae.decoders.MLP((8,)), tfvae.families.DiagonalNormal(1), (8,)
    )
    vae.compile(keras.optimizers.Adam(0.01))
    vae.fit(x, batch_size=32, epochs=60, verbose=0)
    assert float(vae.likelihood.scale_of({})) == pytest.approx(0.3, abs=0.06)
