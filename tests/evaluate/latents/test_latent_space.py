"""Units and components in use: posteriors made by hand, and counts."""

import numpy as np
import pytest

import tfvae
from tests.evaluate.told import diagonal_model, gaussians
from tests.latents import coded
from tests.test_linear_gaussian import data, exact_model, truth_for
from tfvae import evaluate
from tfvae.latents import Quantised
from tfvae.quantisers import FiniteScalars

COUNT = 200


def spread(variance, seed=0):
    """Numbers of exactly this variance."""
    values = np.random.RandomState(seed).normal(size=COUNT)
    return np.sqrt(variance) * (values - values.mean()) / values.std()


def test_units_are_active_by_the_variance_of_their_means():
    variances = [0.0, 0.008, 0.012, 2.0]
    loc = np.stack([spread(variance, seed) for seed, variance in enumerate(variances)], axis=1)
    vae, x = diagonal_model(4), gaussians(loc, 3.0)
    found = evaluate.active_units(vae, x, batch_size=64)
    np.testing.assert_allclose(found.variance, variances, rtol=1e-4, atol=1e-6)
    assert found.active.tolist() == [False, False, True, True]
    assert found.count == 2
    assert evaluate.active_units(vae, x, threshold=0.005).count == 3


def test_active_units_of_the_linear_model_have_one_less_the_posteriors_variance():
    """Var_x E[z|x] = Var z - E_x Var[z|x], which is I less the exact posterior's covariance."""
    truth = truth_for(tfvae.families.FullNormal)
    vae = exact_model(tfvae.families.FullNormal, truth)
    found = evaluate.active_units(vae, data(truth, 20_000))
    expected = 1 - np.diag(truth.covariance)
    # The relative error of a variance from N examples is sqrt(2 / N).
    np.testing.assert_allclose(found.variance, expected, rtol=5 * np.sqrt(2 / 20_000))


def test_rates_of_units_sum_to_the_rate():
    random = np.random.RandomState(1)
    loc, scale = random.normal(size=(30, 3)), random.uniform(0.1, 2.0, size=(30, 3))
    vae, x = diagonal_model(3), gaussians(loc, scale)
    found = evaluate.rate_by_unit(vae, x, batch_size=7)
    expected = 0.5 * (scale**2 + loc**2 - 1) - np.log(scale)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    rate = evaluate.evidence(vae, x, num_samples=1)["rate"]
    assert found.sum(axis=1).mean() == pytest.approx(rate, rel=1e-4)


def test_units_collapse_where_they_say_nothing_of_almost_all_examples():
    loc = np.zeros([COUNT, 4])
    loc[:1, 1] = loc[:3, 2] = loc[:, 3] = 1.0  # half a nat for 0, 1, 3 and all examples
    vae, x = diagonal_model(4), gaussians(loc, 1.0)
    found = evaluate.posterior_collapse(vae, x)
    np.testing.assert_allclose(found.share, [1.0, 199 / 200, 197 / 200, 0.0])
    assert found.collapsed.tolist() == [True, True, False, False]
    np.testing.assert_allclose(found.rate, np.array([0, 1, 3, 200]) / 400, atol=1e-5)
    assert found.count == 2
    assert evaluate.posterior_collapse(vae, x, delta=0.02).count == 3
    assert evaluate.posterior_collapse(vae, x, epsilon=0.6).count == 4


def test_a_unit_that_equals_its_share_of_a_mixture_has_collapsed():
    """Along the second coordinate all components of the prior are alike."""
    prior = tfvae.priors.MixtureOfGaussians(2)
    vae = diagonal_model(2, prior)
    prior.loc.assign([[-4.0, 1.0], [4.0, 1.0]])
    loc = np.stack([np.where(np.arange(COUNT) % 2, -4.0, 4.0), np.ones(COUNT)], axis=1)
    found = evaluate.posterior_collapse(vae, gaussians(loc, 1.0))
    assert found.collapsed.tolist() == [False, True]
    # One of two equal clusters far apart: log 2.
    assert found.rate[0] == pytest.approx(np.log(2), abs=1e-3)


def test_usage_is_the_mean_responsibility():
    prior = tfvae.priors.MixtureOfGaussians(4)
    vae = diagonal_model(1, prior)
    prior.loc.assign([[-30.0], [-10.0], [10.0], [30.0]])
    loc = np.array([-30.0] * 140 + [10.0] * 58 + [30.0] * 2)[:, None]
    found = evaluate.component_usage(vae, gaussians(loc, 1.0), batch_size=33)
    shares = np.array([0.7, 0.29, 0.01])
    np.testing.assert_allclose(found.shares, [0.7, 0.0, 0.29, 0.01], atol=1e-6)
    assert found.entropy == pytest.approx(-(shares * np.log(shares)).sum(), abs=1e-5)
    assert found.effective == pytest.approx(np.exp(found.entropy))
    # The last holds 0.01, below a tenth of a quarter.
    assert found.count == 2


@pytest.mark.parametrize("quantiser", [None, FiniteScalars((3, 2))], ids=["codebook", "scalars"])
def test_usage_of_codes_counts_them(quantiser):
    vae = coded.make(quantiser)
    found = evaluate.component_usage(vae, coded.X, batch_size=5)
    counts = np.bincount(vae.codes(coded.X).ravel(), minlength=vae.latents.quantiser.num_codes)
    np.testing.assert_allclose(found.shares, counts / counts.sum())
    assert isinstance(vae.latents, Quantised)


def test_what_cannot_be_told_is_refused():
    vae, x = diagonal_model(2), gaussians(np.zeros([3, 2]), 1.0)
    with pytest.raises(ValueError, match="at least two"):
        evaluate.active_units(vae, x[:1])
    with pytest.raises(ValueError, match="needs a model with components"):
        evaluate.component_usage(vae, x)
    for arguments in ({"epsilon": 0.0}, {"epsilon": float("nan")}, {"delta": 1.0}):
        with pytest.raises(ValueError, match="`epsilon` must be .* above 0, and `delta`"):
            evaluate.posterior_collapse(vae, x, **arguments)
    with pytest.raises(ValueError, match="the latents are codes"):
        evaluate.active_units(coded.make(), coded.X)
    with pytest.raises(ValueError, match="latents are of kind Quantised"):
        evaluate.rate_by_unit(coded.make(), coded.X)
