"""Families on the sphere against SciPy: Bessel and gamma functions, quantiles, and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import integrate, special, stats

import tfvae
from tfvae import random
from tfvae.divergence import closed_form_kl
from tfvae.families import PowerSpherical, VonMisesFisher
from tfvae.families.polar import PowerSphericalAngle, VonMisesFisherAngle, log_area

tfd = tfp.distributions
FAMILIES = (VonMisesFisher, PowerSpherical)
CONCENTRATIONS = np.logspace(-3, 4, 57)
SHARES = np.concatenate([[2.0**-24, 1e-4], np.linspace(0.01, 0.99, 23), [1 - 1e-4, 1 - 2.0**-24]])
kinds = pytest.mark.parametrize("kind", FAMILIES)
sizes = pytest.mark.parametrize("size", [2, 3, 4, 5, 10, 32, 64, 128])
floats = pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 5e-7), ("float64", 2e-8)])


def bessel(size, concentration):
    """log of the integral of exp(k (cos - 1)) over the sphere, and its divergence from uniform."""
    order = 0.5 * size - 1
    scaled = special.ive(order, concentration)
    log_total = 0.5 * size * np.log(2 * np.pi) + np.log(scaled) - order * np.log(concentration)
    mean = special.ive(order + 1, concentration) / scaled
    return log_total, concentration * (mean - 1) - log_total + log_area(size)


def gammas(size, concentration):
    """The same of ((1 + cos) / 2)^k: De Cao and Aziz's equations 10 and 12."""
    beta = 0.5 * (size - 1)
    alpha = beta + concentration
    log_total = (2 * beta) * np.log(2) + beta * np.log(np.pi)
    log_total += special.gammaln(alpha) - special.gammaln(alpha + beta)
    log_cosine = special.digamma(alpha) - special.digamma(alpha + beta)
    return log_total, concentration * log_cosine - log_total + log_area(size)


CLOSED_FORMS = [(VonMisesFisherAngle, bessel), (PowerSphericalAngle, gammas)]


@floats
@sizes
@pytest.mark.parametrize(("angle", "closed_form"), CLOSED_FORMS)
def test_normaliser_and_rate_against_closed_forms(angle, closed_form, size, dtype, tolerance):
    polar = angle(tf.constant(CONCENTRATIONS, dtype), size)
    log_total, rate = closed_form(size, CONCENTRATIONS)
    error = np.abs(polar.log_normaliser().numpy() - log_total) / (1 + np.abs(log_total))
    assert error.max() < tolerance
    # A difference of logarithms as large as the normaliser's and the area's.
    scale = 1 + rate + np.abs(log_total) + abs(log_area(size))
    assert (np.abs(polar.rate().numpy() - rate) / scale).max() < tolerance


@pytest.mark.parametrize("size", [2, 3, 10, 128])
@pytest.mark.parametrize(("angle", "closed_form"), CLOSED_FORMS)
def test_gradients_of_normaliser_and_rate_against_differences(angle, closed_form, size):
    concentration = np.logspace(-2, 3, 11)
    leaf = tf.constant(concentration)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(leaf)
        polar = angle(leaf, size)
        values = polar.log_normaliser(), polar.rate()
    step = 1e-3 * concentration
    ends = [closed_form(size, concentration + sign * step) for sign in (1, -1)]
    for value, high, low in zip(values, *ends, strict=True):
        expected = (high - low) / (2 * step)
        np.testing.assert_allclose(tape.gradient(value, leaf), expected, rtol=1e-4, atol=1e-6)


def beta_quantile(size, concentration, share):
    """The angle's quantile: (1 - cos) / 2 has a beta distribution."""
    beta = 0.5 * (size - 1)
    return 2 * np.arcsin(np.sqrt(stats.beta(beta, beta + concentration).ppf(share)))


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-4), ("float64", 5e-5)])
@sizes
def test_quantiles_of_the_power_against_the_beta_distribution(size, dtype, tolerance):
    share = SHARES[:, None].astype(dtype)
    polar = PowerSphericalAngle(tf.constant(CONCENTRATIONS, dtype), size)
    found = polar.quantile(tf.constant(np.tile(share, (1, len(CONCENTRATIONS))))).numpy()
    expected = beta_quantile(size, CONCENTRATIONS, share.astype("float64"))
    width = np.minimum(expected[-3] - expected[2], 1.0)
    assert (np.abs(found - expected) / width).max() < tolerance


@pytest.mark.parametrize("size", [2, 3, 10, 64])
@kinds
def test_quantiles_invert_the_distribution_function(kind, size):
    concentration = np.array([0.01, 1.0, 30.0, 3000.0])
    share = np.tile(SHARES[1:-1, None], (1, len(concentration)))
    polar = kind(size).angle(tf.constant(concentration), size)
    angles = polar.quantile(tf.constant(share)).numpy()
    for column, single in enumerate(concentration):
        one = kind(size).angle(tf.constant([single]), size)

        def density(angle, one=one):
            log_ring = (size - 2) * np.log(np.sin(angle)) + log_area(size - 1)
            return np.exp(one.log_prob(tf.constant(angle)).numpy() + log_ring)

        for row in (0, 5, 12, 20, 24):
            found, _ = integrate.fixed_quad(density, 0.0, angles[row, column], n=400)
            assert found == pytest.approx(share[row, column], abs=2e-7)


@pytest.mark.parametrize("size", [2, 3, 16])
@kinds
def test_gradients_through_draws_are_those_of_the_expectation(kind, size):
    # The derivative of E[cos] with respect to the concentration: by differences of quadratures,
    # and by the mean over draws whose shares are a fine grid.
    share = tf.constant((np.arange(2000) + 0.5)[:, None] / 2000)
    for concentration in (0.1, 2.0, 50.0):
        leaf = tf.constant([concentration], tf.float64)
        with tf.GradientTape() as tape:
            tape.watch(leaf)
            mean = tf.reduce_mean(tf.cos(kind(size).angle(leaf, size).quantile(share)))
        step = 1e-4 * concentration
        high, low = (
            kind(size).angle(leaf + sign * step, size).expectation(tf.cos).numpy()[0]
            for sign in (1, -1)
        )
        assert tape.gradient(mean, leaf).numpy()[0] == pytest.approx(
            (high - low) / (2 * step), rel=2e-3
        )


@kinds
def test_the_gradient_of_a_quantile_is_that_of_its_differences(kind):
    share = tf.constant(np.tile(SHARES[1:-1, None], (1, 3)))
    concentration = tf.constant([0.5, 5.0, 500.0], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(concentration)
        total = tf.reduce_sum(kind(5).angle(concentration, 5).quantile(share), axis=0)
    step = 1e-4 * concentration
    high, low = (
        tf.reduce_sum(kind(5).angle(concentration + s * step, 5).quantile(share), axis=0)
        for s in (1.0, -1.0)
    )
    np.testing.assert_allclose(
        tape.gradient(total, concentration), (high - low) / (2 * step), rtol=1e-5
    )


def projected(family, batch=3, scale=1.0):
    generator = np.random.RandomState(0)
    heads = {
        "mean_direction": generator.normal(size=(batch, family.latent_size)),
        "concentration": scale * (1 + generator.uniform(size=(batch, 1))),
    }
    return family.parameters({name: tf.constant(head, "float32") for name, head in heads.items()})


def tfps(kind, parameters, dtype="float64"):
    """TFP's own distribution."""
    theirs = {VonMisesFisher: tfd.VonMisesFisher, PowerSpherical: tfd.PowerSpherical}[kind]
    return theirs(
        tf.cast(parameters["mean_direction"], dtype),
        tf.cast(parameters["concentration"], dtype),
    )


def draws(family, parameters, count, seed=0):
    batch = parameters["concentration"].shape[0]
    return family.reparametrise(parameters, random.draw(family.noise(), (count, batch), (seed, 1)))


@pytest.mark.parametrize("size", [2, 3, 8, 40])
@kinds
def test_a_draw_is_on_the_sphere_and_has_its_density(kind, size):
    family = kind(size)
    for scale in (-3.0, 1.0, 300.0):
        parameters = projected(family, scale=scale)
        z, log_q = draws(family, parameters, 50)
        assert (z.shape, log_q.shape) == ((50, 3, size), (50, 3))
        np.testing.assert_allclose(np.linalg.norm(z, axis=-1), 1.0, atol=1e-6)
        found = family.log_prob(parameters, z)
        np.testing.assert_allclose(log_q, found, rtol=1e-4, atol=2e-4)
        expected = tfps(kind, parameters).log_prob(tf.cast(z, tf.float64))
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=2e-3)


def test_on_the_circle_it_is_scipys_von_mises():
    family = VonMisesFisher(2)
    parameters = projected(family)
    angle = np.linspace(-3, 3, 13)
    z = tf.constant(np.stack([np.cos(angle), np.sin(angle)], -1)[:, None], tf.float32)
    m = parameters["mean_direction"].numpy()
    loc, kappa = np.arctan2(m[:, 1], m[:, 0]), parameters["concentration"].numpy()
    expected = stats.vonmises(kappa, loc).logpdf(angle[:, None])
    np.testing.assert_allclose(family.log_prob(parameters, z), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [2, 3, 6])
@kinds
def test_draws_have_the_mean_and_spread_around_it_alike(kind, size):
    family, count = kind(size), 60_000
    parameters = projected(family, batch=1)
    z = draws(family, parameters, count)[0].numpy()[:, 0]
    expected = family.mean(parameters).numpy()[0]
    assert np.abs(z.mean(0) - expected).max() < 5 / np.sqrt(count)
    # Its covariance knows no float64.
    theirs = tfps(kind, parameters, "float32")
    np.testing.assert_allclose(expected, theirs.mean()[0], atol=1e-5)
    assert np.abs(np.cov(z.T) - theirs.covariance()[0]).max() < 5 / np.sqrt(count)


@kinds
def test_gradients_reach_direction_and_concentration(kind):
    family = kind(4)
    heads = {
        "mean_direction": tf.constant([[1.0, 2.0, -1.0, 0.5]]),
        "concentration": tf.constant([[2.0]]),
    }
    target = tf.constant([1.0, 0.0, 0.0, 0.0])

    def mean(heads):
        z, log_q = draws(family, family.parameters(heads), 4000)
        return tf.reduce_mean(tf.linalg.matvec(z, target) + 0.1 * log_q)

    with tf.GradientTape() as tape:
        tape.watch(heads)
        value = mean(heads)
    gradients = tape.gradient(value, heads)
    for name, leaf in heads.items():
        for place in range(leaf.shape[1]):
            shift = 0.02 * tf.one_hot([place], leaf.shape[1])
            ends = [mean({**heads, name: leaf + sign * shift}) for sign in (1.0, -1.0)]
            expected = float(ends[0] - ends[1]) / 0.04
            assert float(gradients[name][0, place]) == pytest.approx(expected, abs=3e-3)


@pytest.mark.parametrize("size", [2, 3, 20])
@kinds
def test_the_closed_form_of_the_rate_is_used_and_is_the_mean_of_its_samples(kind, size):
    family, count = kind(size), 20_000
    parameters = projected(family, scale=3.0)
    uniform = tfvae.priors.UniformSphere()
    uniform.build((None, size))
    rate = closed_form_kl(family.distribution(parameters), uniform.distribution())
    z, log_q = draws(family, parameters, count)
    sampled = (log_q - uniform.log_prob(z)).numpy()
    error = 5 * sampled.std(0) / np.sqrt(count)
    assert (np.abs(sampled.mean(0) - rate) < error).all()
    entropy = family.distribution(parameters).entropy()
    np.testing.assert_allclose(entropy, -log_q.numpy().mean(0), atol=error.max())


@kinds
def test_a_head_that_gives_nothing_has_a_direction_and_a_gradient(kind):
    family, raw = kind(3), tf.zeros([1, 3])
    with tf.GradientTape() as tape:
        tape.watch(raw)
        found = family.parameters({"mean_direction": raw, "concentration": raw[:, :1]})
        total = tf.reduce_sum(found["mean_direction"])
    np.testing.assert_allclose(found["mean_direction"], [[1.0, 0.0, 0.0]], atol=1e-6)
    np.testing.assert_allclose(found["concentration"], [1.0], rtol=1e-5)
    assert np.isfinite(tape.gradient(total, raw)).all()


@kinds
def test_densities_have_finite_gradients_at_the_direction_and_opposite(kind):
    direction = tf.constant([[0.0, 0.6, 0.8]])
    q = kind(3).distribution({"mean_direction": direction, "concentration": tf.constant([3.0])})
    for z in (direction, -direction):
        with tf.GradientTape() as tape:
            tape.watch(z)
            value = q.log_prob(z)
        assert np.isfinite(tape.gradient(value, z)).all()


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@kinds
def test_parameters_are_whole_floats_under_mixed_precision(kind, policy):
    keras.config.set_dtype_policy(policy)
    parameters = kind(3)(tf.zeros([2, 6], policy.removeprefix("mixed_")))
    assert {value.dtype for value in parameters.values()} == {tf.float32}


@kinds
def test_a_sphere_without_directions_is_refused(kind):
    with pytest.raises(ValueError, match="`latent_size` .* must be at least 2"):
        kind(1)
    with pytest.raises(ValueError, match="`latent_size` must be a whole number"):
        kind(2.5)
