"""Where a mixture starts when it is given latents: planted clusters, and latents that are few."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import linear_sum_assignment
from sklearn.mixture import GaussianMixture

from tests.priors.mixtures import reference_of
from tfvae.priors import MixtureOfGaussians

LOC = np.array([[-8.0, 0.0], [8.0, 3.0], [0.0, -9.0]])
SHARES = np.array([0.5, 0.3, 0.2])
SCALE_TRIL = np.array(
    [[[1.0, 0.0], [0.8, 0.5]], [[0.5, 0.0], [0.0, 1.5]], [[1.0, 0.0], [-0.9, 0.4]]]
)

starts = pytest.mark.parametrize("start", ["kmeans", "mixture"])
covariances = pytest.mark.parametrize("covariance", ["diagonal", "full", "shared"])


def planted(count=3000):
    random = np.random.RandomState(0)
    component = random.choice(3, size=count, p=SHARES)
    noise = np.einsum("nij,nj->ni", SCALE_TRIL[component], random.normal(size=(count, 2)))
    return (LOC[component] + noise).astype("float32")


def built(components=3, **kwargs):
    prior = MixtureOfGaussians(components, seed=0, **kwargs)
    prior.build((None, 2))
    return prior


@covariances
@starts
def test_planted_clusters_are_recovered(start, covariance):
    prior = built(covariance=covariance, start=start)
    prior.adapt(planted())
    found = reference_of(prior)
    distance = np.linalg.norm(LOC[:, None] - found.loc[None], axis=-1)
    _, match = linear_sum_assignment(distance)
    # Five standard errors, the fewest examples being 600.
    assert distance[range(3), match].max() < 0.3
    np.testing.assert_allclose(np.exp(found.log_weights[match]), SHARES, atol=0.05)
    spread = np.einsum("kij,klj->kil", SCALE_TRIL, SCALE_TRIL)
    if covariance == "diagonal":
        spread = spread * np.eye(2)
    if covariance == "shared":
        spread = np.tile(np.tensordot(SHARES, spread, axes=1), (3, 1, 1))
    scale_tril = found.scale_tril[match]
    np.testing.assert_allclose(np.einsum("kij,klj->kil", scale_tril, scale_tril), spread, atol=0.25)


@covariances
@starts
def test_the_start_is_as_likely_as_a_fitted_mixture(start, covariance):
    z = planted()
    prior = built(covariance=covariance, start=start)
    before = prior.log_prob(tf.constant(z)).numpy().mean()
    prior.adapt(z)
    after = prior.log_prob(tf.constant(z)).numpy().mean()
    kind = {"diagonal": "diag", "full": "full", "shared": "tied"}[covariance]
    fitted = GaussianMixture(3, covariance_type=kind, random_state=0).fit(z).score(z)
    assert after > before + 5.0
    assert after == pytest.approx(fitted, abs=0.02)


def test_a_full_covariance_fits_correlated_clusters_better():
    z = planted()
    scores = {}
    for covariance in ("diagonal", "full", "shared"):
        prior = built(covariance=covariance)
        prior.adapt(z)
        scores[covariance] = prior.log_prob(tf.constant(z)).numpy().mean()
    assert scores["full"] > scores["diagonal"] + 0.2
    assert scores["full"] > scores["shared"] + 0.2


@starts
def test_frozen_parts_start_from_data_and_stay_frozen(start):
    prior = built(covariance="full", start=start, learned=("weights",))
    learned = built(covariance="full", start=start)
    prior.adapt(planted())
    learned.adapt(planted())
    for one, other in zip(prior.weights, learned.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert [weight.name for weight in prior.trainable_weights] == ["logits"]


@starts
def test_a_seed_makes_the_start_repeatable(start):
    random = np.random.RandomState(1).normal(size=(200, 2))
    values = []
    for _ in range(2):
        prior = built(8, start=start)
        prior.adapt(random)
        values.append(prior.loc.numpy())
    np.testing.assert_array_equal(*values)


@covariances
@starts
@pytest.mark.parametrize("distinct", [1, 2])
def test_latents_that_coincide_give_a_finite_start(start, covariance, distinct):
    prior = built(4, covariance=covariance, start=start)
    z = np.repeat(np.eye(2)[:distinct], 6, axis=0)
    prior.adapt(z)
    assert all(np.isfinite(weight.numpy()).all() for weight in prior.weights)
    assert np.isfinite(prior.log_prob(tf.constant(z, tf.float32)).numpy()).all()


@covariances
@starts
def test_as_many_latents_as_components_will_do(start, covariance):
    prior = built(5, covariance=covariance, start=start)
    z = np.random.RandomState(0).normal(size=(5, 2))
    prior.adapt(z)
    found = reference_of(prior)
    np.testing.assert_allclose(sorted(found.loc[:, 0]), sorted(z[:, 0]), rtol=1e-5)
    # A cluster of one latent is no spike: 1% of the spread of all is the smallest scale.
    assert np.exp(prior.log_scale.numpy()).min() > 0.009 * z.std()


@starts
def test_fewer_latents_than_components_are_refused(start):
    prior = built(11, start=start)
    before = prior.loc.numpy()
    with pytest.raises(ValueError, match="of 11 components cannot start from 10 examples"):
        prior.adapt(np.zeros([10, 2]))
    np.testing.assert_array_equal(prior.loc.numpy(), before)


def test_latents_that_are_not_finite_are_refused():
    z = planted(50)
    z[3, 1] = np.nan
    with pytest.raises(ValueError, match="latents that are not finite"):
        built().adapt(z)


def test_more_latents_than_needed_are_thinned_out():
    prior = built()
    prior.adapt(planted(60_000))
    distance = np.linalg.norm(LOC[:, None] - prior.loc.numpy()[None], axis=-1)
    assert distance.min(1).max() < 0.2


@starts
def test_the_best_of_several_fits_is_kept(start):
    z = np.random.RandomState(1).uniform(-1.0, 1.0, size=(300, 2)).astype("float32")

    def fitted(seed, restarts):
        prior = MixtureOfGaussians(8, start=start, seed=seed, restarts=restarts)
        prior.build((None, 2))
        prior.adapt(z)
        if start == "mixture":
            return prior.log_prob(tf.constant(z)).numpy().mean()
        squares = np.square(z[:, None] - prior.loc.numpy()).sum(axis=-1)
        return -squares.min(axis=1).mean()

    once, often = (np.array([fitted(seed, n) for seed in range(6)]) for n in (1, 10))
    # Which of the ten is the first one differs from the one of a single fit, so on the whole.
    assert often.mean() > once.mean()
    assert often.min() > once.min()
    assert often.std() < once.std()


def test_a_mixture_needs_one_fit_at_least():
    with pytest.raises(ValueError, match="restarts"):
        MixtureOfGaussians(3, restarts=0)
