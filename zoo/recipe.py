"""What a recipe is, and how it is trained: in stages that go on where a killed run stopped."""

import importlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from tfvae import VAE
from tfvae.callbacks import Resume
from tfvae.pipeline import Images

from . import data
from .errors import PresetNotFoundError

VALIDATION_SEED = 777


@dataclass(frozen=True)
class Recipe:
    """How a preset is trained.

    Training has two stages. In the first the mixture is a single Gaussian, all components alike,
    and the rate's weight rises to 1; then `adapt` starts the components from the encoder's means,
    and the second stage trains everything. The learning rate falls to zero over both.

    Args:
        name: name of the preset.
        data: name of the data set, as `tfvae.zoo.data.load` knows it.
        build: makes the model; its argument is the number of steps of the warm-up.
        summary: one sentence for the card.
        prior: what the prior is, in a few words.
        warmup_epochs: length of the first stage.
        epochs: length of both.
        batch_size: examples a step.
        learning_rate: where the cosine schedule of Adam starts.
        binarization: how training images are made binary; test images are binarised once.
        num_samples: importance samples of the card's log-likelihood.
        seeds: seeds of training; the first one's weights are the preset.
    """

    name: str
    data: str
    build: Callable[[int], Any]
    summary: str
    prior: str
    warmup_epochs: int
    epochs: int
    batch_size: int
    learning_rate: float
    binarization: str
    num_samples: int
    seeds: tuple[int, ...]

    def describe(self) -> dict[str, Any]:
        """Returns the recipe's numbers and names, for the metadata of the preset."""
        skipped = ("build", "name", "summary", "prior")
        described = {key: value for key, value in vars(self).items() if key not in skipped}
        return {**described, "seeds": list(self.seeds)}


def find(name: str) -> Recipe:
    """Returns the recipe of that name.

    Raises:
        PresetNotFoundError: if there is none.

    Example:
        >>> find("gmvae_mnist").data
        'mnist'
    """
    try:
        module = importlib.import_module(f".recipes.{name}", __package__)
    except ModuleNotFoundError as error:
        raise PresetNotFoundError(f"There is no recipe {name!r} in zoo/recipes.") from error
    return module.RECIPE


def training_images(recipe: Recipe, dataset: data.Dataset, seed: int) -> Images:
    """Returns the training images as the recipe makes them binary."""
    return Images(dataset.x_train, recipe.binarization, seed=seed)


def test_images(recipe: Recipe, dataset: data.Dataset) -> Images:
    """Returns the test images, binarised once, or as they are if the recipe takes them so."""
    once = "none" if recipe.binarization == "none" else "fixed"
    return Images(dataset.x_test, once, seed=VALIDATION_SEED)


def train(recipe: Recipe, seed: int, folder: Path, verbose: Any = "auto") -> Any:
    """Trains one seed of a recipe, or goes on with it, and returns the trained model.

    Args:
        recipe: the recipe.
        seed: seed of the weights, of the order of the data and of all noise.
        folder: where the run is kept; a finished one is loaded from there.
        verbose: as in `fit`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finished, started = folder / "trained.keras", folder / "adapted.keras"
    if finished.exists():
        return VAE.load(finished)
    dataset = data.load(recipe.data)
    images = training_images(recipe, dataset, seed)
    steps = -(-len(images) // recipe.batch_size)
    with _Clock(folder / "seconds.json"):
        if started.exists():
            vae = VAE.load(started)
        else:
            keras.utils.set_random_seed(seed)
            vae = recipe.build(steps * recipe.warmup_epochs)
            schedule = keras.optimizers.schedules.CosineDecay(
                recipe.learning_rate, steps * recipe.epochs
            )
            vae.compile(keras.optimizers.Adam(schedule))
            _fit(vae, images, recipe, 0, recipe.warmup_epochs, folder / "warmup", verbose)
            vae.adapt(dataset.x_train)
            _save(vae, started)
        _fit(vae, images, recipe, recipe.warmup_epochs, recipe.epochs, folder / "main", verbose)
        _save(vae, finished)
    return vae


def wall_seconds(folder: Path) -> float:
    """Returns how long a run took, pauses between its parts not counted."""
    return float(json.loads((folder / "seconds.json").read_text()))


def _fit(
    vae: Any, images: Images, recipe: Recipe, first: int, last: int, folder: Path, verbose: Any
) -> None:
    vae.fit(
        images,
        batch_size=recipe.batch_size,
        epochs=last,
        initial_epoch=first,
        callbacks=[Resume(folder, every=5)],
        verbose=verbose,
    )


def _save(vae: Any, path: Path) -> None:
    temporary = path.with_name(f".partial-{path.name}")
    vae.save(temporary)
    os.replace(temporary, path)


class _Clock:
    """Adds the time spent inside it to the number in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        self.before = float(json.loads(self.path.read_text())) if self.path.exists() else 0.0
        self.start = time.monotonic()

    def __exit__(self, *_: Any) -> None:
        temporary = self.path.with_suffix(".partial")
        temporary.write_text(json.dumps(self.before + time.monotonic() - self.start))
        os.replace(temporary, self.path)


def scores(recipe: Recipe, vae: Any, dataset: data.Dataset) -> dict[str, float]:
    """Returns the figures of the card for one trained model, on the test set.

    Evidence is of the test images binarised once with seed 777; clusters are of the same images.
    """
    from tfvae import evaluate

    images = test_images(recipe, dataset)
    evidence = evaluate.evidence(vae, images, num_samples=recipe.num_samples, seed=0)
    clusters = vae.cluster(images)
    return {
        **{key: value for key, value in evidence.items() if isinstance(value, float)},
        "clustering_accuracy": evaluate.clustering_accuracy(dataset.y_test, clusters),
        "normalised_mutual_information": evaluate.normalised_mutual_information(
            dataset.y_test, clusters
        ),
    }
