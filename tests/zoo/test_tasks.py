"""What each task reads, scores and says, on small models of small images."""

import dataclasses
from typing import Any

import numpy as np
import pytest

import tfvae
from tfvae import evaluate
from tfvae.zoo import data, tasks
from tfvae.zoo.card import card
from tfvae.zoo.labels import Labels
from tfvae.zoo.publishing import publish, verify
from tfvae.zoo.recipe import Recipe, recipes
from tfvae.zoo.tasks.codes import perplexity
from tfvae.zoo.tasks.task import agreement

IMAGE = (8, 8, 1)


def plain(warmup_steps: int) -> tfvae.VAE:
    return tfvae.VAE(
        tfvae.encoders.MLP((16,)),
        tfvae.decoders.MLP((16,)),
        tfvae.families.DiagonalNormal(3),
        tfvae.families.DiscretizedLogistic(IMAGE, num_levels=17),
    )


def given_class(warmup_steps: int) -> tfvae.VAE:
    return tfvae.models.ConditionalVAE(
        tfvae.encoders.MLP((16,)),
        tfvae.decoders.MLP((16,)),
        tfvae.families.DiagonalNormal(3),
        tfvae.families.Bernoulli(IMAGE),
        num_classes=10,
    )


def grouped(warmup_steps: int) -> tfvae.VAE:
    return tfvae.VAE(
        tfvae.encoders.MLP((16,)),
        tfvae.decoders.MLP((16,)),
        tfvae.families.DiagonalNormal(3),
        tfvae.families.Bernoulli(IMAGE),
        tfvae.priors.MixtureOfGaussians(4),
    )


def coded(warmup_steps: int) -> tfvae.VAE:
    return tfvae.models.VQVAE(
        tfvae.encoders.MLP((16,)),
        tfvae.decoders.MLP((16,)),
        tfvae.families.DiscretizedLogistic(IMAGE, num_levels=17),
        num_codes=8,
        code_size=2,
        positions=(4,),
    )


def labelled(warmup_steps: int) -> tfvae.VAE:
    return tfvae.models.M2(
        tfvae.encoders.MLP((16,)),
        tfvae.decoders.MLP((16,)),
        tfvae.families.DiagonalNormal(3),
        tfvae.families.Bernoulli(IMAGE),
        num_classes=10,
    )


RECIPE = Recipe(
    name="small_digits",
    data="digits",
    build=plain,
    summary="A small model of digits.",
    prior="N(0, I)",
    warmup_epochs=0,
    epochs=3,
    batch_size=64,
    learning_rate=1e-2,
    binarization="none",
    num_samples=5,
    seeds=(0,),
    adapts=False,
    validation=300,
)
OUTLIERS = tasks.ImageOutliers(score="negative_elbo", others="digits")
RECIPES = {
    "clusters": dataclasses.replace(
        RECIPE, build=grouped, binarization="dynamic", task=tasks.ImageClusters()
    ),
    "few labels": dataclasses.replace(
        RECIPE, build=labelled, labels=Labels(20, repeats=5), task=tasks.FewLabels()
    ),
    "images by class": dataclasses.replace(
        RECIPE, build=given_class, binarization="dynamic", task=tasks.ConditionalImages()
    ),
    "image codes": dataclasses.replace(RECIPE, build=coded, task=tasks.ImageCodes()),
    "outliers": dataclasses.replace(RECIPE, task=OUTLIERS),
}


class Network:
    """Stands in for the classifier of 28x28 images: classes by the brightest row."""

    name = "rows"

    def __call__(self, x: Any) -> np.ndarray:
        return np.asarray(x).reshape(len(x), -1)

    def classify(self, x: Any) -> np.ndarray:
        return np.argmax(np.asarray(x).sum((2, 3)), 1)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate.FeatureNetwork, "load", lambda name="mnist": Network())


@pytest.fixture(scope="module", params=RECIPES)
def published(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    recipe = RECIPES[request.param]
    patch = pytest.MonkeyPatch()
    patch.setattr(evaluate.FeatureNetwork, "load", lambda name="mnist": Network())
    folder = tmp_path_factory.mktemp("zoo") / recipe.name
    publish(recipe, tmp_path_factory.mktemp("runs"), folder, verbose=0)
    yield recipe, folder
    patch.undo()


def test_a_preset_of_each_task_can_be_verified(
    published: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, folder = published
    monkeypatch.setattr("tfvae.zoo.publishing.find", lambda name: recipe)
    lines: list[str] = []
    assert verify(str(folder), lines.append), lines
    assert len(lines) == len(tfvae.zoo.info(str(folder))["runs"][0]["scores"]) >= 2


def test_its_card_is_what_its_metadata_make(published: Any) -> None:
    recipe, folder = published
    metadata = tfvae.zoo.read_preset(folder).metadata
    page = (folder / "README.md").read_text()
    assert page == card(metadata)
    scores = metadata["runs"][0]["scores"]
    for row in recipe.task.rows:
        assert row.key in scores
        assert f"{row.sign * scores[row.key]:.{row.digits}f}" in page
    assert "spread over seeds is" in page
    assert metadata["files"]["model.weights.h5"]["sha256"] in page
    assert (folder / "samples.png").read_bytes().startswith(b"\x89PNG")
    assert ("latents.png" in page) == (folder / "latents.png").exists()


def test_what_a_card_shows_as_use_runs(published: Any) -> None:
    recipe, folder = published
    vae = tfvae.VAE.from_preset(folder)
    images = data.load("digits").x_test[:4]
    named = {"vae": vae, "tfvae": tfvae, "images": images}
    code = "\n".join(recipe.task.example(tfvae.zoo.read_preset(folder).metadata))
    exec(code.replace('info("small_digits")', f"info({str(folder)!r})"), named)


def test_classes_stand_beside_the_images_they_are_of() -> None:
    recipe, dataset = RECIPES["images by class"], data.load("digits")
    x, y = recipe.task.training(recipe, dataset, 0)
    assert y is None and len(x["x"]) == len(x["condition"]) == len(dataset.x_train) - 300
    validation, test = recipe.task.held_out(recipe, dataset)
    np.testing.assert_array_equal(validation["condition"], dataset.y_train[-300:])
    np.testing.assert_array_equal(test["condition"], dataset.y_test)
    np.testing.assert_array_equal(x["x"].x, dataset.x_train[:-300])


def test_thresholds_pass_the_stated_share_of_images_held_out(published: Any) -> None:
    recipe, folder = published
    if recipe.task.name != "outliers":
        pytest.skip("has no thresholds")
    about = tfvae.zoo.info(str(folder))["outlier_score"]
    vae, dataset = tfvae.VAE.from_preset(folder), data.load("digits")
    held = recipe.task.held_out(recipe, dataset)[0]
    scores = evaluate.outlier_scores(vae, held, scores=(about["method"],), seed=0)
    for rate, threshold in about["thresholds"].items():
        above = np.mean(scores[about["method"]] > threshold)
        assert float(rate) - 2.0 / len(held) < above <= float(rate)


def test_components_have_the_class_of_most_of_their_images() -> None:
    recipe, dataset = RECIPES["clusters"], data.load("digits")

    class Known:
        """Puts every image of the class 3 into component 1, and all others into 0."""

        latents = type("Latents", (), {"num_components": 3})

        def cluster(self, images: Any) -> np.ndarray:
            labels = dataset.y_train[: len(images)]
            return np.where(labels == 3, 1, 0)

    (zero, one, none) = recipe.task.facts(recipe, Known(), dataset)["components"]
    share = float(np.mean(dataset.y_train[:-300] == 3))
    assert one == {"share": pytest.approx(share), "class": "3", "purity": 1.0}
    assert zero["purity"] == pytest.approx(
        np.bincount(dataset.y_train[:-300][dataset.y_train[:-300] != 3]).max()
        / (1.0 - share)
        / len(dataset.y_train[:-300])
    )
    assert (none["share"], none["class"]) == (0.0, None)


def test_components_are_matched_with_classes_where_there_are_not_more_of_them() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    few = agreement(labels, np.array([5, 5, 7, 7, 7, 7]))
    assert few["clustering_accuracy"] == pytest.approx(5 / 6) and "majority_accuracy" not in few
    many = agreement(labels, np.array([5, 5, 7, 7, 9, 9]))
    assert many["majority_accuracy"] == pytest.approx(5 / 6) and "clustering_accuracy" not in many


def test_perplexity_counts_codes_that_are_used_alike() -> None:
    assert perplexity(np.array([[0, 3], [3, 0]]), 8) == pytest.approx(2.0)
    assert perplexity(np.zeros([5, 2], int), 8) == pytest.approx(1.0)


def test_every_recipe_has_a_task_that_metadata_can_name() -> None:
    for recipe in recipes().values():
        assert type(tasks.task_named(recipe.task.name)) is type(recipe.task)
