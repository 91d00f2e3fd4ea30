"""The posterior that a flow makes: its density, its gradients, and what it is good for."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tests.flows.flows import jacobian
from tests.test_linear_gaussian import SIZE, assign, data, exact_model, noise_for, truth_for
from tfvae.families import Bernoulli, DiagonalNormal, FullNormal, Normal
from tfvae.flows import InverseAutoregressive, MaskedAutoregressive, Planar, RealNVP
from tfvae.objectives import ELBO, IWAE, PIWAE
from tfvae.posteriors import Flowed

FLOWS = {
    "RealNVP": lambda: RealNVP(2, (8,), 3, "tanh"),
    "InverseAutoregressive": lambda: InverseAutoregressive(2, (8,), 3, "tanh"),
    "MaskedAutoregressive": lambda: MaskedAutoregressive(2, (8,), 0, "tanh"),
}
BATCH, FEATURES = 4, 5
every = pytest.mark.parametrize(
    "make", [*FLOWS.values(), lambda: Planar(3)], ids=[*FLOWS, "Planar"]
)
invertible = pytest.mark.parametrize("make", FLOWS.values(), ids=FLOWS)


def randomise(part, seed=0):
    random = np.random.RandomState(seed)
    for weight in part.weights:
        weight.assign(0.6 * random.normal(size=weight.shape))


def random_posterior(flow, family=None, dtype="float64"):
    """A posterior far from its family, and the parameters that it makes of random features."""
    keras.config.set_dtype_policy(dtype)
    posterior = Flowed(family or DiagonalNormal(3), flow)
    posterior.build((None, FEATURES))
    randomise(posterior)
    features = np.random.RandomState(1).normal(size=(BATCH, FEATURES))
    return posterior, posterior(tf.constant(features, dtype))


def in_float64(make):
    keras.config.set_dtype_policy("float64")
    return make()


@every
@pytest.mark.parametrize("kind", [DiagonalNormal, FullNormal])
def test_log_q_is_the_density_of_the_noise_by_the_whole_jacobian(make, kind):
    flow = in_float64(make)
    posterior, parameters = random_posterior(flow, kind(3))
    noise = tf.constant(np.random.RandomState(2).normal(size=(BATCH, 3)))
    z, log_q = posterior.sample(parameters, {"z": noise})
    matrices = jacobian(lambda noise: posterior.sample(parameters, {"z": noise})[0], noise)
    normal = -0.5 * np.square(noise).sum(-1) - 1.5 * np.log(2 * np.pi)
    expected = normal - np.linalg.slogdet(matrices)[1]
    np.testing.assert_allclose(log_q, expected, rtol=1e-9)
    assert np.abs(z - posterior.family.reparametrise(parameters, {"z": noise})[0]).max() > 0.1


@invertible
def test_the_density_of_any_z_is_that_of_its_noise(make):
    posterior, parameters = random_posterior(in_float64(make))
    noise = {"z": tf.constant(np.random.RandomState(2).normal(size=(6, BATCH, 3)))}
    z, log_q = posterior.sample(parameters, noise)
    assert (z.shape, log_q.shape) == ((6, BATCH, 3), (6, BATCH))
    np.testing.assert_allclose(posterior.log_prob(parameters, z), log_q, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(posterior.log_prob(parameters, z[None])[0], log_q, rtol=1e-6)


@every
def test_its_distribution_has_draws_and_a_point(make):
    posterior, parameters = random_posterior(in_float64(make))
    distribution = posterior.distribution(parameters)
    assert (distribution.batch_shape, distribution.event_shape) == ((BATCH,), (3,))
    assert distribution.sample(7, seed=0).shape == (7, BATCH, 3)
    point, _ = posterior.sample(parameters, {"z": tf.zeros([BATCH, 3], tf.float64)})
    for found in (posterior.point(parameters), distribution.mean(), distribution.mode()):
        np.testing.assert_allclose(found, point, rtol=1e-12)


def test_a_planar_posterior_has_no_density_of_other_points():
    posterior, parameters = random_posterior(Planar(3), dtype="float32")
    z = tf.zeros([BATCH, 3])
    for density in (posterior.log_prob, posterior.detached_log_prob):
        with pytest.raises(ValueError, match="no inverse in closed form"):
            density(parameters, z)
    with pytest.raises(ValueError, match="`encode\\(x\\).log_prob\\(z\\)` need it"):
        posterior.distribution(parameters).log_prob(z)


def model(posterior, objective=None, likelihood=None):
    return tfvae.VAE(
        tfvae.encoders.MLP((8,), "tanh"),
        tfvae.decoders.MLP((8,), "tanh"),
        posterior=posterior,
        likelihood=likelihood or Bernoulli((6,)),
        objective=objective,
    )


@pytest.mark.parametrize(
    "objective", [ELBO(gradient="sticking_the_landing"), IWAE(3, "doubly_reparametrised"), PIWAE()]
)
def test_an_objective_that_needs_the_inverse_says_so_at_its_first_step(objective):
    vae = model(Flowed(DiagonalNormal(2), Planar(2)), objective)
    vae.compile("adam", run_eagerly=True)
    with pytest.raises(ValueError, match="sticking_the_landing.*need it at any z"):
        vae.fit(np.zeros([4, 6], "float32"), verbose=0)


def test_what_it_cannot_be_made_of():
    with pytest.raises(ValueError, match="`flow` must be a flow such as"):
        Flowed(DiagonalNormal(2), "iaf")
    with pytest.raises(ValueError, match="a family with a reparametrised sample"):
        Flowed(Bernoulli((2,)), RealNVP(2))
    with pytest.raises(ValueError, match="cannot feed the posterior.*one coordinate alone"):
        model(Flowed(DiagonalNormal(1), RealNVP(2)))


def gradients_of(tape, loss, part):
    weights = [weight.value for weight in part.trainable_weights]
    return tape.gradient(loss, weights, unconnected_gradients="zero")


@invertible
def test_the_gradient_that_sticks_the_landing_is_that_beside_a_frozen_copy(make):
    posterior = Flowed(FullNormal(3), make())
    vae = model(posterior, ELBO(gradient="sticking_the_landing"))
    randomise(vae)
    x = tf.constant(np.random.RandomState(3).randint(0, 2, (BATCH, 6)), tf.float32)
    noise = noise_for(vae, 1, BATCH)
    with tf.GradientTape() as tape:
        loss = vae.objective.loss(vae.trace(x, x, noise, training=True, gate=vae.objective.gate()))
    found = gradients_of(tape, loss, vae)

    # The same by brute force: the density comes from another model of equal weights, to which no
    # gradient is asked for.
    copy = type(vae).from_config(vae.get_config())
    copy.set_weights(vae.get_weights())
    constants = {name: tf.stop_gradient(v) for name, v in copy.infer_parameters(x).items()}
    with tf.GradientTape() as tape:
        trace = vae.trace(x, x, noise, training=True)
        log_q = copy.latents.posterior.log_prob(constants, trace.inference.z[0])
        loss = -(trace.log_likelihood + trace.inference.log_p[0] - log_q)[0, 0]
    expected = gradients_of(tape, loss, vae)
    largest = 0.0
    for weight, one, other in zip(vae.trainable_weights, found, expected, strict=True):
        scale = np.abs(other).max(initial=1e-3)
        np.testing.assert_allclose(one, other, atol=2e-4 * scale, err_msg=weight.path)
        largest = max(largest, float(np.abs(other).max()))
    assert largest > 0.01

    # It is another estimator than the usual one, which has a direct part as well.
    with tf.GradientTape() as tape:
        loss = ELBO().loss(vae.trace(x, x, noise, training=True))
    usual = gradients_of(tape, loss, vae)
    assert max(np.abs(a - b).max() for a, b in zip(usual, found, strict=True)) > 0.01


def test_both_estimators_have_one_mean():
    posterior = Flowed(DiagonalNormal(2), InverseAutoregressive(1, (4,), 0, "tanh"))
    vae = model(posterior)
    randomise(vae)
    count = 4000
    x = tf.tile(tf.constant([[0.0, 1.0, 1.0, 0.0, 1.0, 0.0]]), (count, 1))
    noise = noise_for(vae, 1, count)
    estimates = []
    for objective in (ELBO(), ELBO(gradient="sticking_the_landing")):
        with tf.GradientTape(persistent=True) as tape:
            trace = vae.trace(x, x, noise, training=True, gate=objective.gate())
            # Of sums over 20 lots, for the error of their mean.
            lots = tf.reshape(trace.distortion + trace.sampled_rate, (20, -1))
            losses = [tf.reduce_mean(lot) for lot in tf.unstack(lots)]
        weights = [weight.value for weight in posterior.flow.trainable_weights]
        rows = [tape.gradient(loss, weights, unconnected_gradients="zero") for loss in losses]
        estimates.append(np.stack([np.concatenate([np.ravel(g) for g in row]) for row in rows]))
    difference = estimates[0] - estimates[1]
    error = difference.std(axis=0) / np.sqrt(20) + 1e-6
    assert np.abs(difference.mean(axis=0) / error).max() < 6.0
    assert np.abs(difference).max() > 1e-3


def identity_flows():
    """Flows that are the identity, or made so; masked and coupling flows start there."""

    def open_gates(flow):
        for network in flow.networks:
            network.biases[-1].assign(np.repeat([0.0, 40.0], SIZE))

    return [
        (RealNVP(2, (4,)), lambda posterior: None),
        (MaskedAutoregressive(2, (4,)), lambda posterior: None),
        (InverseAutoregressive(2, (4,), 3), lambda posterior: open_gates(posterior.flow)),
        (Planar(2), lambda posterior: posterior.heads["push"].kernel.assign(
            tf.zeros_like(posterior.heads["push"].kernel))),
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(4), ids=["RealNVP", "MAF", "IAF", "Planar"])
def test_at_the_identity_every_bound_is_that_without_the_flow(number):
    flow, to_identity = identity_flows()[number]
    truth = truth_for(FullNormal)
    plain = exact_model(FullNormal, truth, widen=1.4, shift=0.2)
    vae = tfvae.VAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP(()),
        posterior=Flowed(FullNormal(SIZE), flow),
        likelihood=Normal((6,), "shared"),
    )
    to_identity(vae.latents.posterior)
    heads = vae.latents.posterior.family.projections
    for name, head in plain.latents.posterior.family.projections.items():
        assign(heads[name], head.dense.kernel, head.dense.bias)
    vae.likelihood.set_weights(plain.likelihood.get_weights())
    x = tf.constant(data(truth, 5), tf.float32)
    noise = noise_for(vae, 6, 5)
    ours, theirs = (one.trace(x, x, noise) for one in (vae, plain))
    np.testing.assert_allclose(ours.log_ratio, theirs.log_ratio, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(ours.sampled_rate, theirs.sampled_rate, rtol=1e-4, atol=1e-3)
    bounds = [-tfvae.objectives.IWAE(6).loss(trace).numpy() for trace in (ours, theirs)]
    np.testing.assert_allclose(*bounds, rtol=1e-4, atol=1e-3)


@keras.saving.register_keras_serializable("tests")
class Square(keras.layers.Layer):
    """x = z_1^2 + z_2^2: its posterior is a ring."""

    def call(self, inputs):
        return tf.reduce_sum(tf.square(inputs), axis=-1, keepdims=True)


def elbo_after_training(posterior):
    keras.utils.set_random_seed(0)
    likelihood = Normal((1,), 0.5)
    vae = tfvae.VAE(tfvae.encoders.MLP((16,)), Square(), posterior=posterior, likelihood=likelihood)
    assign(likelihood.projections["loc"], [[1.0]], [0.0])
    likelihood.trainable = False
    x = np.full([500 * 128, 1], 4.0, "float32")
    vae.compile(keras.optimizers.Adam(0.02), jit_compile=False)
    vae.fit(x, batch_size=128, verbose=0)
    return vae.elbo(x[:1], num_samples=5000)[0]


@pytest.mark.parametrize(
    "flow",
    [
        pytest.param(Planar(4), id="Planar"),
        pytest.param(InverseAutoregressive(3, (16,)), id="IAF", marks=pytest.mark.slow),
        pytest.param(RealNVP(4, (16,)), id="RealNVP", marks=pytest.mark.slow),
    ],
)
def test_a_flow_comes_closer_to_a_ring_than_a_gaussian(flow):
    gaussian = elbo_after_training(DiagonalNormal(2))
    flowed = elbo_after_training(Flowed(DiagonalNormal(2), flow))
    # log p(x) itself, by integration over the radius.
    radius = np.linspace(0, 6, 20_001)
    joint = radius * np.exp(-(radius**2) / 2) * np.exp(-2 * (4 - radius**2) ** 2)
    evidence = np.log(np.trapezoid(joint, radius) / np.sqrt(2 * np.pi * 0.25))
    assert gaussian < evidence - 0.3
    assert gaussian + 0.1 < flowed < evidence + 0.02
