"""Relaxed and straight-through codes against TFP, enumeration and integrals."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import integrate, special, stats

import tfvae
from tests.test_linear_gaussian import assign
from tfvae.gumbel import gumbel, one_hot_argmax
from tfvae.objectives import DIP, TotalCorrelation
from tfvae.posteriors import RelaxedCategorical, StraightThroughCategorical
from tfvae.priors import StandardNormal, UniformCategorical, UniformRelaxedCategorical

tfd = tfp.distributions
BATCH, LATENTS, CLASSES = 3, 2, 4
KINDS = [RelaxedCategorical, StraightThroughCategorical]
kinds = pytest.mark.parametrize("kind", KINDS)


def built(kind, latents=LATENTS, classes=CLASSES, temperature=0.6, dtype="float32"):
    posterior = kind(latents, classes, temperature, dtype=dtype)
    posterior.build((None, 6))
    raw = 1.5 * np.random.RandomState(0).normal(size=(BATCH, latents, classes))
    return posterior, posterior.parameters({"logits": tf.constant(raw, dtype)})


def uniform(*shape, dtype="float32"):
    return {"z": tf.constant(np.random.RandomState(1).uniform(1e-6, 1, size=shape), dtype)}


def test_gumbel_noise_is_the_quantile_function():
    u = np.array([2.0**-24, 1e-3, 0.3, 0.5, 0.99, 0.997, 1 - 2.0**-20, 1 - 2.0**-24], "float32")
    expected = stats.gumbel_r.ppf(u.astype("float64"))
    np.testing.assert_allclose(gumbel(tf.constant(u)), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_the_relaxed_density_is_that_of_tfp(temperature):
    posterior, parameters = built(RelaxedCategorical, temperature=temperature, dtype="float64")
    z, log_q = posterior.sample(parameters, uniform(50, BATCH, LATENTS, CLASSES, dtype="float64"))
    np.testing.assert_allclose(tf.reduce_sum(z, axis=-1), np.ones(z.shape[:-1]), rtol=1e-12)
    tau, logits = posterior.temperature.numpy(), parameters["logits"]
    on_simplex = tfd.RelaxedOneHotCategorical(tau, logits=logits).log_prob(z)
    np.testing.assert_allclose(log_q, tf.reduce_sum(on_simplex, axis=-1), rtol=1e-9)
    log_z = tf.math.log(z)
    in_logarithms = tfd.ExpRelaxedOneHotCategorical(tau, logits=logits).log_prob(log_z)
    expected = tf.reduce_sum(in_logarithms - tf.reduce_sum(log_z, axis=-1), axis=-1)
    np.testing.assert_allclose(log_q, expected, rtol=1e-9)
    np.testing.assert_allclose(log_q, posterior.distribution(parameters).log_prob(z), rtol=1e-9)


def test_the_relaxed_density_has_mass_one():
    posterior, parameters = built(RelaxedCategorical, 1, 2, 0.8, "float64")

    def density(share, b):
        z = tf.constant([[[share, 1.0 - share]]] * BATCH, "float64")
        return float(tf.exp(posterior.log_prob(parameters, z))[b])

    for b in range(BATCH):
        mass = integrate.quad(density, 1e-12, 1 - 1e-12, args=(b,), limit=200)[0]
        assert mass == pytest.approx(1.0, abs=1e-3)


@kinds
def test_the_largest_share_falls_on_a_class_by_its_probability(kind):
    count = 20_000
    posterior, parameters = built(kind)
    z, _ = posterior.sample(parameters, uniform(count, BATCH, LATENTS, CLASSES))
    found = one_hot_argmax(z).numpy().mean(axis=0)
    expected = np.exp(parameters["logits"])
    assert expected.max() > 0.6
    np.testing.assert_allclose(found, expected, atol=5 * 0.5 / np.sqrt(count))


@kinds
def test_densities_and_gradients_stay_finite_where_shares_vanish(kind):
    posterior = kind(1, 3, 0.05)
    prior = (UniformRelaxedCategorical if kind is RelaxedCategorical else UniformCategorical)()
    prior.build((None, 1, 3))
    posterior.build((None, 2))
    raw = tf.constant([[[40.0, -40.0, 0.0]], [[0.0, 0.0, 0.0]]])
    with tf.GradientTape() as tape:
        tape.watch(raw)
        z, log_q = posterior.sample(posterior.parameters({"logits": raw}), uniform(9, 2, 1, 3))
        total = tf.reduce_sum(log_q - prior.log_prob(z) + tf.reduce_sum(z[..., 0], axis=-1))
    assert np.isfinite(log_q).all()
    assert np.isfinite(tape.gradient(total, raw)).all()


def test_a_hard_code_is_exact_and_has_the_gradient_of_the_relaxed_one():
    found = {}
    weights = tf.constant(np.random.RandomState(3).normal(size=(CLASSES,)), tf.float32)
    raw = tf.constant(np.random.RandomState(4).normal(size=(BATCH, LATENTS, CLASSES)), tf.float32)
    for kind in KINDS:
        posterior, _ = built(kind)
        with tf.GradientTape() as tape:
            tape.watch(raw)
            noise = uniform(50, BATCH, LATENTS, CLASSES)
            z, log_q = posterior.sample(posterior.parameters({"logits": raw}), noise)
            value = tf.reduce_sum(weights * z)
        found[kind] = z, log_q, tape.gradient(value, raw)
    soft, hard = (found[kind][0] for kind in KINDS)
    assert set(np.unique(hard)) == {0.0, 1.0}
    np.testing.assert_array_equal(hard, one_hot_argmax(soft))
    one, other = (found[kind][2] for kind in KINDS)
    assert np.abs(one).max() > 0.1
    np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5)
    expected = tfd.Independent(tfd.OneHotCategorical(logits=raw), 1).log_prob(hard)
    np.testing.assert_allclose(found[StraightThroughCategorical][1], expected, rtol=1e-5)


def test_the_points_are_codes_of_the_likeliest_classes():
    for kind in KINDS:
        posterior, parameters = built(kind)
        q, point = posterior.distribution(parameters), posterior.point(parameters)
        assert (q.batch_shape, q.event_shape) == ((BATCH,), (LATENTS, CLASSES))
        np.testing.assert_array_equal(q.mode(), point)
        np.testing.assert_array_equal(tf.argmax(point, -1), tf.argmax(parameters["logits"], -1))
        assert q.sample(seed=0).dtype == point.dtype


def linear_model(posterior, prior, seed=0):
    """Codes to five numbers, linearly, with noise of scale 1.5; two examples."""
    vae = tfvae.VAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP(()),
        posterior=posterior,
        prior=prior,
        likelihood=tfvae.families.Normal((5,), 1.5),
    )
    random = np.random.RandomState(seed)
    size = int(np.prod(posterior.event_shape))
    loadings = random.normal(size=(size, 5))
    assign(vae.likelihood.projections["loc"], loadings, np.zeros(5))
    head = posterior.projection
    assign(head, 0.5 * random.normal(size=(5, size)), np.zeros(size))
    return vae, loadings, random.normal(size=(2, 5)).astype("float32")


def test_rate_bound_and_evidence_by_enumeration():
    posterior = StraightThroughCategorical(2, 3)
    vae, loadings, x = linear_model(posterior, UniformCategorical())
    logits = vae.infer_parameters(x)["logits"].numpy().astype("float64")
    elbo, evidence, rate = np.zeros(2), np.zeros(2), np.zeros(2)
    for b in range(2):
        joints = []
        for first, second in itertools.product(range(3), repeat=2):
            code = np.eye(3)[[first, second]]
            log_q = (code * logits[b]).sum()
            log_joint = stats.norm.logpdf(x[b], code.ravel() @ loadings, 1.5).sum() - np.log(9)
            elbo[b] += np.exp(log_q) * (log_joint - log_q)
            rate[b] += np.exp(log_q) * (log_q + np.log(9))
            joints.append(log_joint)
        evidence[b] = special.logsumexp(joints)
    noise = tfvae.random.draw(vae.latents.noise(), (2, 2), (0, 0))
    np.testing.assert_allclose(vae.trace(x, x, noise).rate, rate, rtol=1e-5)
    np.testing.assert_allclose(vae.elbo(x, num_samples=20_000), elbo, atol=0.1)
    np.testing.assert_allclose(vae.log_likelihood(x, num_samples=50_000), evidence, atol=0.05)
    assert (elbo < evidence - 0.1).all()


def test_the_relaxed_evidence_is_an_integral():
    vae, loadings, x = linear_model(RelaxedCategorical(1, 2, 0.7), UniformRelaxedCategorical(1.5))

    def joint(noise, b):
        # The share of the first class, by its logistic quantile: the density of z is inside.
        share = special.expit(stats.logistic.ppf(noise) / 1.5)
        mean = np.array([share, 1 - share]) @ loadings
        return np.exp(stats.norm.logpdf(x[b], mean, 1.5).sum())

    expected = [np.log(integrate.quad(joint, 0, 1, args=(b,))[0]) for b in range(2)]
    np.testing.assert_allclose(vae.log_likelihood(x, num_samples=40_000), expected, atol=0.05)
    assert (vae.elbo(x, num_samples=2000) < expected).all()


def test_priors_draw_each_class_alike():
    count = 20_000
    for prior in (UniformCategorical(), UniformRelaxedCategorical(0.8)):
        prior.build((None, LATENTS, CLASSES))
        noise = {"z": uniform(count, *prior.noise()["z"].shape)["z"]}
        z = prior.sample(noise)
        assert z.shape == (count, LATENTS, CLASSES)
        shares = one_hot_argmax(z).numpy().mean(axis=0)
        np.testing.assert_allclose(shares, 1 / CLASSES, atol=5 * 0.5 / np.sqrt(count))
        expected = prior.distribution().log_prob(z)
        np.testing.assert_allclose(prior.log_prob(z), expected, rtol=1e-4, atol=1e-3)
    prior = UniformCategorical()
    prior.build((None, 1, 3))
    ends = prior.sample({"z": tf.constant([[2.0**-24], [1 - 2.0**-24]])})
    np.testing.assert_array_equal(ends[:, 0], [[1, 0, 0], [0, 0, 1]])


def test_the_temperature_can_be_annealed_and_is_kept():
    posterior, parameters = built(RelaxedCategorical, temperature=1.0)
    noise = uniform(20, BATCH, LATENTS, CLASSES)
    soft, _ = posterior.sample(parameters, noise)
    posterior.temperature.assign(0.1)
    hard, _ = posterior.sample(parameters, noise)
    assert hard.numpy().max(-1).mean() > soft.numpy().max(-1).mean() + 0.1
    other = RelaxedCategorical.from_config(posterior.get_config())
    other.build((None, 6))
    assert float(other.temperature) == 1.0
    other.set_weights(posterior.get_weights())
    assert float(other.temperature) == pytest.approx(0.1)


def test_objectives_over_vectors_say_so():
    vae, _, x = linear_model(StraightThroughCategorical(2, 3), UniformCategorical())
    noise = tfvae.random.draw(vae.latents.noise(), (1, 2), (0, 0))
    trace = vae.trace(x, x, noise)
    with pytest.raises(ValueError, match="needs latents that are vectors"):
        DIP().loss(trace)
    with pytest.raises(ValueError, match="independent coordinates"):
        TotalCorrelation(10).loss(trace)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda kind: kind(0, 3), "`latent_size` must be a whole number"),
        (lambda kind: kind(3, 2.0), "`num_classes` must be a whole number"),
        (lambda kind: kind(3, 1), "`num_classes` must be at least 2"),
        (lambda kind: kind(3, 2, 0.0), "`temperature` must be a number above 0"),
        (lambda kind: kind(3, 2, "low"), "`temperature` must be a number above 0"),
        (lambda kind: UniformRelaxedCategorical(float("nan")), "`temperature` must be a number"),
        (lambda kind: UniformRelaxedCategorical(None), "`temperature` must be a number"),
        (lambda kind: UniformCategorical().build((None, 4)), "over codes of shape"),
    ],
)
@kinds
def test_arguments_that_mean_nothing(make, message, kind):
    with pytest.raises(ValueError, match=message):
        make(kind)


def test_densities_and_probabilities_are_not_compared():
    for posterior, prior in (
        (StraightThroughCategorical(2, 3), UniformRelaxedCategorical()),
        (StraightThroughCategorical(2, 3), StandardNormal()),
        (RelaxedCategorical(2, 3), UniformCategorical()),
    ):
        with pytest.raises(ValueError, match="is over the"):
            tfvae.latents.Flat(posterior, prior)


@pytest.mark.parametrize("prior", [UniformCategorical(), UniformRelaxedCategorical()])
def test_there_are_no_components_to_draw_from(prior):
    prior.build((None, 2, 3))
    noise = {"z": tf.zeros([1, *prior.noise()["z"].shape])}
    with pytest.raises(ValueError, match="has no components"):
        prior.sample(noise, component=tf.constant([0]))


def test_a_callback_anneals_what_is_trained_with():
    vae, _, x = linear_model(RelaxedCategorical(2, 3, 1.0), UniformRelaxedCategorical())
    temperature = vae.latents.posterior.temperature
    anneal = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: temperature.assign(0.5**epoch)
    )
    vae.compile(keras.optimizers.SGD(0.0))
    rates = vae.fit(np.tile(x, (8, 1)), epochs=4, callbacks=[anneal], verbose=0).history["rate"]
    assert float(temperature) == 0.125
    # With no step taken, only the temperature can move the rate.
    assert abs(rates[-1] - rates[0]) > 0.3
