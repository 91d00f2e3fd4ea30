"""The rate taken apart, against SciPy, against quadrature, and on the linear Gaussian model."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

import tfvae
from tests.evaluate.told import diagonal_model, gaussians, told_model
from tests.latents import coded
from tests.priors.mixtures import random_mixture, reference_of
from tests.test_linear_gaussian import Truth, data, exact_model, truth_for
from tfvae import evaluate
from tfvae.evaluate.latents.decomposition import BLOCK, _draw, _log_densities

NAMES = ("rate", "mutual_information", "marginal_kl", "total_correlation", "dimension_wise_kl")
# More than one block of pairs, and the last one not full.
COUNT = BLOCK + 44
SEEDS = range(8)


def densities_of(vae, x):
    """A draw of z for each example, their log-densities as computed, and q's parameters."""
    parameters = vae._over(vae._encode, x, 128)
    z = _draw(vae, parameters, len(x), tf.constant([3, 0]))
    arrays = {name: value.numpy().astype("float64") for name, value in parameters.items()}
    found = _log_densities(vae.latents, parameters, z)
    return found, z.numpy().astype("float64"), arrays


def assert_they_follow_from(pairs, found, tolerance=1e-5):
    """`pairs` are log q(z_i given x_j), `[N, N]`, by another way."""
    expected = special.logsumexp(pairs, axis=1) - np.log(len(pairs))
    np.testing.assert_allclose(found.own, np.diag(pairs), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(found.aggregated, expected, rtol=tolerance, atol=tolerance)


def test_densities_of_diagonal_gaussians_are_scipys():
    random = np.random.RandomState(0)
    loc, scale = random.normal(size=(COUNT, 3)), random.uniform(0.1, 1.0, size=(COUNT, 3))
    prior = random_mixture(4, 3, "full")
    found, z, q = densities_of(diagonal_model(3, prior), gaussians(loc, scale))
    each = stats.norm.logpdf(z[:, None], q["loc"], q["scale"])  # [N, N, D]
    assert_they_follow_from(each.sum(-1), found)
    product = (special.logsumexp(each, axis=1) - np.log(COUNT)).sum(-1)
    np.testing.assert_allclose(found.product, product, rtol=1e-5)
    np.testing.assert_allclose(found.prior, reference_of(prior).log_prob(z), rtol=1e-4)


def test_densities_of_full_gaussians_are_scipys():
    x = np.random.RandomState(0).normal(size=(COUNT, 5)).astype("float32")
    found, z, q = densities_of(told_model(tfvae.families.FullNormal(2), 5), x)
    scale_tril = q["scale_tril"]
    normals = [
        stats.multivariate_normal(loc, factor @ factor.T)
        for loc, factor in zip(q["loc"], scale_tril, strict=True)
    ]
    assert_they_follow_from(np.stack([normal.logpdf(z) for normal in normals], axis=1), found)
    each = stats.norm.logpdf(z[:, None], q["loc"], np.linalg.norm(scale_tril, axis=2))
    product = (special.logsumexp(each, axis=1) - np.log(COUNT)).sum(-1)
    np.testing.assert_allclose(found.product, product, rtol=1e-5)


def test_densities_of_mixtures_are_scipys():
    x = np.random.RandomState(0).normal(size=(COUNT, 10)).astype("float32")
    posterior = tfvae.posteriors.MixtureOfGaussians(2, num_components=2)
    found, z, q = densities_of(told_model(posterior, 10), x)
    each = stats.norm.logpdf(z[:, None, None], q["loc"], q["scale"])  # [N, N, K, D]
    joint = q["log_weights"] + each.sum(-1)
    assert_they_follow_from(special.logsumexp(joint, axis=-1), found)
    by_unit = special.logsumexp(q["log_weights"][..., None] + each, axis=2)
    product = (special.logsumexp(by_unit, axis=1) - np.log(COUNT)).sum(-1)
    np.testing.assert_allclose(found.product, product, rtol=1e-5)


def test_densities_on_the_sphere_are_scipys():
    x = np.random.RandomState(0).normal(size=(COUNT, 4)).astype("float32")
    vae = tfvae.models.SphericalVAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP(()),
        tfvae.families.VonMisesFisher(3),
        tfvae.families.Normal((4,), 1.0),
    )
    found, z, q = densities_of(vae, x)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    directions = zip(q["mean_direction"], q["concentration"], strict=True)
    each = [stats.vonmises_fisher(m / np.linalg.norm(m), k).logpdf(z) for m, k in directions]
    assert_they_follow_from(np.stack(each, axis=1), found, 1e-4)
    assert found.product is None
    np.testing.assert_allclose(found.prior, -np.log(4 * np.pi), rtol=1e-5)


def test_narrow_posteriors_far_from_zero_keep_their_digits():
    """In single precision the products alone would be off by whole nats."""
    random = np.random.RandomState(0)
    loc, scale = 20 + random.normal(size=(COUNT, 2)), random.uniform(1e-3, 2e-3, size=(COUNT, 2))
    found, z, q = densities_of(diagonal_model(2), gaussians(loc, scale))
    pairs = stats.norm.logpdf(z[:, None], q["loc"], q["scale"]).sum(-1)
    assert_they_follow_from(pairs, found, 1e-4)


# Five posteriors of one number, each of many examples alike.
FIVE_LOCS, FIVE_SCALES = np.array([-2.0, -0.5, 0.0, 0.7, 2.5]), np.array([0.3, 0.6, 1.0, 0.2, 0.8])
ALIKE = 100


def five():
    return gaussians(np.repeat(FIVE_LOCS, ALIKE)[:, None], np.repeat(FIVE_SCALES, ALIKE)[:, None])


def five_by_quadrature(prior):
    """The rate, the mutual information and the marginal divergence, by integrals over z."""
    grid = np.linspace(-12, 12, 20_001)[:, None]
    each = stats.norm.logpdf(grid, FIVE_LOCS, FIVE_SCALES)
    log_q, log_p = special.logsumexp(each, axis=1) - np.log(5), prior(grid[:, 0])
    step = grid[1, 0] - grid[0, 0]
    rate = (np.exp(each) * (each - log_p[:, None])).sum() * step / 5
    marginal_kl = (np.exp(log_q) * (log_q - log_p)).sum() * step
    return {"rate": rate, "mutual_information": rate - marginal_kl, "marginal_kl": marginal_kl}


@pytest.mark.parametrize("prior", ["normal", "mixture"])
def test_estimates_are_without_bias_for_the_examples_given(prior):
    mixture = random_mixture(3, 1, "diagonal")
    vae = diagonal_model(1, mixture if prior == "mixture" else None)
    log_p = stats.norm.logpdf
    if prior == "mixture":
        log_p = lambda z: reference_of(mixture).log_prob(z[:, None])  # noqa: E731
    found = [evaluate.rate_decomposition(vae, five(), seed=seed) for seed in SEEDS]
    for name, expected in five_by_quadrature(log_p).items():
        values = np.array([each[name] for each in found])
        error = values.std(ddof=1) / np.sqrt(len(values))
        assert abs(values.mean() - expected) < 5 * error, name
        # What is said of the error covers the choice of the examples as well.
        assert values.std(ddof=1) < 1.5 * np.mean(
            [each[f"{name}_standard_error"] for each in found]
        )


def test_more_samples_lower_the_error():
    vae, x = diagonal_model(1), five()[::20]

    def spread(count):
        found = [evaluate.rate_decomposition(vae, x, count, seed)["rate"] for seed in SEEDS]
        return np.std(found)

    assert spread(9) < 0.7 * spread(1)


def weaker_truth(kind):
    """Of data that say little of z, so that a thousand examples tell how little."""
    truth = truth_for(kind)
    return Truth(truth.loadings / 3, truth.loc, truth.scale)


def test_of_exact_posteriors_all_of_the_rate_is_mutual_information():
    """Data of the model make q(z) the prior; I(x; z) is half the log-determinant ratio."""
    kind = tfvae.families.FullNormal
    truth = weaker_truth(kind)
    vae, count = exact_model(kind, truth), 1000
    expected = -0.5 * np.linalg.slogdet(truth.covariance)[1]
    assert 1.0 < expected < 0.4 * np.log(count)
    found = [
        evaluate.rate_decomposition(vae, data(truth, count, seed), seed=seed) for seed in SEEDS
    ]
    for name in ("rate", "mutual_information"):
        values = np.array([each[name] for each in found])
        error = values.std(ddof=1) / np.sqrt(len(values))
        assert abs(values.mean() - expected) < 5 * error, name
        said = np.mean([each[f"{name}_standard_error"] for each in found])
        assert 0.4 < values.std(ddof=1) / said < 2.0
    assert abs(np.mean([each["marginal_kl"] for each in found])) < 0.02


def test_the_marginal_divergence_is_what_a_wrong_posterior_has():
    """With the exact posterior moved by a, q(z) is N(a, I) for data of the model."""
    kind, shift = tfvae.families.FullNormal, 0.8
    truth = weaker_truth(kind)
    vae = exact_model(kind, truth, shift=shift)
    found = evaluate.rate_decomposition(vae, data(truth, 2000))
    error = found["marginal_kl_standard_error"]
    assert found["marginal_kl"] == pytest.approx(shift**2, abs=4 * error + 0.02)
    assert error < 0.05


def test_examples_that_are_told_apart_have_all_the_information_that_there_is():
    loc = 10.0 * np.arange(COUNT)[:, None]
    found = evaluate.rate_decomposition(diagonal_model(1), gaussians(loc, 0.5))
    assert found["largest_mutual_information"] == pytest.approx(np.log(COUNT))
    assert found["mutual_information"] == pytest.approx(np.log(COUNT), abs=1e-9)
    assert found["mutual_information"] <= found["largest_mutual_information"]


def test_examples_alike_have_no_information_and_a_known_total_correlation():
    """q(z) is one correlated Gaussian: no estimate of it is left but the mean over draws."""
    vae = told_model(tfvae.families.FullNormal(2), 5)
    head = vae.latents.posterior.family.projections
    head["loc"].dense.bias.assign([0.5, -0.3])
    head["off_diagonal"].dense.bias.assign([1.5])
    x = np.zeros([2000, 5], "float32")
    covariance = vae.encode(x[:1]).covariance()[0].numpy().astype("float64")
    found = evaluate.rate_decomposition(vae, x)
    correlation = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    loc = np.array([0.5, -0.3])
    expected = {
        "mutual_information": 0.0,
        "total_correlation": -0.5 * np.log(1 - correlation**2),
        "dimension_wise_kl": 0.5
        * (np.diag(covariance) + loc**2 - 1 - np.log(np.diag(covariance))).sum(),
    }
    assert expected["total_correlation"] > 0.5
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=4 * found[f"{name}_standard_error"] + 1e-6)


def test_total_correlation_of_a_correlated_cloud():
    """Means from N(0, S - s^2 I) and scales s make q(z) the Gaussian N(0, S)."""
    rho, scale, count = 0.9, 0.3, 700
    spread = np.array([[1.0, rho], [rho, 1.0]]) - scale**2 * np.eye(2)
    vae, found = diagonal_model(2), []
    for seed in SEEDS:
        loc = np.random.RandomState(seed).multivariate_normal([0, 0], spread, size=count)
        found.append(evaluate.rate_decomposition(vae, gaussians(loc, scale), seed=seed))
    values = np.array([each["total_correlation"] for each in found])
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert values.mean() == pytest.approx(-0.5 * np.log(1 - rho**2), abs=4 * error + 0.01)
    said = np.mean([each["total_correlation_standard_error"] for each in found])
    assert 0.4 < values.std(ddof=1) / said < 2.0
    assert np.mean([each["dimension_wise_kl"] for each in found]) == pytest.approx(0.0, abs=0.02)


def test_the_parts_sum_up():
    random = np.random.RandomState(0)
    x = gaussians(random.normal(size=(50, 2)), random.uniform(0.1, 2, size=(50, 2)))
    found = evaluate.rate_decomposition(diagonal_model(2), x, num_samples=3, seed=5)
    rate, information, marginal_kl, total_correlation, dimension_wise_kl = (
        found[name] for name in NAMES
    )
    assert rate == pytest.approx(information + marginal_kl, abs=1e-9)
    assert marginal_kl == pytest.approx(total_correlation + dimension_wise_kl, abs=1e-9)
    assert (found["num_samples"], found["num_examples"], found["seed"]) == (3, 50, 5)
    again = evaluate.rate_decomposition(diagonal_model(2), x, num_samples=3, seed=5)
    assert again == found
    assert evaluate.rate_decomposition(diagonal_model(2), x, 3, seed=6)["rate"] != rate


def test_only_a_prior_that_factorises_has_divergences_by_dimension():
    vae = diagonal_model(2, tfvae.priors.MixtureOfGaussians(2))
    found = evaluate.rate_decomposition(vae, gaussians(np.zeros([5, 2]), 1.0))
    assert found["total_correlation"] is not None
    assert found["dimension_wise_kl"] is None
    assert found["dimension_wise_kl_standard_error"] is None


def test_what_has_no_such_densities_is_refused():
    vae, x = diagonal_model(2), gaussians(np.zeros([3, 2]), 1.0)
    with pytest.raises(ValueError, match="`num_samples` must be a whole number"):
        evaluate.rate_decomposition(vae, x, num_samples=0)
    with pytest.raises(ValueError, match="seed must be an integer"):
        evaluate.rate_decomposition(vae, x, seed=0.5)
    with pytest.raises(ValueError, match="latents are of kind Quantised"):
        evaluate.rate_decomposition(coded.make(), coded.X)
