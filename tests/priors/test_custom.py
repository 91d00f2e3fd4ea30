"""A distribution of the user's own as the prior."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats

import tfvae
from tests.priors.student_t import student_t
from tfvae import random
from tfvae.priors import Custom

tfd = tfp.distributions
START = {"loc": [0.5, -1.0], "log_scale": [0.2, -0.3]}


def built(distribution=student_t, weights=START):
    prior = Custom(distribution, weights)
    prior.build((None, 2))
    return prior


def model(prior):
    return tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=tfvae.families.DiagonalNormal(2),
        prior=prior,
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
    )


def images():
    return (np.random.RandomState(0).uniform(size=(32, 4, 4, 1)) > 0.5).astype("float32")


def test_density_is_the_distributions():
    z = np.random.RandomState(0).normal(size=(4, 3, 2)).astype("float32")
    expected = stats.t(5, START["loc"], np.exp(START["log_scale"])).logpdf(z).sum(-1)
    np.testing.assert_allclose(built().log_prob(tf.constant(z)), expected, rtol=1e-5)


def test_its_parameters_are_trained_and_followed():
    prior, z = built(), tf.constant([[1.0, 1.0]])
    with tf.GradientTape() as tape:
        value = prior.distribution().log_prob(z)
    gradients = tape.gradient(value, [weight.value for weight in prior.trainable_weights])
    step, loc = 1e-3, np.array(START["loc"])
    scale = np.exp(START["log_scale"])
    slope = [
        np.diff([stats.t(5, loc + s, scale).logpdf(1.0).sum() for s in (-shift, shift)])[0]
        / (2 * step)
        for shift in step * np.eye(2)
    ]
    np.testing.assert_allclose(gradients[0], slope, rtol=1e-4)
    assert np.abs(gradients[1]).min() > 1e-3
    before = prior.log_prob(z).numpy()
    prior.weights[0].assign([1.0, 1.0])
    assert prior.log_prob(z).numpy() > before


def test_a_fixed_distribution_has_nothing_to_learn():
    distribution = tfd.MultivariateNormalDiag([1.0, 2.0], [0.5, 2.0])
    prior = built(distribution, None)
    assert prior.weights == []
    assert prior.distribution() is distribution
    z = tf.ones([3, 2])
    np.testing.assert_array_equal(prior.log_prob(z), distribution.log_prob(z))


def test_a_gaussian_keeps_its_closed_form():
    vae = model(Custom(tfd.MultivariateNormalDiag([1.0, 2.0], [0.5, 2.0])))
    x = tf.constant(images()[:4])
    trace = vae.trace(x, x, random.draw(vae.noise(), (1, 4), (0, 0)))
    expected = vae.encode(x).kl_divergence(vae.prior.distribution())
    np.testing.assert_allclose(trace.rate, expected, rtol=1e-5)


def test_it_is_trained_within_a_model():
    vae = model(Custom(student_t, START))
    vae.compile(keras.optimizers.Adam(0.05))
    vae.fit(images(), epochs=3, batch_size=8, verbose=0)
    for weight, start in zip(vae.prior.trainable_weights, START.values(), strict=True):
        assert np.abs(weight.numpy() - start).min() > 1e-3


def test_draws_follow_the_distribution_and_repeat():
    prior, count = built(), 2000
    noise = random.threefry_draw(prior.noise(), *random.rows(3, count))
    # Traced: run eagerly, a user's distribution is sampled row by row.
    z = tf.function(prior.sample)(noise).numpy()
    for column, loc, log_scale in zip(z.T, *START.values(), strict=True):
        assert stats.kstest(column, stats.t(5, loc, np.exp(log_scale)).cdf).pvalue > 1e-3
    first = {name: value[:5] for name, value in noise.items()}
    np.testing.assert_array_equal(prior.sample(first), z[:5])
    folded = {name: tf.reshape(value[:6], (2, 3, 2)) for name, value in noise.items()}
    np.testing.assert_array_equal(prior.sample(folded), z[:6].reshape(2, 3, 2))


def test_what_it_cannot_do_in_sampling_is_said():
    vae = model(Custom(student_t, START))
    assert vae.sample(2, seed=0).shape == (2, 4, 4, 1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="which knows of no `temperature`"):
        vae.sample(2, seed=0, temperature=0.5)
    with pytest.raises(ValueError, match="components of a custom prior"):
        vae.prior.sample({"seed": tf.fill([1, 2], 0.5)}, component=tf.zeros([1], tf.int32))


def test_an_artefact_has_its_density_and_no_samples(tmp_path):
    vae = model(Custom(student_t, START))
    tfvae.export.litert(vae, tmp_path / "vae.tflite", x=images())
    artefact = tfvae.export.open_artefact(tmp_path / "vae.tflite")
    assert "decode" in artefact.endpoints
    assert not any(name.startswith("sample") for name in artefact.endpoints)
    x, noise = images()[:3], np.ones([3, 2], np.float32)
    expected = vae.elbo_from(tf.constant(x), {"z": tf.constant(noise)})
    np.testing.assert_allclose(artefact.run("elbo", x=x, noise=noise)["elbo"], expected, rtol=1e-5)


@pytest.mark.parametrize(
    "prior",
    [
        lambda: Custom(lambda: tfd.MultivariateNormalDiag([0.0, 0.0])),
        lambda: Custom(tfd.MultivariateNormalDiag([0.0, 0.0])),
        lambda: Custom(functools.partial(tfd.MultivariateNormalDiag, [0.0, 0.0])),
    ],
)
def test_what_no_file_can_hold_is_not_saved(prior, tmp_path):
    vae = model(prior())
    with pytest.raises(ValueError, match="register_keras_serializable"):
        vae.save(tmp_path / "vae.keras")
    with pytest.raises(ValueError, match="write a `tfvae.priors.Prior` of your own"):
        vae.save_to_preset(tmp_path / "preset")
    vae.save_weights(tmp_path / "vae.weights.h5")
    other = model(prior())
    other.load_weights(tmp_path / "vae.weights.h5")
    np.testing.assert_array_equal(other(images()), vae(images()))


def test_a_registered_function_is_saved_with_its_weights(tmp_path):
    vae = model(Custom(student_t, START))
    vae.prior.weights[0].assign([3.0, 4.0])
    vae.save(tmp_path / "vae.keras")
    loaded = tfvae.VAE.load(tmp_path / "vae.keras")
    z = tf.ones([2, 2])
    np.testing.assert_array_equal(loaded.prior.log_prob(z), vae.prior.log_prob(z))


def outside():
    variable = keras.Variable([0.0, 0.0])
    return lambda: tfd.MultivariateNormalDiag(tf.convert_to_tensor(variable))


@pytest.mark.parametrize(
    ("distribution", "weights", "message"),
    [
        (3.0, None, "`distribution` must be a `tfd.Distribution` or a function"),
        (lambda: 3.0, None, r"must return a `tfd.Distribution`.*returned 3\.0"),
        (outside(), None, "made of the weights that it is given, but it reads the variables"),
        (tfd.MultivariateNormalDiag([0.0, 0.0]), START, "takes no `weights`"),
        (
            tfd.MultivariateNormalDiag(tf.Variable([0.0, 0.0])),
            None,
            "already made cannot be learned.*has variables of its own",
        ),
        (tfd.Normal([0.0, 0.0], 1.0), None, r"event shape \(\), batch shape \(2,\).*Independent"),
        (tfd.MultivariateNormalDiag([0.0]), None, r"latents of shape \(2,\), but the dist"),
        (tfd.MultivariateNormalDiag(np.zeros(2)), None, "must be over float32 latents"),
    ],
)
def test_what_does_not_fit_is_refused(distribution, weights, message):
    with pytest.raises(ValueError, match=message):
        built(distribution, weights)


def test_a_bare_distribution_is_told_how_to_become_a_prior():
    with pytest.raises(ValueError, match=r"`tfvae\.priors\.Custom` around a distribution"):
        model(tfd.MultivariateNormalDiag([0.0, 0.0]))
