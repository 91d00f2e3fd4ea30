"""Outliers of a model whose densities are known, and models of one class each."""

from typing import Any

import numpy as np
import pytest

import tfvae
from tests.gaussian_data import draws
from tests.test_linear_gaussian import PIXELS, Truth, data, exact_model, truth_for
from tfvae import evaluate

FULL = tfvae.families.FullNormal


def test_the_likelihood_detects_as_the_exact_density_does() -> None:
    truth = truth_for(FULL)
    vae, x_in = exact_model(FULL, truth), data(truth, 200)
    x_out = truth.loc + 1.3 * (data(truth, 150, seed=2) - truth.loc)
    names = ("negative_log_likelihood", "latent_density")
    found = evaluate.outliers(vae, x_in, x_out, scores=names, num_samples=3)
    expected = evaluate.detection_metrics(
        -truth.evidence.logpdf(x_in), -truth.evidence.logpdf(x_out)
    )
    assert 0.6 < expected["auroc"] < 0.95
    assert found["negative_log_likelihood"] == pytest.approx(expected, abs=0.01)
    posteriors = (np.square(truth.posterior(x)).sum(axis=1) for x in (x_in, x_out))
    expected = evaluate.detection_metrics(*posteriors)
    assert found["latent_density"] == pytest.approx(expected, abs=0.01)


def test_every_score_is_a_row_and_a_seed_gives_the_same_table() -> None:
    truth = truth_for(FULL)
    vae, x_in, x_out = exact_model(FULL, truth), data(truth, 12), data(truth, 8, seed=2) + 1.0
    arguments: dict[str, Any] = {"x_train": x_in, "num_samples": 3, "value_range": (-20.0, 20.0)}
    found = evaluate.outliers(vae, x_in, x_out, **arguments)
    assert set(found) == set(evaluate.outlier_scores(vae, x_in, **arguments))
    assert "typicality" in found
    for row in found.values():
        assert set(row) == set(evaluate.detection_metrics([0.0], [1.0]))
        assert all(0.0 <= value <= 1.0 for value in row.values())
    some = ("typicality", "negative_log_likelihood", "negative_elbo")
    again = evaluate.outliers(vae, x_in, x_out, scores=some, **arguments)
    assert again == {name: found[name] for name in some}
    other = evaluate.outliers(vae, x_in, x_out, scores="negative_elbo", seed=1)
    assert other["negative_elbo"] != found["negative_elbo"]


def of_two_classes(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Examples of two linear models that differ in their mean, and whose they are."""
    generator = np.random.RandomState(seed)
    labels = generator.randint(0, 2, count)
    truth = truth_for(FULL)
    noise = draws(truth.evidence, count, generator) - truth.loc
    return noise + np.where(labels, 0.8, -0.8)[:, None], np.array([4, 9])[labels]


def test_each_class_is_learned_alone_and_tells_the_others() -> None:
    x_train, y_train = of_two_classes(60, seed=1)
    x_test, y_test = of_two_classes(200, seed=2)
    calls = []

    def train(x: np.ndarray, seed: int) -> tfvae.VAE:
        calls.append((x, seed))
        shape = truth_for(FULL)
        return exact_model(
            FULL, Truth(shape.loadings, np.sign(x.mean()) * np.full(PIXELS, 0.8), 0.4)
        )

    scores = ("negative_elbo", "typicality")
    found = evaluate.one_class(train, x_train, y_train, x_test, y_test, scores, seed=5)
    assert list(found["classes"]) == [4, 9]
    assert [seed for _, seed in calls] == [5, 6]
    for (x, seed), label in zip(list(calls), (4, 9), strict=True):
        np.testing.assert_array_equal(x, x_train[y_train == label])
        inside = y_test == label
        # Fresh models, whose functions are traced anew, on the same examples and seeds.
        expected = evaluate.outliers(
            train(x, seed), x_test[inside], x_test[~inside], x, scores, seed=seed
        )
        assert found["classes"][label]["negative_elbo"] == pytest.approx(expected["negative_elbo"])
        assert found["classes"][label]["negative_elbo"]["auroc"] > 0.7
    for name in scores:
        values = [found["classes"][label][name]["auroc"] for label in (4, 9)]
        assert found["mean_auroc"][name] == pytest.approx(np.mean(values))


def test_classes_that_make_no_protocol_are_refused() -> None:
    x, y = np.zeros([4, 3]), np.array([0, 0, 1, 1])
    for labels, others, words in (
        (y, np.array([0, 0, 0, 0]), r"of \[0, 1\] and \[0\]"),
        (np.zeros(4, int), np.zeros(4, int), "two at least"),
        (y[:3], y, "`y_train` must be whole numbers, one for each of the 4"),
        (y, y.astype(float), "`y_test` must be whole numbers"),
    ):
        with pytest.raises(ValueError, match=words):
            evaluate.one_class(lambda x, seed: None, x, labels, x, others)
