"""Annealed importance sampling against exact evidence, and on every kind of latents."""

import numpy as np
import pytest
from scipy import special

import tfvae
from tests.conformance.variants import VARIANTS
from tests.latents import linear_ladder
from tests.test_linear_gaussian import Truth, data, exact_model, truth_for
from tfvae import decoders, encoders, evaluate, families, latents, posteriors, priors
from tfvae.evaluate.likelihood.annealed import sigmoid_shares

TRUTH = truth_for(families.FullNormal)
# Data that say less: the prior is not far from the posterior, and short paths are enough.
EASY = Truth(TRUTH.loadings, TRUTH.loc, 2.0)
starts = pytest.mark.parametrize("start", ["prior", "posterior"])


def annealed(vae, x, **arguments):
    given = {"num_chains": 16, "num_distributions": 40, "num_leapfrog_steps": 5, **arguments}
    return evaluate.annealed_importance_sampling(vae, x, **given)


@pytest.fixture(scope="module")
def wrong():
    """A model whose posterior is too wide, and off."""
    return exact_model(families.FullNormal, EASY, 1.4, 0.2)


@starts
def test_it_finds_the_exact_evidence(start, wrong):
    x = data(EASY, 6)
    found = annealed(wrong, x, start=start, num_chains=50, num_distributions=100, batch_size=4)
    expected = EASY.evidence.logpdf(x)
    assert found.log_likelihood.dtype == np.float64
    assert (np.abs(found.log_likelihood - expected) < 5 * found.standard_error).all()
    assert (found.standard_error < 0.1).all()
    assert (found.effective_sample_size > 40).all()
    np.testing.assert_allclose(found.acceptance_rate, 0.65, atol=0.1)


def test_from_the_exact_posterior_there_is_nothing_to_correct():
    x, vae = data(TRUTH, 5), exact_model(families.FullNormal, TRUTH)
    found = annealed(vae, x, start="posterior")
    np.testing.assert_allclose(found.log_likelihood, TRUTH.evidence.logpdf(x), atol=2e-4)
    np.testing.assert_allclose(found.effective_sample_size, 16.0, rtol=1e-4)


@starts
@pytest.mark.parametrize("num_distributions", [1, 2, 8])
def test_the_mean_of_the_weights_is_unbiased(start, num_distributions, wrong):
    """However short the path: of one example many times, each with chains of its own."""
    x = np.repeat(data(EASY, 3)[-1:], 1000, axis=0)
    counts = {"num_chains": 4, "num_distributions": num_distributions}
    ratio = np.concatenate(
        [
            np.exp(
                annealed(wrong, x, start=start, seed=seed, **counts).log_likelihood
                - EASY.evidence.logpdf(x[:1])
            )
            for seed in range(2)
        ]
    )
    assert abs(ratio.mean() - 1.0) < 4 * ratio.std() / np.sqrt(ratio.size)


def test_a_longer_path_brings_weights_together(wrong):
    short, longer, long = (
        annealed(wrong, data(EASY, 8), num_distributions=count, num_chains=9).standard_error.mean()
        for count in (1, 10, 100)
    )
    assert short > longer > 2 * long


def test_one_distribution_is_importance_sampling_from_the_start(wrong):
    x = data(EASY, 4)
    found = annealed(wrong, x, start="posterior", num_distributions=1, num_chains=2000)
    expected = evaluate.importance_sampling(wrong, x, num_samples=2000)
    ratio = found.effective_sample_size / expected.effective_sample_size
    np.testing.assert_allclose(ratio, 1.0, atol=0.1)
    np.testing.assert_allclose(found.log_likelihood, expected.log_likelihood, atol=0.1)
    assert np.isnan(found.acceptance_rate).all()


def test_chains_belong_to_their_seed(wrong):
    x = data(EASY, 5)
    first, again, other = (annealed(wrong, x, num_chains=9, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.log_likelihood, again.log_likelihood)
    assert np.abs(first.log_likelihood - other.log_likelihood).max() > 1e-3


@starts
def test_the_levels_of_a_ladder_move_together(start):
    truth = linear_ladder.Truth()
    x, vae = truth.data(4), truth.model(1.1)
    found = annealed(vae, x, start=start, num_distributions=300, num_chains=30)
    error = np.maximum(found.standard_error, 0.02)
    assert (np.abs(found.log_likelihood - truth.evidence.logpdf(x)) < 5 * error).all()


def on_a_line(vae, x, given=None):
    """log p(x) of a model with one latent variable, by integration."""
    z = np.linspace(-12, 12, 4001).astype("float32")[:, None]
    p = vae.decode(z, batch_size=4001, **(given or {}))
    log_prior = vae.prior.distribution().log_prob(z).numpy().astype("float64")
    log_joint = np.stack([p.log_prob(row).numpy() for row in x]) + log_prior
    return special.logsumexp(log_joint, axis=1) + np.log(z[1, 0] - z[0, 0])


def binary(count=6):
    return np.random.RandomState(0).randint(0, 2, (count, 4)).astype("float32")


def restless(vae):
    """The model with weights under which its latents matter."""
    random = np.random.RandomState(3)
    for weight in vae.decoder.trainable_weights:
        weight.assign(random.normal(0, 1.0, weight.shape))
    return vae


def with_line(**parts):
    given = {"likelihood": families.Bernoulli((4,)), **parts}
    return restless(tfvae.VAE(encoders.MLP((8,)), decoders.MLP((8,), "tanh"), **given))


LINES = {
    "mixture": lambda: with_line(
        posterior=families.DiagonalNormal(1),
        prior=priors.MixtureOfGaussians(3, spread=2.0, seed=1),
    ),
    "pseudo-inputs": lambda: with_line(
        posterior=families.DiagonalNormal(1), prior=priors.VampPrior(5, seed=1)
    ),
    "a point": lambda: with_line(posterior=families.Deterministic(1)),
    "classes": lambda: with_line(
        latents=latents.Clustered(
            families.DiagonalNormal(1), priors.MixtureOfGaussians(3, spread=2.0, seed=1)
        )
    ),
}


@pytest.mark.parametrize("make", LINES.values(), ids=LINES)
def test_priors_of_every_kind(make):
    vae, x = make(), binary()
    found = annealed(vae, x, num_chains=60)
    error = np.maximum(found.standard_error, 1e-3)
    assert (np.abs(found.log_likelihood - on_a_line(vae, x)) < 5 * error).all()
    assert (error < 0.1).all()


def test_a_mixture_of_posteriors_is_a_start():
    vae, x = with_line(posterior=posteriors.MixtureOfGaussians(1, 2)), binary()
    found = annealed(vae, x, num_chains=60, start="posterior")
    error = np.maximum(found.standard_error, 1e-3)
    assert (np.abs(found.log_likelihood - on_a_line(vae, x)) < 5 * error).all()


def test_what_an_example_brings_beside_x_is_read():
    vae = with_line(latents=latents.Conditional(families.DiagonalNormal(1), num_classes=3))
    x, condition = binary(), np.arange(6) % 3
    found = annealed(vae, {"x": x, "condition": condition}, num_chains=60)
    error = np.maximum(found.standard_error, 1e-3)
    expected = [
        on_a_line(vae, x[row : row + 1], {"condition": condition[row]})[0] for row in range(6)
    ]
    assert (np.abs(found.log_likelihood - expected) < 5 * error).all()


def test_the_target_may_be_another():
    vae = with_line(posterior=families.DiagonalNormal(1))
    x, y = binary(), 1.0 - binary()
    found, expected = annealed(vae, x, y=y), annealed(vae, y)
    np.testing.assert_allclose(found.log_likelihood, expected.log_likelihood, rtol=1e-6)


def test_shares_go_from_nothing_to_all():
    shares = sigmoid_shares(10)
    assert (shares.shape, shares[0], shares[-1]) == ((11,), 0.0, 1.0)
    steps = np.diff(shares)
    assert (steps > 0).all()
    np.testing.assert_allclose(steps, steps[::-1])
    assert 5 * steps[0] < steps[5]
    np.testing.assert_array_equal(sigmoid_shares(1), [0.0, 1.0])


def test_chains_that_do_not_arrive_are_told_of():
    x, vae = data(TRUTH, 6), exact_model(families.FullNormal, TRUTH)
    with pytest.warns(RuntimeWarning, match="16 chains are worth fewer than 8 .*distributions"):
        annealed(vae, x, num_distributions=2)


REFUSED = [
    "VQVAE",
    "SphericalVAE",
    "CategoricalVAE",
    "GumbelSoftmaxVAE",
    "M2",
    "M1M2",
    "WarpedGMVAE",
]


@pytest.mark.parametrize("name", REFUSED)
def test_latents_without_a_density_on_vectors_are_refused(name):
    vae, x = VARIANTS[name]()
    with pytest.raises(ValueError, match="real vectors with a density of their own"):
        evaluate.annealed_importance_sampling(vae, x)


def test_what_cannot_be_done_is_said():
    vae, x = LINES["mixture"](), binary()
    for arguments, message in (
        ({"num_chains": 0}, "`num_chains` must be a whole number"),
        ({"num_distributions": 0}, "`num_distributions` must be a whole number"),
        ({"num_leapfrog_steps": 1.5}, "`num_leapfrog_steps` must be a whole number"),
        ({"batch_size": -1}, "`batch_size` must be a whole number"),
        ({"seed": 2**40}, "seed must be an integer"),
        ({"start": "encoder"}, "`start` must be 'prior' or 'posterior', but is 'encoder'"),
    ):
        with pytest.raises(ValueError, match=message):
            evaluate.annealed_importance_sampling(vae, x, **arguments)
    with pytest.raises(ValueError, match="is a point, which has none"):
        annealed(LINES["a point"](), x, start="posterior")
    with pytest.raises(ValueError, match="without a label"):
        annealed(LINES["classes"](), {"x": x, "label": np.zeros(6, int)})
    with pytest.raises(ValueError, match="divide by 255"):
        annealed(vae, 255 * x)
