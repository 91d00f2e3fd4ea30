"""Evidence against closed forms, and against the verbs of the model."""

import math

import numpy as np
import pytest

import tfvae
from tfvae import evaluate


def small_model(likelihood: tfvae.families.Family | None = None) -> tfvae.VAE:
    return tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=tfvae.families.DiagonalNormal(2),
        prior=tfvae.priors.MixtureOfGaussians(3, seed=1),
        likelihood=likelihood or tfvae.families.Bernoulli((4, 4, 1)),
    )


def test_evidence_where_there_is_a_closed_form() -> None:
    """A decoder that ignores z, and q = p = N(0, I): every weight is p(x), the rate is zero."""
    vae = tfvae.VAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP(()),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=tfvae.families.Normal((4, 4, 1), scale=0.5),
    )
    for weight in vae.trainable_weights:
        weight.assign(np.zeros(weight.shape))
    x = np.random.default_rng(0).normal(size=[50, 4, 4, 1]).astype("float32")
    squares = np.square(x.reshape(50, -1).astype("float64")).sum(axis=1)
    log_p = -0.5 * squares / 0.25 - 16 * math.log(0.5 * math.sqrt(2 * math.pi))
    found = evaluate.evidence(vae, x, num_samples=7, batch_size=16)
    for name, sign in {"elbo": 1, "log_likelihood": 1, "distortion": -1}.items():
        assert found[name] == pytest.approx(sign * log_p.mean(), rel=1e-5)
        error = log_p.std(ddof=1) / math.sqrt(50)
        assert found[f"{name}_standard_error"] == pytest.approx(error, rel=1e-4)
    assert found["rate"] == pytest.approx(0.0, abs=1e-4)
    assert (found["num_samples"], found["num_examples"], found["seed"]) == (7, 50, 0)


def test_evidence_is_that_of_the_verbs() -> None:
    vae, x = small_model(), np.random.default_rng(0).integers(0, 2, [20, 4, 4, 1])
    found = evaluate.evidence(vae, x, num_samples=5, seed=3, batch_size=8)
    elbo = vae.elbo(x, seed=3, batch_size=8).mean()
    assert found["elbo"] == pytest.approx(elbo, abs=1e-4)
    assert found["elbo"] == pytest.approx(-found["rate"] - found["distortion"])
    log_likelihood = vae.log_likelihood(x, num_samples=5, seed=3, batch_size=8).mean()
    assert found["log_likelihood"] == pytest.approx(log_likelihood, abs=1e-9)


def test_evidence_says_how_images_were_made_binary() -> None:
    vae, x = small_model(), np.full([6, 4, 4, 1], 0.5)
    assert evaluate.evidence(vae, x, num_samples=2)["binarization"] is None
    for binarization in ("none", "fixed", "dynamic"):
        images = tfvae.pipeline.Images(x, binarization, seed=777)
        found = evaluate.evidence(vae, images, num_samples=2)
        assert found["binarization"] == binarization
        assert found.get("binarization_seed") == (None if binarization == "none" else 777)


def test_evidence_refuses_what_the_likelihood_does() -> None:
    with pytest.raises(ValueError, match="divide by 255"):
        evaluate.evidence(small_model(), np.full([6, 4, 4, 1], 255.0), num_samples=2)


def test_evidence_says_how_many_samples_counted() -> None:
    vae, x = small_model(), np.random.default_rng(0).integers(0, 2, [20, 4, 4, 1])
    with pytest.warns(RuntimeWarning, match="50 importance samples are worth fewer than 10"):
        found = evaluate.evidence(vae, x, num_samples=50, seed=3)
    with pytest.warns(RuntimeWarning):
        sizes = evaluate.importance_sampling(vae, x, num_samples=50, seed=3).effective_sample_size
    assert found["effective_sample_size"] == np.median(sizes)
    assert found["smallest_effective_sample_size"] == sizes.min()
    assert 1.0 <= sizes.min() < np.median(sizes) <= 50.0


def test_evidence_of_levels_is_told_in_bits() -> None:
    vae = small_model(tfvae.families.DiscretizedLogistic((4, 4, 1), num_levels=4))
    x = np.random.default_rng(0).integers(0, 4, [10, 4, 4, 1]) / 3
    found = evaluate.evidence(vae, x, num_samples=9)
    bits = -found["log_likelihood"] / (16 * math.log(2.0))
    assert found["bits_per_dimension"] == pytest.approx(bits)
    # A density has none by itself; nor has a cross-entropy, for pixels may be grey.
    for likelihood in (tfvae.families.Normal((4, 4, 1)), tfvae.families.Bernoulli((4, 4, 1))):
        assert "bits_per_dimension" not in evaluate.evidence(small_model(likelihood), x, 2)


def test_evidence_of_codes_has_one_sample() -> None:
    """Latents without noise have one z, whose weight is all that there is to know."""
    vae = tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        latents=tfvae.latents.Quantised(tfvae.quantisers.Codebook(4, 2), positions=(3,)),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
    )
    x = np.random.default_rng(0).integers(0, 2, [6, 4, 4, 1])
    found = evaluate.evidence(vae, x, num_samples=50)
    assert found["log_likelihood"] == pytest.approx(found["elbo"], rel=1e-6)
    assert found["effective_sample_size"] == pytest.approx(1.0)
