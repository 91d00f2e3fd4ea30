"""The mixture posterior against SciPy, against quadrature, and against one Gaussian."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

import tfvae
from tests.objectives.test_gradients import gradients
from tests.test_linear_gaussian import PIXELS, SIZE, assign, data, raw_scale, truth_for
from tfvae.latents import Flat
from tfvae.objectives import DIP, ELBO, IWAE, MIWAE, MMD, PIWAE, Objective, TotalCorrelation
from tfvae.objectives.matching import maximum_mean_discrepancy
from tfvae.posteriors import MixtureOfGaussians
from tfvae.priors import StandardNormal
from tfvae.trace import Trace

BATCH, COMPONENTS, LATENTS = 3, 4, 2


def parameters_of(posterior, batch=BATCH, seed=0):
    features = np.random.RandomState(seed).normal(size=(batch, 6))
    return posterior(tf.constant(features, posterior.density_dtype))


def noise_of(samples, batch=BATCH, components=COMPONENTS, size=LATENTS):
    random = np.random.RandomState(1)
    return {
        "z": tf.constant(random.normal(size=(samples, batch, components, size)), "float32"),
        "component": tf.constant(random.uniform(size=(samples, batch)), "float32"),
    }


def densities(parameters, z, b):
    """log w_k + log N_k of z `[..., D]` under example b, `[..., K]`, by SciPy."""
    log_weights, loc, scale = (
        parameters[name].numpy()[b].astype(np.float64) for name in parameters
    )
    return log_weights + stats.norm.logpdf(z[..., None, :], loc, scale).sum(axis=-1)


def test_the_density_is_that_of_the_mixture():
    posterior = MixtureOfGaussians(LATENTS, COMPONENTS)
    parameters = parameters_of(posterior)
    z, log_q, log_w = posterior.strata(parameters, noise_of(5))
    assert z.shape == (COMPONENTS, 5, BATCH, LATENTS)
    assert (log_q.shape, log_w.shape) == ((COMPONENTS, 5, BATCH), (COMPONENTS, 1, BATCH))
    np.testing.assert_allclose(tf.reduce_sum(tf.exp(log_w), axis=0), np.ones([1, BATCH]), rtol=1e-6)
    q = posterior.distribution(parameters)
    np.testing.assert_allclose(log_q, q.log_prob(z), rtol=1e-5, atol=1e-5)
    own = posterior.log_prob_of_strata(parameters, z)
    for b in range(BATCH):
        joint = densities(parameters, z.numpy()[:, :, b], b)
        np.testing.assert_allclose(log_q[:, :, b], special.logsumexp(joint, axis=-1), atol=2e-5)
        for k in range(COMPONENTS):
            expected = joint[k, :, k] - log_w.numpy()[k, :, b]
            np.testing.assert_allclose(own[k, :, b], expected, atol=2e-5)


def test_a_draw_chooses_its_component_by_the_weights():
    posterior, count = MixtureOfGaussians(1, COMPONENTS), 50_000
    parameters = {
        "log_weights": tf.math.log([[0.1, 0.2, 0.3, 0.4]]),
        "loc": tf.constant([[[0.0], [10.0], [20.0], [30.0]]]),
        "scale": tf.fill([1, COMPONENTS, 1], 0.01),
    }
    z, log_q = posterior.sample(parameters, noise_of(count, 1, COMPONENTS, 1))
    assert (z.shape, log_q.shape) == ((count, 1, 1), (count, 1))
    shares = np.bincount(np.rint(z.numpy().ravel() / 10).astype(int)) / count
    np.testing.assert_allclose(shares, [0.1, 0.2, 0.3, 0.4], atol=5 * 0.5 / np.sqrt(count))
    np.testing.assert_allclose(log_q, posterior.distribution(parameters).log_prob(z), atol=1e-3)


def test_a_reconstruction_is_of_one_draw():
    vae = two_component_model(truth_for(tfvae.families.DiagonalNormal), offset=3.0)
    x = tf.zeros([400, PIXELS])
    noise = {"z": tf.zeros([400, 2, SIZE]), "component": (tf.range(400.0) + 0.5) / 400.0}
    images = vae.reconstruct_from(x, noise).numpy()
    found, counts = np.unique(images.round(3), axis=0, return_counts=True)
    assert len(found) == 2
    weights = vae.encode(x[:1]).mixture_distribution.probs_parameter().numpy()[0]
    np.testing.assert_allclose(sorted(counts / 400), sorted(weights), atol=0.01)


def test_the_distribution_has_the_moments_and_the_point_of_the_mixture():
    posterior = MixtureOfGaussians(LATENTS, COMPONENTS)
    parameters = parameters_of(posterior)
    q = posterior.distribution(parameters)
    assert (q.batch_shape, q.event_shape) == ((BATCH,), (LATENTS,))
    weights, loc, scale = (np.asarray(value, np.float64) for value in parameters.values())
    weights = np.exp(weights)
    mean = np.einsum("bk,bkd->bd", weights, loc)
    second = np.einsum("bk,bkd,bke->bde", weights, loc, loc)
    second += np.einsum("bk,bkd,de->bde", weights, scale**2, np.eye(LATENTS))
    np.testing.assert_allclose(q.mean(), mean, rtol=1e-4, atol=1e-5)
    covariance = second - mean[:, :, None] * mean[:, None]
    np.testing.assert_allclose(q.covariance(), covariance, rtol=1e-4, atol=1e-5)
    likeliest = loc[range(BATCH), weights.argmax(axis=1)]
    np.testing.assert_allclose(q.mode(), likeliest, rtol=1e-6)
    np.testing.assert_allclose(posterior.point(parameters), likeliest, rtol=1e-6)
    np.testing.assert_allclose(q.copy().log_prob(mean), q.log_prob(mean))
    np.testing.assert_allclose(q[:2].log_prob(mean[:2]), q.log_prob(mean)[:2], rtol=1e-5)


def test_one_component_is_one_gaussian():
    one, gaussian = MixtureOfGaussians(LATENTS, 1), tfvae.families.DiagonalNormal(LATENTS)
    parameters = parameters_of(one)
    same = {name: parameters[name][:, 0] for name in ("loc", "scale")}
    noise = noise_of(5, components=1)
    z, log_q, log_w = one.strata(parameters, noise)
    expected = gaussian.reparametrise(same, {"z": noise["z"][:, :, 0]})
    np.testing.assert_allclose(z[0], expected[0], rtol=1e-6)
    np.testing.assert_allclose(log_q[0], expected[1], rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(log_w, np.zeros([1, 1, BATCH]))


# Of a mixture of two in one dimension, whose bounds can be integrated.
LOGITS, LOC, RAW_SCALE = [0.3, -0.4], [-0.7, 1.1], [-0.5, 0.4]


def log_likelihood(z):
    """Of some model with two modes; z `[..., 1]`."""
    return tf.reduce_logsumexp(-tf.square((z - [-1.5, 1.0]) / [0.8, 1.2]), axis=-1)


def by_quadrature(objective: Objective, dimensions: int):
    """Returns the expected loss over the noise, and its gradient with respect to the heads.

    Each example of a batch has one node of a Gauss-Hermite rule as its noise. The integral is over
    one dimension, where the loss is a sum over components, or over both.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights /= weights.sum()
    if dimensions == 1:
        noise = np.stack([nodes, nodes], axis=-1)
    else:
        noise = np.array(list(itertools.product(nodes, nodes)))
        weights = np.outer(weights, weights).ravel()
    noise = {"z": tf.constant(noise[None, :, :, None])}
    latents = Flat(
        MixtureOfGaussians(1, 2, dtype="float64"), StandardNormal(dtype="float64"), dtype="float64"
    )
    latents.prior.build((None, 1))
    raw = {"logits": [LOGITS], "loc": [np.reshape(LOC, (2, 1))]}
    raw = {name: tf.constant(value, "float64") for name, value in raw.items()}
    raw["scale"] = tf.constant([np.reshape(RAW_SCALE, (2, 1))], "float64")
    with tf.GradientTape() as tape:
        tape.watch(raw)
        parameters = latents.posterior.parameters(raw)
        count = len(weights)
        parameters = {key: tf.repeat(value, count, axis=0) for key, value in parameters.items()}
        inference = latents.infer(parameters, noise, objective.gate())
        trace = Trace(inference, {}, log_likelihood(inference.z), step=0)
        loss = tf.reduce_sum(weights * objective.loss(trace))
    found = tape.gradient(loss, raw)
    return float(loss), np.concatenate([found[key].numpy().ravel() for key in sorted(found)])


def elbo_by_grid(flat):
    """The ELBO as one sum over a fine grid of z: no sample, no strata."""
    logits, loc, raw = np.split(np.asarray(flat), 3)
    scale = np.log1p(np.exp(raw + np.log(np.e - 1))) + 1e-6
    z = np.linspace(-15, 15, 200_001)
    joint = special.log_softmax(logits) + stats.norm.logpdf(z[:, None], loc, scale)
    log_q = special.logsumexp(joint, axis=1)
    squares = ((z[:, None] - [-1.5, 1.0]) / [0.8, 1.2]) ** 2
    log_p = stats.norm.logpdf(z) + special.logsumexp(-squares, axis=1)
    return np.trapezoid(np.exp(log_q) * (log_p - log_q), z)


@pytest.mark.parametrize("gradient", ["reparametrised", "sticking_the_landing"])
def test_the_elbo_and_its_gradient_are_those_of_the_integral(gradient):
    loss, found = by_quadrature(ELBO(gradient=gradient), 1)
    start, step = np.array([*LOGITS, *LOC, *RAW_SCALE]), 1e-4
    assert -loss == pytest.approx(elbo_by_grid(start), rel=3e-5)
    slopes = [
        (elbo_by_grid(start + step * unit) - elbo_by_grid(start - step * unit)) / (2 * step)
        for unit in np.eye(6)
    ]
    # In the order of the heads' names: loc, logits, scale.
    expected = -np.array(slopes)[[2, 3, 0, 1, 4, 5]]
    assert np.abs(expected).min() > 0.01
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_the_importance_bound_is_the_integral_over_a_draw_from_each_component():
    loss, found = by_quadrature(IWAE(1), 2)
    scale = np.log1p(np.exp(np.array(RAW_SCALE) + np.log(np.e - 1))) + 1e-6
    z = np.linspace(-12, 12, 1501)
    joint = special.log_softmax(LOGITS) + stats.norm.logpdf(z[:, None], LOC, scale)
    squares = ((z[:, None] - [-1.5, 1.0]) / [0.8, 1.2]) ** 2
    log_ratio = stats.norm.logpdf(z) + special.logsumexp(-squares, axis=1)
    log_ratio -= special.logsumexp(joint, axis=1)
    terms = special.log_softmax(LOGITS) + log_ratio[:, None]
    bound = np.logaddexp(terms[:, 0][:, None], terms[:, 1][None])
    first, second = np.exp(stats.norm.logpdf(z[:, None], LOC, scale)).T
    expected = np.einsum("i,j,ij->", first, second, bound) * (z[1] - z[0]) ** 2
    assert -loss == pytest.approx(expected, rel=1e-6)
    assert -loss > elbo_by_grid([*LOGITS, *LOC, *RAW_SCALE]) + 1e-3
    assert np.abs(found).min() > 1e-4


@pytest.mark.parametrize("objective", [IWAE(1), PIWAE(1, 1)])
def test_estimators_of_the_bounds_gradient_agree_by_quadrature(objective):
    _, expected = by_quadrature(IWAE(1), 2)
    if isinstance(objective, IWAE):
        objective = IWAE(1, "doubly_reparametrised")
    _, found = by_quadrature(objective, 2)
    np.testing.assert_allclose(found, expected, atol=3e-5)
    # The weights' own densities left out, it would be another gradient.
    _, biased = by_quadrature(IWAE(1, "sticking_the_landing"), 2)
    assert np.abs(biased - expected).max() > 1e-3


def two_component_model(truth, offset=0.0, objective=None):
    """The linear Gaussian model; both components the exact posterior, or `offset` scales away."""
    vae = tfvae.VAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP(()),
        posterior=MixtureOfGaussians(SIZE, 2),
        likelihood=tfvae.families.Normal((PIXELS,), "shared"),
        objective=objective,
    )
    assign(vae.likelihood.projections["loc"], truth.loadings.T, truth.loc)
    vae.likelihood.log_scale.assign(np.log(truth.scale))
    heads = vae.latents.posterior.projections
    scale = np.sqrt(np.diag(truth.covariance))
    loc = -truth.loc @ truth.regression
    away = np.concatenate([loc - offset * scale, loc + offset * scale])
    assign(heads["loc"], np.tile(truth.regression, (1, 2)), away)
    assign(heads["scale"], np.zeros([PIXELS, 2 * SIZE]), np.tile(raw_scale(scale), 2))
    heads["logits"].dense.bias.assign([0.5, -0.5])
    return vae


def test_no_noise_is_left_at_the_exact_posterior():
    truth = truth_for(tfvae.families.DiagonalNormal)
    vae, x = two_component_model(truth), data(truth, 5)
    expected = truth.evidence.logpdf(x)
    np.testing.assert_allclose(vae.log_likelihood(x, num_samples=3), expected, rtol=1e-4)
    np.testing.assert_allclose(vae.elbo(x), expected, rtol=1e-4)
    encoder, _ = gradients(vae, ELBO(gradient="sticking_the_landing"), x)
    np.testing.assert_allclose(encoder, 0.0, atol=2e-4)


def test_the_likelihood_is_right_whatever_the_posterior():
    truth = truth_for(tfvae.families.DiagonalNormal)
    vae, x = two_component_model(truth, offset=1.0), data(truth, 5)
    found = vae.log_likelihood(x, num_samples=4000)
    np.testing.assert_allclose(found, truth.evidence.logpdf(x), atol=0.05)
    assert (vae.elbo(x, num_samples=1000) < found - 0.1).all()


def test_piwae_trains_encoder_and_weights_as_miwae_and_the_decoder_as_iwae():
    truth = truth_for(tfvae.families.DiagonalNormal)
    vae, x = two_component_model(truth, offset=1.5), data(truth, 4)
    encoder, decoder = gradients(vae, PIWAE(3, 4), x)
    as_miwae, not_decoder = gradients(vae, MIWAE(3, 4), x)
    not_encoder, as_iwae = gradients(vae, IWAE(12), x)
    np.testing.assert_allclose(encoder, as_miwae, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(decoder, as_iwae, rtol=1e-4, atol=1e-4)
    # A hundred times what passes for equal, and a tenth of what differs.
    assert np.abs(encoder - not_encoder).max() > 0.01
    assert np.abs(decoder - not_decoder).max() > 0.01


def test_the_discrepancy_weighs_the_points_of_an_example():
    random = np.random.RandomState(0)
    a, b = random.normal(size=(2, 4, 3)), random.normal(size=(4, 3))
    weights = random.dirichlet([1.0, 1.0], size=4).T

    def kernel(one, other):
        return np.exp(-((one - other) ** 2).sum() / 3)

    expected = np.mean(
        [
            kernel(b[i], b[j])
            + sum(
                weights[k, i] * weights[m, j] * kernel(a[k, i], a[m, j])
                for k, m in itertools.product(range(2), repeat=2)
            )
            - sum(2 * weights[k, i] * kernel(a[k, i], b[j]) for k in range(2))
            for i, j in itertools.permutations(range(4), 2)
        ]
    )
    found = maximum_mean_discrepancy(tf.constant(a), tf.constant(b), "gaussian", weights)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def trace_of(vae, x, objective):
    noise = tfvae.random.draw(vae.latents.noise(), (objective.num_samples, len(x)), (0, 0))
    x = tf.constant(x, "float32")
    return vae.trace(x, x, noise | {"prior/z": tf.zeros([1, len(x), SIZE])})


def test_objectives_of_the_aggregated_posterior_take_it_or_say_no():
    truth = truth_for(tfvae.families.DiagonalNormal)
    vae, x = two_component_model(truth, offset=1.0), data(truth, 6)
    trace = trace_of(vae, x, MMD())
    weights = np.exp(trace.inference.log_w[:, 0])
    z, prior_sample = trace.inference.z[:, 0], trace.prior_sample
    expected = maximum_mean_discrepancy(z, prior_sample, "gaussian", weights)
    loss = MMD(2.0, kernel="gaussian").loss(trace)
    np.testing.assert_allclose(loss - trace.distortion, np.full(6, 2.0 * expected), rtol=1e-3)
    q = trace.inference.posteriors[0]
    covariance = np.cov(q.mean().numpy().T, bias=True) + q.covariance().numpy().mean(axis=0)
    far = covariance - np.eye(SIZE)
    loss = DIP(1.0, kind=2).loss(trace)
    np.testing.assert_allclose(loss + trace.elbo, np.full(6, (far**2).sum()), rtol=1e-3)
    with pytest.raises(ValueError, match="independent coordinates"):
        TotalCorrelation(100).loss(trace)


def test_the_use_of_a_mixture_prior_is_weighed_too():
    vae = tfvae.VAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP(()),
        posterior=MixtureOfGaussians(1, 2),
        prior=tfvae.priors.MixtureOfGaussians(2),
        likelihood=tfvae.families.Normal((1,), 1.0),
    )
    vae.prior.loc.assign([[-50.0], [50.0]])
    heads = vae.latents.posterior.projections
    assign(heads["loc"], np.zeros([1, 2]), [-50.0, 50.0])
    assign(heads["logits"], np.zeros([1, 2]), np.log([0.2, 0.8]))
    vae.compile("adam")
    found = vae.evaluate(np.zeros([4, 1]), verbose=0, return_dict=True)
    entropy = stats.entropy([0.2, 0.8])
    assert found["effective_components"] == pytest.approx(np.exp(entropy), rel=1e-4)


@pytest.mark.parametrize("arguments", [(0,), (2.5,), (2, 0), (2, "3")])
def test_arguments_that_mean_nothing(arguments):
    with pytest.raises(ValueError, match="must be a whole number of at least 1"):
        MixtureOfGaussians(*arguments)
