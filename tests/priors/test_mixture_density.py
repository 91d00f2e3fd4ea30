"""The mixture's density, by matrix products, against TFP's own mixture and float64."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special

from tests.priors.mixtures import latents, random_mixture, reference_of
from tfvae.priors import MixtureOfGaussians

tfd = tfp.distributions
SIZES = [(k, d) for k in (1, 10, 500) for d in (1, 2, 40)]
grid = pytest.mark.parametrize(("components", "size"), SIZES)
covariances = pytest.mark.parametrize("covariance", ["diagonal", "full", "shared"])


def plain_tfp(prior):
    """TFP's mixture of TFP's components, through the same variables and a triangular solve."""
    log_scale = tf.convert_to_tensor(prior.log_scale)
    if prior.covariance == "diagonal":
        components = tfd.MultivariateNormalDiag(prior.loc.value, tf.exp(log_scale))
    else:
        identity = tf.eye(prior.loc.shape[1], batch_shape=log_scale.shape[:-1])
        below = tf.linalg.band_part(prior.shear.value, -1, 0)
        below -= tf.linalg.diag(tf.linalg.diag_part(below))
        whitening = tf.exp(-log_scale)[..., None] * (identity + below)
        scale_tril = tf.linalg.triangular_solve(whitening, identity)
        components = tfd.MultivariateNormalTriL(prior.loc.value, scale_tril)
    return tfd.MixtureSameFamily(tfd.Categorical(logits=prior.logits.value), components)


@covariances
@grid
def test_density_against_float64(components, size, covariance):
    prior = random_mixture(components, size, covariance)
    reference, z = reference_of(prior), latents(7, size)
    joint, log_prob = prior.component_log_prob(z).numpy(), prior.log_prob(z).numpy()
    z = z.numpy().astype(np.float64)
    np.testing.assert_allclose(joint, reference.joint(z), rtol=2e-6, atol=2e-6)
    np.testing.assert_allclose(log_prob, reference.log_prob(z), rtol=1e-6, atol=2e-6)


@covariances
@grid
def test_density_and_gradients_against_tfp(components, size, covariance):
    prior, z = random_mixture(components, size, covariance), latents(5, size)
    leaves = [z, *(weight.value for weight in prior.trainable_weights)]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(leaves)
        ours, theirs = prior.log_prob(z), plain_tfp(prior).log_prob(z)
    np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=5e-6)
    for leaf in leaves:
        one, other = tape.gradient(ours, leaf).numpy(), tape.gradient(theirs, leaf).numpy()
        assert np.abs(one - other).max() <= 2e-5 * max(np.abs(other).max(), 1.0)


@covariances
@pytest.mark.parametrize("rows", [None, 5])
def test_density_of_an_artefact_is_the_same(rows, covariance):
    prior, z = random_mixture(6, 3, covariance), latents(5, 3)
    lean = prior.as_constants()

    @tf.function(input_signature=[tf.TensorSpec([rows, 3])])
    def log_prob(z):
        with lean:
            return prior.log_prob(z)

    np.testing.assert_allclose(log_prob(z), prior.log_prob(z), rtol=1e-6, atol=2e-6)


@covariances
def test_density_takes_any_leading_axes(covariance):
    prior = random_mixture(4, 3, covariance)
    z = latents(2 * 5 * 3, 3)
    expected = prior.component_log_prob(z).numpy()
    together = prior.component_log_prob(tf.reshape(z, (2, 5, 3, 3)))
    np.testing.assert_allclose(together, expected.reshape(2, 5, 3, 4), rtol=1e-6)
    np.testing.assert_array_equal(prior(z), prior.log_prob(z))
    assert prior.log_prob(z[0]).shape == ()


@covariances
def test_density_in_float64_has_its_precision(covariance):
    keras.config.set_dtype_policy("float64")
    prior = random_mixture(10, 8, covariance)
    z = tf.cast(latents(6, 8), tf.float64)
    expected = reference_of(prior).log_prob(z.numpy())
    np.testing.assert_allclose(prior.log_prob(z), expected, rtol=1e-12)


def test_density_of_distant_components_is_as_accurate_as_documented():
    prior = random_mixture(2, 2, "diagonal")
    prior.loc.assign([[-50.0, 0.0], [50.0, 0.0]])
    prior.log_scale.assign(np.zeros([2, 2]))
    z = np.random.RandomState(0).normal(size=(100, 2)) + np.repeat([[-50, 0], [50, 0]], 50, axis=0)
    z = z.astype("float32")
    error = prior.log_prob(tf.constant(z)).numpy() - reference_of(prior).log_prob(z)
    assert np.abs(error).max() < 2e-3


def test_density_does_not_suffer_from_a_common_shift():
    prior = random_mixture(5, 3, "diagonal")
    # Multiples of a power of two: with the shift they are still floats, exactly.
    z, loc = (np.round(value.numpy() * 256) / 256 for value in (latents(9, 3), prior.loc))
    prior.loc.assign(loc)
    before = prior.log_prob(tf.constant(z)).numpy()
    prior.loc.assign(loc + 1024.0)
    np.testing.assert_allclose(prior.log_prob(tf.constant(z + 1024.0)), before, atol=1e-3)


@covariances
def test_responsibilities_are_bayes_rule(covariance):
    prior = random_mixture(6, 3, covariance)
    z = latents(20, 3)
    expected = special.softmax(reference_of(prior).joint(z.numpy().astype(np.float64)), axis=1)
    np.testing.assert_allclose(prior.responsibilities(z), expected, atol=5e-6)
    far = prior.responsibilities(tf.fill([1, 3], 1e4)).numpy()
    assert np.isfinite(far).all()
    assert far.sum() == pytest.approx(1.0)


@covariances
def test_responsibilities_of_competing_components_are_exact_far_from_the_others(covariance):
    # The density's products are off by 1e-3 here, as documented.
    prior = random_mixture(3, 2, covariance)
    prior.loc.assign([[-100.0, 0.0], [50.0, 0.0], [50.5, 0.0]])
    prior.log_scale.assign(tf.zeros_like(prior.log_scale))
    z = np.stack([np.linspace(49, 51.5, 64), np.linspace(-1, 1, 64)], axis=1).astype("float32")
    expected = special.softmax(reference_of(prior).joint(z.astype(np.float64)), axis=1)
    np.testing.assert_allclose(prior.responsibilities(tf.constant(z)), expected, atol=2e-6)


@pytest.mark.parametrize("covariance", ["full", "shared"])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8, 9, 40])
def test_scale_tril_by_products_is_the_triangular_inverse(size, covariance):
    prior = random_mixture(3, size, covariance)
    scale_tril = prior.components().scale_tril.numpy()
    expected = reference_of(prior).scale_tril
    expected = expected[0] if covariance == "shared" else expected
    assert np.abs(scale_tril - expected).max() < 1e-6 * np.abs(expected).max()
    np.testing.assert_array_equal(np.triu(scale_tril, 1), 0.0)


@covariances
def test_whitening_and_components_are_inverse_to_each_other(covariance):
    prior = random_mixture(3, 4, covariance)
    spread = prior.components().covariance().numpy()
    whitening = prior.whitening().numpy()
    np.testing.assert_allclose(
        whitening @ spread @ np.swapaxes(whitening, 1, 2), np.tile(np.eye(4), (3, 1, 1)), atol=2e-5
    )


@covariances
def test_the_distribution_is_tfps_but_for_its_density(covariance):
    prior, z = random_mixture(4, 3, covariance), latents(8, 3)
    ours, theirs = prior.distribution(), plain_tfp(prior)
    assert isinstance(ours, tfd.MixtureSameFamily)
    assert (ours.event_shape, ours.batch_shape) == ((3,), ())
    np.testing.assert_array_equal(ours.log_prob(z), prior.log_prob(z))
    for name in ("mean", "covariance", "stddev"):
        one, other = getattr(ours, name)(), getattr(theirs, name)()
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        ours.posterior_marginal(z).probs_parameter(), prior.responsibilities(z), atol=1e-5
    )
    np.testing.assert_array_equal(ours.copy().log_prob(z), ours.log_prob(z))
    draws = ours.sample(50_000, seed=0).numpy()
    error = 5 * np.sqrt(np.diag(theirs.covariance()) / len(draws))
    assert (np.abs(draws.mean(0) - theirs.mean().numpy()) < error).all()


def test_the_distribution_follows_the_weights():
    prior, z = random_mixture(3, 2, "diagonal"), latents(4, 2)
    with tf.GradientTape() as tape:
        value = prior.distribution().log_prob(z)
    gradients = tape.gradient(value, [weight.value for weight in prior.trainable_weights])
    assert all(np.abs(gradient).max() > 1e-3 for gradient in gradients)
    before = prior.distribution().log_prob(z).numpy()
    prior.loc.assign_add(tf.ones_like(prior.loc))
    assert np.abs(prior.distribution().log_prob(z).numpy() - before).max() > 1e-2


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@covariances
def test_a_called_prior_computes_in_whole_floats_under_mixed_precision(covariance, policy):
    keras.config.set_dtype_policy(policy)
    prior, z = random_mixture(3, 2, covariance), latents(4, 2)
    value = prior(z)
    assert value.dtype == tf.float32
    np.testing.assert_array_equal(value, prior.log_prob(z))
    half = tf.cast(z, policy.removeprefix("mixed_"))
    np.testing.assert_array_equal(prior(half), prior.log_prob(tf.cast(half, tf.float32)))


def test_a_shared_covariance_is_one_for_all_components():
    prior = random_mixture(5, 3, "shared")
    assert prior.log_scale.shape == (3,)
    assert prior.shear.shape == (3, 3)
    whitening = prior.whitening().numpy()
    assert whitening.shape == (5, 3, 3)
    np.testing.assert_array_equal(whitening, np.tile(whitening[:1], (5, 1, 1)))


def test_learned_and_frozen_parts():
    for learned in [(), ("weights",), ("loc", "scale"), ("weights", "loc", "scale")]:
        prior = MixtureOfGaussians(3, "full", learned=learned)
        prior.build((None, 2))
        names = {weight.name for weight in prior.trainable_weights}
        expected = {"weights": {"logits"}, "loc": {"loc"}, "scale": {"log_scale", "shear"}}
        assert names == set().union(*(expected[part] for part in learned))
        assert {weight.name for weight in prior.weights} == {"logits", "loc", "log_scale", "shear"}


@pytest.mark.parametrize("spread", [0.0, 0.5, 3.0])
def test_the_random_start_is_as_documented(spread):
    prior = MixtureOfGaussians(400, "full", spread=spread, seed=3)
    prior.build((None, 5))
    assert prior.loc.numpy().std() == pytest.approx(spread, rel=0.1)
    np.testing.assert_allclose(prior.components().covariance(), np.tile(np.eye(5), (400, 1, 1)))
    np.testing.assert_allclose(prior.log_weights(), -np.log(400), rtol=1e-6)
    twin = MixtureOfGaussians(400, "full", spread=spread, seed=3)
    twin.build((None, 5))
    np.testing.assert_array_equal(twin.loc.numpy(), prior.loc.numpy())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_components": 0}, "`num_components` must be a whole number of at least 1"),
        ({"num_components": 2.5}, "`num_components` must be a whole number"),
        ({"covariance": "spherical"}, "`covariance` must be 'diagonal', 'full' or 'shared'"),
        ({"learned": ["means"]}, "`learned` must be some of"),
        ({"learned": "loc"}, "`learned` must be some of"),
        ({"spread": -1.0}, "`spread` must be a number of at least 0"),
        ({"spread": float("nan")}, "`spread` must be a number of at least 0"),
        ({"start": "random"}, "`start` must be 'kmeans' or 'mixture'"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        MixtureOfGaussians(**{"num_components": 3, **arguments})


def test_latents_that_are_no_vectors_are_refused():
    with pytest.raises(ValueError, match=r"over vectors, but the latents have shape \(3, 2\)"):
        MixtureOfGaussians(3).build((None, 3, 2))
