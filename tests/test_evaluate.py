"""Scores against cases worked by hand, exhaustive search, scikit-learn and closed forms."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

import tfvae
from tfvae import evaluate

# Six of ten agree under the best matching {0: 2, 1: 0, 2: 1}: 3 + 2 + 1.
LABELS = [2, 2, 2, 0, 0, 0, 1, 1, 2, 1]
CLUSTERS = [0, 0, 0, 1, 1, 0, 2, 0, 1, 1]


def by_all_matchings(labels: np.ndarray, clusters: np.ndarray, size: int) -> float:
    """The best share over every way to number the clusters anew."""
    orders = itertools.permutations(range(size))
    return max(float(np.mean(np.take(order, clusters) == labels)) for order in orders)


def test_accuracy_of_a_case_worked_by_hand() -> None:
    assert evaluate.match_clusters(LABELS, CLUSTERS) == {0: 2, 1: 0, 2: 1}
    assert evaluate.clustering_accuracy(LABELS, CLUSTERS) == pytest.approx(0.6)


@pytest.mark.parametrize("seed", range(5))
def test_accuracy_is_the_best_of_all_matchings(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels, clusters = generator.integers(0, 5, [2, 60])
    expected = by_all_matchings(labels, clusters, 5)
    assert evaluate.clustering_accuracy(labels, clusters) == pytest.approx(expected)


def test_the_names_of_clusters_mean_nothing() -> None:
    renamed = np.take([40, -3, 7], CLUSTERS)
    assert evaluate.clustering_accuracy(LABELS, renamed) == pytest.approx(0.6)
    expected = evaluate.normalised_mutual_information(LABELS, CLUSTERS)
    assert evaluate.normalised_mutual_information(LABELS, renamed) == pytest.approx(expected)


def test_clusters_left_over_count_as_wrong() -> None:
    assert evaluate.clustering_accuracy([0, 0, 0, 0], [0, 1, 2, 3]) == 0.25
    assert evaluate.match_clusters([0, 0, 0, 1], [0, 0, 0, 0]) == {0: 0}


@pytest.mark.parametrize("seed", range(5))
def test_mutual_information_agrees_with_scikit_learn(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 4, 200)
    clusters = np.where(generator.uniform(size=200) < 0.5, labels, generator.integers(0, 6, 200))
    expected = metrics.normalized_mutual_info_score(labels, clusters)
    found = evaluate.normalised_mutual_information(labels, clusters)
    assert 0.1 < found < 0.9
    assert found == pytest.approx(expected, abs=1e-12)


def test_mutual_information_of_extremes() -> None:
    assert evaluate.normalised_mutual_information([1, 1], [0, 0]) == 1.0
    assert evaluate.normalised_mutual_information([0, 1], [0, 0]) == 0.0
    assert evaluate.normalised_mutual_information([0, 0, 1, 1], [0, 1, 0, 1]) == 0.0


@pytest.mark.parametrize(
    ("labels", "clusters", "words"),
    [
        ([0, 1], [0, 1, 1], "2 labels, but 3 clusters"),
        ([0.0, 1.0], [0, 1], "`labels` must be a row of whole numbers"),
        ([0, 1], [[0], [1]], "`clusters` must be a row of whole numbers"),
        ([], [], "`labels` must be a row of whole numbers"),
    ],
)
def test_what_is_no_clustering_is_refused(labels: Any, clusters: Any, words: str) -> None:
    for score in (evaluate.clustering_accuracy, evaluate.normalised_mutual_information):
        with pytest.raises(ValueError, match=words):
            score(labels, clusters)


def test_reconstruction_error_is_summed_over_an_example() -> None:
    generator = np.random.default_rng(0)
    x, reconstruction = generator.uniform(size=[2, 7, 4, 4, 1])
    expected = 16 * metrics.mean_squared_error(x.reshape(7, -1), reconstruction.reshape(7, -1))
    assert evaluate.reconstruction_error(x, reconstruction) == pytest.approx(expected)
    with pytest.raises(ValueError, match="same shape"):
        evaluate.reconstruction_error(x, reconstruction[:3])


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
