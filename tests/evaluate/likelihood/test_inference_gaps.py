"""Gaps between bound and evidence, against divergences between Gaussians."""

import numpy as np
import pytest

import tfvae
from tests.test_linear_gaussian import SIZE, Truth, data, exact_model, truth_for
from tfvae import evaluate, families

TRUTH = truth_for(families.FullNormal)
NAMES = ("inference_gap", "amortisation_gap", "approximation_gap")


def divergence(covariance, shift=0.0, truth=TRUTH):
    """KL of a Gaussian, its mean off by so much, from the exact posterior."""
    precision = np.linalg.inv(truth.covariance)
    far = np.full(SIZE, shift)
    ratio = np.linalg.slogdet(precision @ covariance)[1]
    return 0.5 * (np.trace(precision @ covariance) - SIZE + far @ precision @ far - ratio)


def test_the_exact_posterior_leaves_no_gap():
    x, vae = data(TRUTH, 6), exact_model(families.FullNormal, TRUTH)
    # A step that moves nothing.
    found = evaluate.gaps(vae, x, num_samples=50, steps=1, learning_rate=1e-9)
    np.testing.assert_allclose(found.evidence.log_likelihood, TRUTH.evidence.logpdf(x), atol=1e-4)
    for name in NAMES:
        np.testing.assert_allclose(getattr(found, name), 0.0, atol=1e-4)
        assert found.summary()[name] == pytest.approx(0.0, abs=1e-4)


def test_a_wrong_encoder_loses_its_divergence_and_refinement_wins_it_back():
    x, vae = data(TRUTH, 8), exact_model(families.FullNormal, TRUTH, widen=1.5, shift=0.2)
    found = evaluate.gaps(vae, x, num_samples=4000, steps=300, step_samples=8, batch_size=3)
    expected = divergence(1.5**2 * TRUTH.covariance, 0.2)
    assert expected > 1.0
    np.testing.assert_allclose(found.inference_gap, expected, atol=0.2)
    np.testing.assert_allclose(found.approximation_gap, 0.0, atol=0.03)
    both = found.amortisation_gap + found.approximation_gap
    np.testing.assert_allclose(found.inference_gap, both, atol=1e-9)
    summary = found.summary()
    error = summary["inference_gap_standard_error"]
    assert summary["inference_gap"] == pytest.approx(expected, abs=4 * error)
    assert error == pytest.approx(found.inference_gap.std(ddof=1) / np.sqrt(8))


def test_a_diagonal_family_has_an_approximation_gap():
    """Of all diagonal Gaussians the nearest has the diagonal of the exact precision."""
    # Columns of correlation 0.4: at 0.5, the weights' variance would no longer be finite.
    first, second = np.eye(6)[:2]
    loadings = np.stack([first, 0.4 * first + np.sqrt(0.84) * second], axis=1)
    truth = Truth(loadings, np.arange(6.0), 0.4)
    nearest = 1.0 / np.diag(np.linalg.inv(truth.covariance))
    encoded = 1.5**2 * np.diag(np.linalg.cholesky(truth.covariance)) ** 2
    least, most = (divergence(np.diag(each), truth=truth) for each in (nearest, encoded))
    assert 0.05 < least < most - 0.3
    x, vae = data(truth, 8), exact_model(families.DiagonalNormal, truth, widen=1.5)
    found = evaluate.gaps(vae, x, num_samples=4000, steps=300, step_samples=16)
    np.testing.assert_allclose(found.approximation_gap, least, atol=0.06)
    np.testing.assert_allclose(found.amortisation_gap, most - least, atol=0.1)
    # By Jensen's inequality, for the same samples; and so for each example.
    assert (found.approximation_gap >= 0.0).all()


def test_examples_belong_to_their_seed():
    x, vae = data(TRUTH, 4), exact_model(families.FullNormal, TRUTH, 1.5)
    first, again, other = (
        evaluate.gaps(vae, x, num_samples=100, steps=5, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.inference_gap, again.inference_gap)
    assert np.abs(first.inference_gap - other.inference_gap).max() > 1e-3


def test_a_proposal_that_misses_is_told_of():
    vae = exact_model(families.FullNormal, TRUTH, 0.3, 2.0)
    with pytest.warns(RuntimeWarning, match="`num_samples` or `steps`"):
        evaluate.gaps(vae, data(TRUTH, 4), num_samples=100, steps=1, learning_rate=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_samples": 0}, "`num_samples` must be a whole number"),
        ({"steps": -1}, "`steps` must be a whole number"),
        ({"step_samples": 1.5}, "`step_samples` must be a whole number"),
        ({"learning_rate": np.inf}, "`learning_rate` must be a number above 0"),
        ({"batch_size": 0}, "`batch_size` must be a whole number"),
    ],
)
def test_arguments_that_mean_nothing(arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluate.gaps(exact_model(families.FullNormal, TRUTH), data(TRUTH, 2), **arguments)


def test_a_posterior_that_cannot_be_refined_says_so():
    networks = tfvae.encoders.MLP((8,)), tfvae.decoders.MLP((8,))
    vae = tfvae.models.AE(*networks, 2, families.Bernoulli((4, 4, 1)))
    with pytest.raises(ValueError, match="is a point, which has none"):
        evaluate.gaps(vae, np.zeros([2, 4, 4, 1]))
