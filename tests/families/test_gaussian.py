"""The Gaussian families against SciPy in float64 and against their own distributions."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfvae.families import DiagonalNormal, FullNormal

FAMILIES = [DiagonalNormal, FullNormal]
SIZES = [1, 2, 40]


def projected(family, batch=3, seed=0):
    """Parameters that the heads make of random features."""
    features = np.random.RandomState(seed).normal(size=(batch, 6))
    return family(tf.constant(features, family.density_dtype))


def covariance(parameters):
    if "scale" in parameters:
        return np.stack([np.diag(row**2) for row in parameters["scale"].numpy()])
    scale_tril = parameters["scale_tril"].numpy().astype(np.float64)
    return scale_tril @ np.swapaxes(scale_tril, 1, 2)


def noise_of(shape, dtype="float32"):
    return {"z": tf.constant(np.random.RandomState(1).normal(size=shape), dtype)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", FAMILIES)
def test_density_of_a_draw_is_that_of_the_distribution(kind, size):
    family = kind(size)
    parameters = projected(family)
    z, log_q = family.reparametrise(parameters, noise_of((5, 3, size)))
    assert (z.shape, log_q.shape) == ((5, 3, size), (5, 3))
    np.testing.assert_allclose(log_q, family.log_prob(parameters, z), rtol=2e-5, atol=1e-4)
    for b in range(3):
        loc, spread = parameters["loc"].numpy()[b], covariance(parameters)[b]
        expected = stats.multivariate_normal(loc, spread).logpdf(z.numpy()[:, b].astype(np.float64))
        np.testing.assert_allclose(log_q[:, b], expected, rtol=2e-5, atol=2e-4)


@pytest.mark.parametrize("kind", FAMILIES)
def test_draws_have_the_stated_moments(kind):
    family, count = kind(3), 200_000
    parameters = projected(family, batch=1)
    z = family.reparametrise(parameters, noise_of((count, 1, 3)))[0].numpy()[:, 0]
    spread = covariance(parameters)[0]
    error = 5 * np.sqrt(np.diag(spread) / count)
    assert (np.abs(z.mean(0) - parameters["loc"].numpy()[0]) < error).all()
    # The standard error of a covariance is at most sqrt(2) times the product of the deviations.
    scales = np.sqrt(np.outer(np.diag(spread), np.diag(spread)))
    assert (np.abs(np.cov(z.T) - spread) < 5 * scales * np.sqrt(2 / count)).all()


def test_a_full_covariance_has_correlations():
    family = FullNormal(3)
    spread = covariance(projected(family))
    assert (np.abs(spread[:, [1, 2, 2], [0, 0, 1]]) > 1e-3).all()


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_each_number_below_the_diagonal_has_one_place(size):
    family = FullNormal(size)
    below = size * (size - 1) // 2
    raw = {"loc": tf.zeros([1, size]), "scale": tf.zeros([1, size])}
    if below:
        raw["off_diagonal"] = tf.range(1.0, below + 1.0)[None]
    scale_tril = family.parameters(raw)["scale_tril"].numpy()[0]
    np.testing.assert_array_equal(np.triu(scale_tril, 1), 0.0)
    np.testing.assert_allclose(np.diag(scale_tril), 1.0, atol=2e-6)
    assert sorted(scale_tril[np.tril_indices(size, -1)]) == list(range(1, below + 1))


@pytest.mark.parametrize("kind", FAMILIES)
def test_gradients_through_a_draw_are_those_of_the_distribution(kind):
    family, noise = kind(3), noise_of((4, 3, 3))
    random = np.random.RandomState(0)
    # With respect to the heads: TFP's gradient above the diagonal of a triangle means nothing.
    heads = {name: random.normal(size=(3, 3)) for name in ("loc", "scale", "off_diagonal")}
    heads = {name: tf.constant(value, tf.float32) for name, value in heads.items()}
    leaves = list(heads.values())[: 2 if kind is DiagonalNormal else 3]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(leaves)
        parameters = family.parameters(heads)
        z, log_q = family.reparametrise(parameters, noise)
        expected = family.log_prob(parameters, z)
        weight = tf.reduce_sum(tf.cos(z), axis=-1)
        both = [tf.reduce_sum(weight * value) for value in (log_q, expected)]
    ours, theirs = (tape.gradient(value, leaves) for value in both)
    for one, other in zip(ours, theirs, strict=True):
        assert np.abs(one).max() > 0.1
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_head_that_gives_nothing_makes_a_standard_normal(kind):
    family = kind(2)
    q = family.distribution(family(tf.zeros([1, 6])))
    np.testing.assert_allclose(q.mean(), 0.0)
    np.testing.assert_allclose(q.covariance()[0], np.eye(2), atol=4e-6)


def test_scales_stay_positive_and_have_gradients_at_extremes():
    raw = tf.constant([[-1e4, -100.0, -20.0, -1.0, 0.0, 3.0, 90.0, 1e4]])
    with tf.GradientTape() as tape:
        tape.watch(raw)
        scale = DiagonalNormal(8).parameters({"loc": raw, "scale": raw})["scale"]
    shifted = raw.numpy().astype(np.float64) + np.log(np.e - 1)
    np.testing.assert_allclose(scale, np.logaddexp(0, shifted) + 1e-6, rtol=1e-5)
    assert (scale.numpy() > 0).all()
    gradient = tape.gradient(scale, raw)
    np.testing.assert_allclose(gradient, 1 / (1 + np.exp(-np.clip(shifted, -700, 700))), atol=1e-6)


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_point_is_the_mean(kind):
    family = kind(2)
    parameters = projected(family)
    for value in (family.point(parameters), family.mean(parameters)):
        np.testing.assert_array_equal(value, family.distribution(parameters).mean())


@pytest.mark.parametrize("kind", FAMILIES)
def test_in_float64_a_density_has_its_precision(kind):
    keras.config.set_dtype_policy("float64")
    family = kind(40)
    parameters = projected(family, batch=1)
    z, log_q = family.reparametrise(parameters, noise_of((1, 1, 40), "float64"))
    spread = covariance(parameters)[0]
    expected = stats.multivariate_normal(parameters["loc"].numpy()[0], spread).logpdf(z[0, 0])
    np.testing.assert_allclose(log_q[0, 0], expected, rtol=1e-11)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("kind", FAMILIES)
def test_parameters_are_whole_floats_under_mixed_precision(kind, policy):
    keras.config.set_dtype_policy(policy)
    family = kind(2)
    parameters = family(tf.zeros([1, 6], policy.removeprefix("mixed_")))
    assert {value.dtype for value in parameters.values()} == {tf.float32}


@pytest.mark.parametrize("size", [0, -1, 2.5, "2", True, None])
@pytest.mark.parametrize("kind", FAMILIES)
def test_a_size_that_is_no_count_is_refused(kind, size):
    with pytest.raises(ValueError, match="`latent_size` must be a whole number of at least 1"):
        kind(size)
