"""Scores of outliers on a linear Gaussian model, where each is known, and on every variant."""

import numpy as np
import pytest

import tfvae
from tests.conformance.conftest import make_variant, rows, told
from tests.conformance.variants import VARIANTS
from tests.test_linear_gaussian import SIZE, data, exact_model, truth_for
from tfvae import evaluate
from tfvae.evaluate.anomalies.strangeness import SCORES

FULL = tfvae.families.FullNormal
RANGE = (-20.0, 20.0)


def scores_of(vae: tfvae.VAE, x: np.ndarray, **arguments) -> dict[str, np.ndarray]:
    return evaluate.outlier_scores(vae, x, num_samples=5, value_range=RANGE, **arguments)


def test_each_score_is_what_it_is_in_closed_form() -> None:
    truth = truth_for(FULL)
    vae, x = exact_model(FULL, truth), data(truth, 12)
    found = scores_of(vae, x, x_train=data(truth, 300, seed=2))
    assert tuple(found) == SCORES
    assert all(values.shape == (12,) and values.dtype == "float64" for values in found.values())
    log_p, loc = truth.evidence.logpdf(x), truth.posterior(x)
    half = 0.5 * (SIZE * np.log(2.0 * np.pi) + np.square(loc).sum(axis=1))
    log_determinant = np.linalg.slogdet(truth.covariance)[1]
    rate = 0.5 * (np.trace(truth.covariance) + np.square(loc).sum(axis=1) - SIZE - log_determinant)
    np.testing.assert_allclose(found["negative_log_likelihood"], -log_p, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(found["latent_density"], half, rtol=1e-4)
    np.testing.assert_allclose(found["rate"], rate, rtol=1e-4, atol=1e-4)
    corrected = -log_p - evaluate.complexity(x, RANGE)
    np.testing.assert_allclose(found["complexity_corrected"], corrected, rtol=1e-4)
    np.testing.assert_allclose(
        found["negative_elbo"], found["rate"] + found["distortion"], rtol=1e-12
    )
    # The sampled terms are within their error of 16 samples; here the bound is the evidence.
    np.testing.assert_allclose(found["negative_elbo"], -log_p, atol=2.5)
    typical = truth.evidence.entropy()
    np.testing.assert_allclose(
        found["typicality"], np.abs(found["negative_elbo"] - typical), atol=0.6
    )


def test_distortion_and_bound_are_unbiased() -> None:
    """Over seeds, with the error of their mean; at the exact posterior the bound is log p(x)."""
    truth = truth_for(FULL)
    vae, x = exact_model(FULL, truth), data(truth, 4)
    names = ("negative_elbo", "distortion", "rate")
    found = [scores_of(vae, x, scores=names, seed=seed) for seed in range(100)]
    bounds, distortions = (np.array([one[name] for one in found]) for name in names[:2])
    error = bounds.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert (np.abs(bounds.mean(axis=0) + truth.evidence.logpdf(x)) < 4.0 * error).all()
    expected = -truth.evidence.logpdf(x) - found[0]["rate"]
    assert (np.abs(distortions.mean(axis=0) - expected) < 4.0 * error).all()
    again = scores_of(vae, x, scores=names, seed=3)
    np.testing.assert_array_equal(again["distortion"], found[3]["distortion"])


def test_there_is_nothing_to_regret_at_the_exact_posterior() -> None:
    truth = truth_for(FULL)
    x = data(truth, 30)
    exact = scores_of(exact_model(FULL, truth), x, scores="likelihood_regret")
    np.testing.assert_allclose(exact["likelihood_regret"], 0.0, atol=0.2)
    # Elsewhere it is the divergence from the exact posterior: of two Gaussians.
    widen, shift = 1.5, 0.2
    off = exact_model(FULL, truth, widen, shift)
    away = np.full(SIZE, shift) @ np.linalg.solve(truth.covariance, np.full(SIZE, shift))
    expected = 0.5 * (SIZE * (widen**2 - 1.0 - 2.0 * np.log(widen)) + away)
    found = scores_of(off, x, scores="likelihood_regret")["likelihood_regret"]
    # Of each example by 64 samples, independent of those of the others.
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert error < 0.2
    assert found.mean() == pytest.approx(expected, abs=4.0 * error)


def test_typicality_finds_what_is_too_likely() -> None:
    truth = truth_for(FULL)
    vae, x_train = exact_model(FULL, truth), data(truth, 300, seed=2)
    mode = np.tile(truth.loc, (4, 1))
    found = scores_of(vae, mode, x_train=x_train, scores=("negative_elbo", "typicality"))
    usual = scores_of(vae, x_train, x_train=x_train, scores=("negative_elbo", "typicality"))
    assert found["negative_elbo"].mean() < usual["negative_elbo"].min() + 1.0
    assert found["typicality"].mean() > 1.5 * usual["typicality"].mean()


def test_complexity_is_that_of_what_the_model_reads() -> None:
    """Images are made binary before they are compressed, by the draw that the model sees."""
    vae = tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=tfvae.families.Bernoulli((8, 8, 1)),
    )
    grey = np.random.default_rng(0).uniform(size=[5, 8, 8, 1])
    fixed = tfvae.pipeline.Images(grey, "fixed", seed=3)
    names = ("negative_log_likelihood", "complexity_corrected")
    found = evaluate.outlier_scores(vae, fixed, scores=names, num_samples=3)
    lengths = found["negative_log_likelihood"] - found["complexity_corrected"]
    np.testing.assert_allclose(lengths, evaluate.complexity(fixed.x))
    assert (lengths < evaluate.complexity(grey)).all()


# A plain model, one whose posterior is a point, a mixture, and a ladder; the others take long.
FEW = {"dense", "AE", "GMVAE", "HVAE"}
few = pytest.mark.parametrize(
    "name",
    [name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in VARIANTS],
)


@few
def test_every_model_has_the_scores_that_it_can_have(name: str) -> None:
    vae, data = make_variant(name)
    x, y = told(rows(data, slice(3)))
    if y is not None:
        with pytest.raises(ValueError, match="give the events as `y`"):
            evaluate.outlier_scores(vae, x, x_train=x, num_samples=2)
        return
    found = evaluate.outlier_scores(vae, x, x_train=x, num_samples=2, value_range=(-100, 1000))
    lacking = set(SCORES) - set(found)
    assert {"negative_elbo", "distortion", "rate", "typicality"} <= set(found)
    assert ("negative_log_likelihood" in lacking) == (not vae.latents.has_density)
    assert ("latent_density" in lacking) == (not vae.latents.has_prior_density)
    for values in found.values():
        assert values.shape == (3,)
        assert np.isfinite(values).all()
    for score in lacking:
        with pytest.raises(ValueError, match=r"point|no density|cannot be refined|missing"):
            evaluate.outlier_scores(vae, x, scores=score, value_range=(-100, 1000))


def test_scores_that_are_not_there_are_named() -> None:
    vae, data = make_variant("dense")
    with pytest.raises(ValueError, match="no score 'likelyhood'. Known: negative_log_likelihood"):
        evaluate.outlier_scores(vae, data, scores=("rate", "likelyhood"))
    with pytest.raises(ValueError, match="give `x_train`"):
        evaluate.outlier_scores(vae, data, scores="typicality")
    assert "typicality" not in evaluate.outlier_scores(vae, data[:2], num_samples=2)
