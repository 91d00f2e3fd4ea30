"""What a recipe is: how a model is trained, down to the seed; and where recipes are found."""

import difflib
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any

from .errors import PresetNotFoundError
from .labels import Labels
from .tasks import FewLabels, ImageTask, Task


@dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    The rate's weight rises to 1 over the first epochs. Where the recipe says so, `adapt` then
    starts from the encoder's latents what can start from them, and training goes on. With a
    patience, the weights kept are those of the epoch with the best ELBO on the validation images;
    without one, the last.

    Args:
        name: name of the recipe, and of the preset that it makes.
        data: name of the data set, as `tfvae.zoo.data.load` knows it.
        build: makes the model; its arguments are the number of steps of the warm-up, and the model
            of `first` if there is one.
        summary: one sentence for the card.
        prior: what the prior is, in a few words.
        warmup_epochs: epochs in which the rate's weight rises to 1.
        epochs: epochs in all, or the most of them.
        batch_size: examples a step.
        learning_rate: Adam's, at the start.
        binarization: how training images are made binary; others are binarised once.
        num_samples: importance samples of the log-likelihood.
        seeds: seeds of training; the first one's weights are the preset.
        decay: whether the learning rate falls to 0 along half a cosine; else it stays.
        adapts: whether `adapt` is called after the warm-up.
        pretraining_epochs: epochs in which `adapt` first trains an autoencoder.
        validation: how many of the training images, the last ones, are held out.
        patience: epochs without a better validation ELBO after which training ends; None for no
            such end.
        processor_minutes: processor time, of all cores, after which training ends; None for no
            such end.
        labels: which labels are trained with; None for none.
        first: a recipe that is trained before, by the same seed, to build upon.
        task: what its data are for: what is read and held out of them, and how models are scored.
    """

    name: str
    data: str
    build: Callable[..., Any]
    summary: str
    prior: str
    warmup_epochs: int
    epochs: int
    batch_size: int
    learning_rate: float
    binarization: str
    num_samples: int
    seeds: tuple[int, ...]
    decay: bool = True
    adapts: bool = True
    pretraining_epochs: int = 0
    validation: int = 0
    patience: int | None = None
    processor_minutes: float | None = None
    labels: Labels | None = None
    first: "Recipe | None" = None
    task: Task = ImageTask()

    def __post_init__(self) -> None:
        """Checks what would otherwise fail after hours."""
        if self.patience is not None and not self.validation:
            raise ValueError(f"{self.name}: `patience` needs `validation` images to watch.")
        if self.pretraining_epochs and not self.adapts:
            raise ValueError(f"{self.name}: `pretraining_epochs` are a part of `adapt`.")
        if (self.labels is not None) != isinstance(self.task, FewLabels):
            raise ValueError(f"{self.name}: `labels` and the task `FewLabels` need each other.")
        if not 0 <= self.warmup_epochs <= self.epochs:
            raise ValueError(f"{self.name}: `warmup_epochs` must be from 0 to `epochs`.")

    def describe(self) -> dict[str, Any]:
        """Returns the recipe's numbers and names, those left at their defaults aside."""
        skipped = ("build", "name", "summary", "prior", "task")
        described = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in skipped
            and (field.default is MISSING or getattr(self, field.name) != field.default)
        }
        described["seeds"] = list(self.seeds)
        if self.labels is not None:
            described["labels"] = vars(self.labels)
        if self.first is not None:
            described["first"] = self.first.describe()
        return described


def recipes() -> dict[str, Recipe]:
    """Returns all recipes of `zoo/recipes`, by name.

    Example:
        >>> "gmvae_mnist" in recipes()
        True
    """
    package = importlib.import_module(".recipes", __package__)
    found: dict[str, Recipe] = {}
    for module in pkgutil.iter_modules(package.__path__):
        held = vars(importlib.import_module(f".recipes.{module.name}", __package__))
        made = [held["RECIPE"]] if "RECIPE" in held else held.get("RECIPES", ())
        found |= {recipe.name: recipe for recipe in made}
    return dict(sorted(found.items()))


def find(name: str) -> Recipe:
    """Returns the recipe of that name.

    Raises:
        PresetNotFoundError: if there is none.

    Example:
        >>> find("gmvae_mnist").data
        'mnist'
    """
    known = recipes()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise PresetNotFoundError(f"There is no recipe {name!r} in zoo/recipes.{hint}")
