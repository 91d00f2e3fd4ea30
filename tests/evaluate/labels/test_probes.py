"""Probes of representations: on data whose classes are known, and against scikit-learn's own."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from tests.evaluate.told import diagonal_model, gaussians
from tfvae import evaluate
from tfvae.evaluate.labels import probes

FEATURES, PROBES = ("latents", "pca", "pixels"), ("k-nearest neighbours", "linear")


def clouds(count, seed, spread=0.05):
    """Three classes of posterior means on a plane, all posteriors of scale 1."""
    random = np.random.RandomState(seed)
    y = 7 - np.arange(count) % 3
    centres = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 1.5]])
    return gaussians(centres[7 - y] + spread * random.normal(size=(count, 2)), 1.0), y


def by_name(rows):
    return {(row.features, row.probe, row.labels_per_class): row for row in rows}


def test_classes_that_are_apart_are_told():
    found = evaluate.representation(
        diagonal_model(2),
        *clouds(90, 0),
        *clouds(60, 1),
        labels_per_class=(2, 10, None),
        seeds=(0, 1),
    )
    assert set(by_name(found)) == {
        (features, probe, count)
        for features in FEATURES
        for probe in PROBES
        for count in (2, 10, None)
    }
    for row in found:
        assert row.accuracy == 1.0 or (row.labels_per_class == 2 and row.accuracy > 0.6)
        assert row.num_labels == {2: 6, 10: 30, None: 90}[row.labels_per_class]
    # All labels are known in one way alone.
    assert {np.isnan(row.standard_deviation) for row in found if row.labels_per_class} == {False}
    assert {np.isnan(row.standard_deviation) for row in found if row.num_labels == 90} == {True}


def checkered(count, seed):
    """Four clouds, of which two across from each other are a class."""
    random = np.random.RandomState(seed)
    corner = np.arange(count) % 4
    centres = np.array([[-1, -1], [1, 1], [-1, 1], [1, -1]])
    loc = centres[corner] + 0.1 * random.normal(size=(count, 2))
    return gaussians(loc, 1.0), corner // 2


def test_a_linear_probe_is_linear_and_neighbours_are_not():
    found = by_name(
        evaluate.representation(
            diagonal_model(2), *checkered(200, 0), *checkered(100, 1), labels_per_class=(None,)
        )
    )
    for features in FEATURES:
        assert found[features, "k-nearest neighbours", None].accuracy == 1.0
        assert found[features, "linear", None].accuracy < 0.8


def test_neighbours_are_scikit_learns():
    (x, y), (x_test, y_test) = clouds(120, 0, 1.0), clouds(80, 1, 1.0)
    found = by_name(
        evaluate.representation(
            diagonal_model(2), x, y, x_test, y_test, labels_per_class=(None,), num_neighbours=3
        )
    )
    pca = PCA(2).fit(x)
    for name, train, test in (
        ("latents", x[:, :2], x_test[:, :2]),
        ("pca", pca.transform(x), pca.transform(x_test)),
        ("pixels", x, x_test),
    ):
        expected = KNeighborsClassifier(3).fit(train, y).score(test, y_test)
        assert 0.4 < expected < 0.95
        # Features are in single precision, so that a distance may be the other way round.
        assert found[name, "k-nearest neighbours", None].accuracy == pytest.approx(
            expected, abs=0.0126
        )


def test_where_labels_say_nothing_so_does_the_probe():
    """Sixty noisy features and forty labels: what fits them by chance must not count."""
    random = np.random.RandomState(0)
    x, x_test = (gaussians(random.normal(size=(count, 30)), 1.0) for count in (300, 1000))
    y, y_test = (random.randint(0, 2, size=count) for count in (300, 1000))
    found = evaluate.representation(
        diagonal_model(30), x, y, x_test, y_test, labels_per_class=(20,), seeds=(0, 1)
    )
    for row in found:
        # Two classes, a thousand examples, two choices of labels.
        assert abs(row.accuracy - 0.5) < 4 * 0.5 / np.sqrt(1000)


def test_more_labels_help():
    """Three classes in one of twelve directions each, so that few labels mislead."""
    random = np.random.RandomState(0)
    y, y_test = np.arange(600) % 3, np.arange(300) % 3
    x, x_test = (
        gaussians(2.5 * np.eye(12)[labels] + random.normal(size=(len(labels), 12)), 1.0)
        for labels in (y, y_test)
    )
    found = by_name(
        evaluate.representation(diagonal_model(12), x, y, x_test, y_test, (2, None), max_train=400)
    )
    for probe in PROBES:
        few, many = found["latents", probe, 2], found["latents", probe, None]
        assert few.accuracy + 0.05 < many.accuracy
        assert few.standard_deviation > many.standard_deviation
        assert many.num_labels == 400


def test_the_penalty_is_chosen_on_some_of_many_labels(monkeypatch):
    """Of each class in its share, but of a rare one as many as there are folds."""
    monkeypatch.setattr(probes, "LARGEST_SEARCH", 30)
    x, y = clouds(300, 0)
    kept = np.flatnonzero((y > 5) | (np.arange(300) < 12))
    chosen = probes._some_of_each_class(y[kept], 30)
    classes, counts = np.unique(y[kept][chosen], return_counts=True)
    assert (classes.tolist(), counts.tolist()) == ([5, 6, 7], [3, 14, 14])
    found = evaluate.representation(
        diagonal_model(2), x[kept], y[kept], *clouds(60, 1), labels_per_class=(None,)
    )
    assert by_name(found)["latents", "linear", None].accuracy == 1.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"y_test": np.zeros(5, int)}, "`x_test` has 60 examples, `y_test` 5"),
        ({"y_train": np.arange(9) % 3}, "`x_train` has 30 examples, `y_train` 9"),
        ({"y_train": np.zeros(30)}, "`y_train` must be a row of whole numbers"),
        ({"y_train": np.zeros(30, int)}, "two classes at least"),
        ({"labels_per_class": (1,)}, "two known labels of each"),
        ({"labels_per_class": (11,)}, "class 5 has 10 examples"),
        ({"labels_per_class": (2.5,)}, "`labels_per_class` must be a whole number"),
        ({"num_neighbours": 0}, "`num_neighbours` must be a whole number"),
        ({"max_train": 0}, "`max_train` must be a whole number"),
        ({"seeds": ()}, "`seeds` is empty"),
    ],
)
def test_what_cannot_be_probed_is_refused(arguments, words):
    (x, y), (x_test, y_test) = clouds(30, 0), clouds(60, 1)
    given = {"y_train": y, "y_test": y_test, "labels_per_class": (3,), **arguments}
    with pytest.raises(ValueError, match=words):
        evaluate.representation(diagonal_model(2), x, x_test=x_test, **given)
