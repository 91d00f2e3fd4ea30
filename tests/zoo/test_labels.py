"""Recipes with few labels: what may be looked at, and that runs go on where they were killed."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfvae
from tfvae.zoo import data, training
from tfvae.zoo.labels import Labels
from tfvae.zoo.recipe import Recipe, recipes
from tfvae.zoo.recipes import few_labels
from tfvae.zoo.tasks import FewLabels
from tfvae.zoo.training import record, train

IMAGE = (8, 8, 1)
EPOCHS = 6


def lower(warmup_steps: int) -> tfvae.VAE:
    return tfvae.VAE(
        tfvae.encoders.MLP((64,)),
        tfvae.decoders.MLP((64,)),
        tfvae.families.DiagonalNormal(6),
        tfvae.families.Bernoulli(IMAGE),
    )


def m2(warmup_steps: int) -> tfvae.VAE:
    return tfvae.models.M2(
        tfvae.encoders.MLP((16,)),
        tfvae.decoders.MLP((16,)),
        tfvae.families.DiagonalNormal(3),
        tfvae.families.Bernoulli(IMAGE),
        weight=30.0,
    )


def stacked(warmup_steps: int, trained: tfvae.VAE) -> tfvae.VAE:
    """M2 on the latents of a model that stays as it is."""
    posterior = trained.latents.posterior
    for part in (trained.encoder, trained.decoder, trained.likelihood, posterior):
        part.trainable = False
    return tfvae.models.M1M2(
        trained.encoder,
        trained.decoder,
        posterior,
        trained.likelihood,
        upper_encoder=tfvae.encoders.MLP((64,)),
        upper_decoder=tfvae.decoders.MLP((64,)),
        upper=tfvae.families.DiagonalNormal(3),
        weight=30.0,
    )


LOWER = Recipe(
    name="small_digits",
    data="digits",
    build=lower,
    summary="A small model of digits.",
    prior="N(0, I)",
    warmup_epochs=0,
    epochs=EPOCHS,
    batch_size=64,
    learning_rate=1e-2,
    binarization="none",
    num_samples=5,
    seeds=(0, 1),
    adapts=False,
    validation=300,
)
M2 = dataclasses.replace(
    LOWER, name="m2", build=m2, warmup_epochs=0, labels=Labels(100, repeats=4), task=FewLabels()
)
STACKED = dataclasses.replace(M2, name="m1m2", build=stacked, first=LOWER)


@pytest.fixture(scope="module", params=[M2, STACKED], ids=lambda recipe: recipe.name)
def whole(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, Path]:
    """A run from end to end."""
    folder = tmp_path_factory.mktemp("runs") / "seed-0"
    train(request.param, 0, folder, verbose=0)
    return request.param, folder


def test_labels_are_as_many_of_each_class_and_those_of_the_seed() -> None:
    y = np.random.RandomState(0).randint(0, 10, 900)
    labels = Labels(50)
    rows = labels.rows(y, 3)
    assert np.bincount(y[rows], minlength=10).tolist() == [5] * 10
    assert len(set(rows.tolist())) == 50
    np.testing.assert_array_equal(rows, labels.rows(y, 3))
    # Of 900 images, two draws of 50 share about three.
    assert len(set(rows.tolist()) & set(labels.rows(y, 4).tolist())) < 15


def test_only_the_drawn_labels_are_given() -> None:
    y = np.arange(40) % 4
    rows, given = Labels(8, repeats=3).given(y, 0)
    known = Labels(8).rows(y, 0)
    assert np.bincount(rows, minlength=40).tolist() == [3 if i in known else 1 for i in range(40)]
    np.testing.assert_array_equal(given, np.where(np.isin(rows, known), y[rows], -1))
    alone, of_alone = Labels(8, repeats=2, alone=True).given(y, 0)
    np.testing.assert_array_equal(np.sort(alone), np.repeat(known, 2))
    np.testing.assert_array_equal(of_alone, y[alone])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Labels(0), "at least 1"),
        (lambda: Labels(10, repeats=0), "at least 1"),
        (lambda: Labels(6).rows(np.arange(20) % 4, 0), "evenly by 4 classes"),
        (lambda: Labels(40).rows(np.arange(20) % 4, 0), "has 5 examples"),
    ],
)
def test_labels_that_cannot_be_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_images_held_out_and_test_images_have_no_part() -> None:
    dataset = data.load("digits")
    images, labels = M2.task.training(M2, dataset, 2)
    assert labels is not None
    trained_on = dataset.x_train[:-300]
    np.testing.assert_array_equal(images.x[: len(trained_on)], trained_on)
    known = labels[: len(trained_on)] >= 0
    np.testing.assert_array_equal(labels[: len(known)][known], dataset.y_train[:-300][known])
    assert np.bincount(dataset.y_train[:-300][known]).tolist() == [10] * 10
    np.testing.assert_array_equal(
        images.x[len(trained_on) :], np.tile(trained_on[known], (3, 1, 1, 1))
    )
    assert (labels[len(trained_on) :] >= 0).all()


def test_other_labels_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """With all labels but the drawn ones wrong, the data are the same."""
    dataset = data.load("digits")
    images, labels = M2.task.training(M2, dataset, 0)
    assert labels is not None
    known = labels[: len(dataset.y_train) - 300] >= 0
    wrong = dataset.y_train.copy()
    wrong[: len(known)][~known] = 7
    drawn = np.flatnonzero(known)
    monkeypatch.setattr(Labels, "rows", lambda self, y, seed: drawn)
    again, same = M2.task.training(M2, dataclasses.replace(dataset, y_train=wrong), 0)
    np.testing.assert_array_equal(labels, same)
    np.testing.assert_array_equal(images.x, again.x)


def test_labels_and_their_task_come_together() -> None:
    for changed in ({"labels": None}, {"task": LOWER.task}):
        with pytest.raises(ValueError, match="need each other"):
            dataclasses.replace(M2, **changed)


def test_without_labels_there_are_none() -> None:
    dataset = data.load("digits")
    images, labels = LOWER.task.training(LOWER, dataset, 0)
    assert labels is None
    np.testing.assert_array_equal(images.x, dataset.x_train[:-300])


def test_the_error_is_the_share_of_wrong_labels(whole: tuple[Recipe, Path]) -> None:
    recipe, folder = whole
    dataset, vae = data.load("digits"), tfvae.VAE.load(folder / "trained.keras")
    found = recipe.task.scores(recipe, vae, dataset)
    labels = np.array([int(np.argmax(row)) for row in vae.responsibilities(dataset.x_test)])
    wrong = sum(a != b for a, b in zip(labels, dataset.y_test.tolist(), strict=True))
    assert found["error"] == pytest.approx(100.0 * wrong / len(labels), abs=1e-9)
    # Chance is 90.
    assert found["error"] < 80.0


def test_what_was_trained_first_stays_and_its_time_counts(whole: tuple[Recipe, Path]) -> None:
    recipe, folder = whole
    found = record(folder)
    assert found["epochs"] == EPOCHS
    if recipe.first is None:
        assert "first" not in found
        return
    first, vae = (
        tfvae.VAE.load(path)
        for path in (folder / "first" / "trained.keras", folder / "trained.keras")
    )
    for part in ("encoder", "decoder", "likelihood"):
        for old, new in zip(
            getattr(first, part).get_weights(), getattr(vae, part).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(old, new)
    assert found["wall_seconds"] > found["first"]["wall_seconds"] > 0.0


@pytest.mark.parametrize(
    "whole", [M2, pytest.param(STACKED, marks=pytest.mark.slow)], ids=["m2", "m1m2"], indirect=True
)
def test_a_killed_run_ends_as_one_that_was_not(
    whole: tuple[Recipe, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in its last epoch; where another is trained first, in that one's before."""
    recipe, folder = whole
    tick, count = training._Clock.tick, iter(range(100))
    # The clock ticks after each epoch, and once more at the end.
    last = EPOCHS - 1
    kills = (last,) if recipe.first is None else (last, last + 1 + EPOCHS + 1)

    def killed(clock: Any) -> Any:
        if next(count) in kills:
            raise KeyboardInterrupt
        return tick(clock)

    monkeypatch.setattr(training._Clock, "tick", killed)
    for _ in kills:
        with pytest.raises(KeyboardInterrupt):
            train(recipe, 0, tmp_path, verbose=0)
    assert not (tmp_path / "trained.keras").exists()
    ours = train(recipe, 0, tmp_path, verbose=0)
    theirs = tfvae.VAE.load(folder / "trained.keras")
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_a_recipe_says_which_labels_it_takes() -> None:
    described = STACKED.describe()
    assert described["labels"] == {"count": 100, "repeats": 4, "alone": False}
    assert described["first"]["epochs"] == EPOCHS and "labels" not in described["first"]


@pytest.mark.parametrize("name", [name for name, r in recipes().items() if r.labels])
def test_a_sixth_of_what_is_read_has_a_label(name: str) -> None:
    labels = recipes()[name].labels
    assert labels is not None
    rows, given = labels.given(np.arange(50_000) % 10, 0)
    assert (given >= 0).sum() == few_labels.LABELLED_READ
    assert len(rows) == (10_000 if labels.alone else 60_000 - labels.count)
