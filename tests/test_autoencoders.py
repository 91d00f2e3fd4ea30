"""Autoencoders of points, denoising models, and regularised ones."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tfvae import decoders, encoders, families, models, objectives
from tfvae.objectives.regularised import jacobian_norm

ELEMENTS, SIZE = 5, 3


def networks():
    return encoders.MLP((8,), "tanh"), decoders.MLP((8,), "tanh")


def built(model=models.AE, likelihood=None, **arguments):
    likelihood = families.Normal((ELEMENTS,), 0.5) if likelihood is None else likelihood
    return model(*networks(), SIZE, likelihood, **arguments)


def examples(count=6):
    return np.random.RandomState(0).normal(size=(count, ELEMENTS)).astype("float32")


def test_reconstruction_is_the_decoded_code():
    vae, x = built(), examples()
    code = vae.encode(x)
    np.testing.assert_array_equal(code.sample(seed=0), code.mode())
    expected = vae.decode(code.mode()).mean()
    np.testing.assert_allclose(vae.reconstruct(x), expected, atol=1e-6)
    np.testing.assert_allclose(vae.reconstruct(x, seed=3), expected, atol=1e-6)
    np.testing.assert_allclose(vae.predict(x, verbose=0), expected, atol=1e-6)


def test_the_bound_is_minus_the_distortion():
    vae, x = built(), examples()
    expected = vae.decode(vae.encode(x).mode()).log_prob(x)
    np.testing.assert_allclose(vae.elbo(x), expected, rtol=1e-5)
    np.testing.assert_allclose(vae.elbo(x, num_samples=7), expected, rtol=1e-5)
    np.testing.assert_allclose(vae.anomaly_score(x), -expected, rtol=1e-5)
    trace = vae.trace(tf.constant(x), tf.constant(x), {})
    np.testing.assert_array_equal(trace.rate, np.zeros(len(x)))
    np.testing.assert_array_equal(trace.sampled_rate, np.zeros(len(x)))
    with pytest.raises(ValueError, match="this posterior is a point, which has none"):
        vae.log_likelihood(x)


def test_before_a_sampler_is_fitted_samples_are_decoded_noise():
    vae = built()
    noise = tfvae.random.threefry_draw(vae.prior.noise(), *tfvae.random.rows(0, 4))
    expected = vae.decode(noise["z"]).mean()
    np.testing.assert_allclose(vae.sample(4, seed=0), expected, atol=1e-6)


def test_a_wasserstein_autoencoder_may_be_deterministic():
    posterior = families.Deterministic(SIZE)
    vae = models.WAE(*networks(), posterior, families.Normal((ELEMENTS,), 0.5), scale=50.0)
    vae.compile(keras.optimizers.Adam(0.02))
    x = examples(64)
    vae.fit(np.tile(x, (100, 1)), batch_size=64, epochs=2, verbose=0)
    code = vae.encode(x).mode().numpy()
    np.testing.assert_allclose(code.std(0), 1.0, atol=0.5)
    np.testing.assert_allclose(code.mean(0), 0.0, atol=0.5)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (objectives.IWAE(5), "takes 5 samples an example, but the latents `Flat` are not random"),
        (objectives.ELBO(num_samples=2), "takes 2 samples"),
    ],
)
def test_several_samples_of_a_point_are_refused(objective, message):
    with pytest.raises(ValueError, match=message):
        built(objective=objective)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (
            objectives.TotalCorrelation(10),
            "one latent variable with a density, but the model has 0",
        ),
        (objectives.DIP(), "one latent variable with a density, but the model has 0"),
    ],
)
def test_objectives_of_a_posteriors_density_refuse_points(objective, message):
    vae, x = built(objective=objective), tf.constant(examples())
    with pytest.raises(ValueError, match=message):
        vae.objective.loss(vae.trace(x, x, {}))


def numerical_jacobian(function, z, step=1e-5):
    """Central differences, `[B, P, D]`."""
    columns = []
    for axis in range(z.shape[1]):
        shift = step * np.eye(z.shape[1])[axis]
        columns.append((function(z + shift) - function(z - shift)) / (2 * step))
    return np.stack(columns, axis=-1)


def test_the_gradient_penalty_is_the_jacobians_norm():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    vae = built(models.RAE, families.Bernoulli((ELEMENTS,)), gradient_penalty=1.0)
    z = np.random.RandomState(1).normal(size=(4, SIZE))
    jacobian = numerical_jacobian(lambda z: vae.decode(z).mean().numpy(), z)
    x = tf.zeros([4, ELEMENTS], tf.float64)
    noise = {"objective/direction": tf.zeros([1, 4, ELEMENTS], tf.float64)}
    decode = vae.trace(x, x, noise).decode
    # Along the axes one by one the estimate is exact: their sum is the norm itself.
    rows = [
        jacobian_norm(decode, tf.constant(z), tf.constant(np.tile(axis, (4, 1))))
        for axis in np.eye(ELEMENTS)
    ]
    np.testing.assert_allclose(sum(rows), (jacobian**2).sum((1, 2)), rtol=1e-6)
    direction = np.random.RandomState(2).normal(size=(4, ELEMENTS))
    expected = (np.einsum("bpd,bp->bd", jacobian, direction) ** 2).sum(1)
    found = jacobian_norm(decode, tf.constant(z), tf.constant(direction))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_loss_of_a_regularised_autoencoder_has_its_terms():
    beta, decay, penalty = 0.3, 0.02, 0.5
    vae = built(models.RAE, beta=beta, weight_decay=decay, gradient_penalty=penalty)
    x = tf.constant(examples())
    noise = tfvae.random.draw(vae.noise(), (1, len(x)), (0, 1))
    trace = vae.trace(x, x, noise)
    code = vae.encode(x.numpy()).mode().numpy()
    direction = noise["objective/direction"][0]
    weights = [*vae.decoder.get_weights(), *vae.likelihood.get_weights()]
    expected = (
        -vae.elbo(x.numpy())
        + 0.5 * beta * (code**2).sum(1)
        + decay * sum((weight**2).sum() for weight in weights)
        + penalty * jacobian_norm(trace.decode, tf.constant(code), direction).numpy()
    )
    np.testing.assert_allclose(vae.objective.loss(trace), expected, rtol=1e-5)


def test_the_penalties_do_what_they_are_for():
    x = np.tile(examples(32), (200, 1))
    found = {}
    arguments = {"none": {}, "codes": {"beta": 5.0}, "smooth": {"gradient_penalty": 5.0}}
    for name, given in arguments.items():
        keras.utils.set_random_seed(0)
        vae = built(models.RAE, **given)
        vae.compile(keras.optimizers.Adam(0.01))
        vae.fit(x, batch_size=64, verbose=0)
        code = vae.encode(x[:32]).mode().numpy()
        jacobian = numerical_jacobian(lambda z, vae=vae: vae.decode(z).mean().numpy(), code, 1e-2)
        found[name] = (code**2).sum(1).mean(), (jacobian**2).sum((1, 2)).mean()
    assert found["codes"][0] < 0.5 * found["none"][0]
    assert found["smooth"][1] < 0.5 * found["none"][1]


def test_corruption_is_for_training_only_and_spares_the_target():
    corruption = keras.layers.GaussianNoise(1.0, seed=0)
    vae, x = built(models.DenoisingAE, corruption=corruption), tf.constant(examples())
    clean, spoilt = vae.trace(x, x, {}), vae.trace(x, x, {}, training=True)
    assert np.abs(spoilt.inference.z - clean.inference.z).max() > 0.1
    p = vae.decode(spoilt.inference.z[0, 0])
    np.testing.assert_allclose(spoilt.log_likelihood[0, 0], p.log_prob(x), rtol=1e-5)
    code = vae.encode(x.numpy()).mode()
    np.testing.assert_allclose(code, clean.inference.z[0, 0], atol=1e-5)


def test_replacement_noise_has_its_rate_and_its_values():
    noise = encoders.ReplacementNoise(0.3, (-1.0, 2.0, 5.0), seed=3)
    x = np.full([200, 200], 9.0, np.float32)
    spoilt = noise(x, training=True).numpy()
    shares = [(spoilt == value).mean() for value in (9.0, -1.0, 2.0, 5.0)]
    # Five standard errors.
    np.testing.assert_allclose(shares, [0.7, 0.1, 0.1, 0.1], atol=0.012)
    assert not np.array_equal(noise(x, training=True), spoilt)
    np.testing.assert_array_equal(noise(x), x)
    everything = encoders.ReplacementNoise(1.0, (0.0, 1.0), seed=3)(x, training=True).numpy()
    assert set(np.unique(everything)) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: encoders.ReplacementNoise(0.0), "`rate` must be a number above 0 and at most 1"),
        (lambda: encoders.ReplacementNoise("0.1"), "`rate` must be a number"),
        (lambda: encoders.ReplacementNoise(0.1, ()), "`values` must be numbers such as"),
        (lambda: families.Deterministic(0), "`latent_size` must be a whole number"),
        (lambda: objectives.Regularised(-1.0), "`beta` must be a number of at least 0"),
        (lambda: objectives.Regularised(weight_decay=-1.0), "`weight_decay` must be"),
        (lambda: objectives.Regularised(gradient_penalty=np.nan), "`gradient_penalty` must be"),
        (lambda: built(models.DenoisingAE, corruption=0.1), "`corruption` must be a Keras layer"),
    ],
)
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
