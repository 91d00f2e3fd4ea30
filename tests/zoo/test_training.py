"""Training a recipe: its stages, its patience and its budget, and going on after a kill."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfvae
from tfvae.zoo import data, training
from tfvae.zoo.recipe import Recipe, recipes
from tfvae.zoo.training import record, train


def small(warmup_steps: int) -> tfvae.VAE:
    return tfvae.VAE(
        tfvae.encoders.MLP((16,)),
        tfvae.decoders.MLP((16,)),
        posterior=tfvae.families.DiagonalNormal(3),
        prior=tfvae.priors.MixtureOfGaussians(4, spread=0.0),
        likelihood=tfvae.families.Bernoulli((8, 8, 1)),
        objective=tfvae.objectives.ELBO(beta=tfvae.objectives.Warmup(warmup_steps)),
    )


RECIPE = Recipe(
    name="small_digits",
    data="digits",
    build=small,
    summary="A small model of digits.",
    prior="4 Gaussians",
    warmup_epochs=1,
    epochs=4,
    batch_size=128,
    learning_rate=1e-3,
    binarization="dynamic",
    num_samples=5,
    seeds=(0, 1),
    validation=300,
    patience=5,
)
STEPS = 9


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run from end to end."""
    folder = tmp_path_factory.mktemp("runs") / "seed-0"
    train(RECIPE, 0, folder, verbose=0)
    return folder


def equal(ours: Any, theirs: Any) -> None:
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_a_run_says_how_it_went(whole: Path) -> None:
    found = record(whole)
    assert (found["epochs"], found["ended"]) == (4, "epochs")
    elbos = found["validation_elbos"]
    assert len(elbos) == 3
    # The best of the epochs after the warm-up, which are numbered from 2.
    assert (found["kept_epoch"], found["validation_elbo"]) == (np.argmax(elbos) + 2, max(elbos))
    assert found["wall_seconds"] > 0.0 and found["processor_seconds"] > 0.0


def test_what_is_kept_is_the_best_on_validation(whole: Path) -> None:
    vae = tfvae.VAE.load(whole / "trained.keras")
    held = RECIPE.task.held_out(RECIPE, data.load("digits"))[0]
    again = vae.evaluate(held, batch_size=128, verbose=0, return_dict=True)["elbo"]
    assert again == pytest.approx(record(whole)["validation_elbo"], abs=0.5)


def test_a_finished_run_is_not_trained_again(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_Run", None)
    assert int(train(RECIPE, 0, whole, verbose=0).optimizer.iterations.numpy()) == 4 * STEPS


@pytest.mark.parametrize("epoch", [0, 2])
def test_a_killed_run_ends_as_one_that_was_not(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: int
) -> None:
    """Killed in the warm-up it begins again, and after it, where the model was adapted."""
    tick, count = training._Clock.tick, iter(range(100))

    def killed(clock: Any) -> Any:
        if next(count) == epoch:
            raise KeyboardInterrupt
        return tick(clock)

    monkeypatch.setattr(training._Clock, "tick", killed)
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, 0, tmp_path, verbose=0)
    assert not (tmp_path / "trained.keras").exists()
    monkeypatch.undo()
    equal(train(RECIPE, 0, tmp_path, verbose=0), tfvae.VAE.load(whole / "trained.keras"))


def test_patience_ends_a_run(tmp_path: Path) -> None:
    # At this rate no epoch is better than the first.
    hasty = dataclasses.replace(RECIPE, patience=1, epochs=30, learning_rate=0.3, decay=False)
    train(hasty, 0, tmp_path, verbose=0)
    found = record(tmp_path)
    assert found["ended"] == "patience"
    assert found["epochs"] == found["kept_epoch"] + 1 < 30


def test_a_budget_ends_a_run(tmp_path: Path) -> None:
    poor = dataclasses.replace(RECIPE, processor_minutes=1e-9)
    train(poor, 0, tmp_path, verbose=0)
    assert (record(tmp_path)["epochs"], record(tmp_path)["ended"]) == (2, "budget")


def test_images_are_split_and_made_binary_as_published() -> None:
    dataset = data.load("digits")
    assert len(RECIPE.task.training(RECIPE, dataset, 0)[0]) == len(dataset.x_train) - 300
    validation, test = RECIPE.task.held_out(RECIPE, dataset)
    generator = np.random.RandomState(777)
    np.testing.assert_array_equal(validation.x, generator.binomial(1, dataset.x_train[-300:]))
    np.testing.assert_array_equal(test.x, generator.binomial(1, dataset.x_test))
    assert (test.binarization, test.seed) == ("fixed", 777)


def test_patience_needs_images_to_watch() -> None:
    with pytest.raises(ValueError, match="needs `validation`"):
        dataclasses.replace(RECIPE, validation=0)
    with pytest.raises(ValueError, match="from 0 to `epochs`"):
        dataclasses.replace(RECIPE, warmup_epochs=5)


IMAGES = ("mnist", "fashion_mnist")
OF_MNIST = [name for name in recipes() if "fashion" not in name and "long" not in name]


@pytest.mark.parametrize("name", OF_MNIST)
def test_every_model_of_a_recipe_builds(name: str) -> None:
    recipe = recipes()[name]
    assert recipe.name == name
    below = [] if recipe.first is None else [recipe.first.build(10)]
    vae = recipe.build(10, *below)
    assert recipe.data not in IMAGES or vae.event_shape == (28, 28, 1)
