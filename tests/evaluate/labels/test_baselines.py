"""Baselines for clusters: on data whose clusters are known, and against scikit-learn's own."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from tests.evaluate.told import diagonal_model, gaussians
from tfvae import evaluate

FEATURES, METHODS = ("latents", "pca", "pixels"), ("k-means", "Gaussian mixture")


def clouds(count, seed, spread=0.05):
    """Three clusters of posterior means on a plane, all posteriors of scale 1."""
    random = np.random.RandomState(seed)
    labels = np.arange(count) % 3
    centres = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 1.5]])
    return gaussians(centres[labels] + spread * random.normal(size=(count, 2)), 1.0), labels


def test_clusters_that_are_there_are_found():
    vae, (x, _), (x_test, labels) = diagonal_model(2), clouds(300, 0), clouds(90, 1)
    found = evaluate.clustering_baselines(vae, x, x_test, labels, num_clusters=3)
    assert [(row.features, row.method) for row in found] == [
        (features, method) for features in FEATURES for method in METHODS
    ]
    for row in found:
        assert row.mean == evaluate.clustering(labels, labels)
        assert row.standard_deviation.accuracy == 0.0


@pytest.mark.parametrize("max_train", [1000, 80])
def test_k_means_is_scikit_learns(max_train):
    vae, (x, _), (x_test, labels) = diagonal_model(2), clouds(200, 0, 0.8), clouds(90, 1, 0.8)
    seeds = (0, 1, 2, 3)
    found = evaluate.clustering_baselines(
        vae, x, x_test, labels, 3, seeds, max_train=max_train, num_starts=1
    )
    pca = PCA(2).fit(x)
    for row, train, test in (
        (found[0], x[:, :2], x_test[:, :2]),
        (found[2], pca.transform(x), pca.transform(x_test)),
        (found[4], x, x_test),
    ):
        scores = []
        for seed in seeds:
            rows = slice(None)
            if max_train < len(x):
                rows = np.random.default_rng(seed).choice(len(x), max_train, replace=False)
            fitted = KMeans(3, n_init=1, random_state=seed).fit(train[rows])
            scores.append(evaluate.clustering_accuracy(labels, fitted.predict(test)))
        assert row.mean.accuracy == pytest.approx(np.mean(scores), abs=0.012)
        assert row.standard_deviation.accuracy == pytest.approx(np.std(scores, ddof=1), abs=0.012)


def test_a_mixture_knows_wide_clusters_from_narrow_ones():
    """A narrow cluster beside a wide one, of which k-means gives it the nearer part."""
    random = np.random.RandomState(0)
    labels = np.arange(400) % 2
    narrow = [1.5, 0.0] + 0.1 * random.normal(size=(400, 2))
    loc = np.where(labels[:, None], narrow, random.normal(size=(400, 2)))
    vae, x = diagonal_model(2), gaussians(loc, 1.0)
    k_means, mixture = evaluate.clustering_baselines(vae, x, x, labels, 2, max_train=300)[:2]
    assert (k_means.features, mixture.features) == ("latents", "latents")
    assert k_means.mean.accuracy < 0.9 < 0.97 < mixture.mean.accuracy


def test_pixels_that_never_vary_do_not_stop_the_mixture():
    vae, (x, _), (x_test, labels) = diagonal_model(2), clouds(150, 0), clouds(60, 1)
    x[:, 2:] = x_test[:, 2:] = 0.0
    found = evaluate.clustering_baselines(vae, x, x_test, labels, 3, seeds=(0,))
    assert found[-1].mean.accuracy == 1.0
    assert np.isnan(found[-1].standard_deviation.accuracy)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"labels_test": np.zeros(5, int)}, "90 test examples, but 5 labels"),
        ({"labels_test": np.zeros(90)}, "`labels_test` must be a row of whole numbers"),
        ({"num_clusters": 0}, "`num_clusters` must be a whole number"),
        ({"num_clusters": 31}, "31 clusters cannot be found in 30"),
        ({"max_train": 2}, "3 clusters cannot be found in 2"),
        ({"num_starts": 1.5}, "`num_starts` must be a whole number"),
        ({"seeds": ()}, "`seeds` is empty"),
    ],
)
def test_what_cannot_be_clustered_is_refused(arguments, words):
    (x, _), (x_test, labels) = clouds(30, 0), clouds(90, 1)
    given = {"labels_test": labels, "num_clusters": 3, **arguments}
    with pytest.raises(ValueError, match=words):
        evaluate.clustering_baselines(diagonal_model(2), x, x_test, **given)
