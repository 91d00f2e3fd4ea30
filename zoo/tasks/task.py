"""What a recipe's data are for: what training reads, how a model is scored, what its card says."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from tfvae import evaluate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..data import Dataset
    from ..recipe import Recipe

SHOWN = 2_000


class Row(NamedTuple):
    """A row of a card's table of scores.

    Attributes:
        title: what is scored, with its unit.
        key: the score's name.
        sign: what the score is multiplied by.
        digits: digits behind the point.
    """

    title: str
    key: str
    sign: float = 1.0
    digits: int = 2


EVIDENCE = (
    Row("Negative log-likelihood, nats", "log_likelihood", -1.0),
    Row("Negative ELBO, nats", "elbo", -1.0),
    Row("Rate, nats", "rate"),
    Row("Distortion, nats", "distortion"),
)
CLUSTERS = (
    Row("Clustering accuracy", "clustering_accuracy", digits=4),
    Row("Accuracy of the components' majority classes", "majority_accuracy", digits=4),
    Row("Normalised mutual information", "normalised_mutual_information", digits=4),
)


class Task(ABC):
    """What all recipes of a kind have in common, beside how they are trained.

    Here examples are arrays that are read as they are. A kind that reads or scores them otherwise,
    or has more to say, overrides that.

    Attributes:
        name: what metadata call it.
        rows: the rows of the card's table, of which those are printed that have a score.
        headline: the keys of at most two rows that tell a preset from others of its kind.
        tags: what hubs file such a model under.
    """

    name: ClassVar[str]
    rows: ClassVar[tuple[Row, ...]] = (*EVIDENCE, *CLUSTERS)
    headline: ClassVar[tuple[str, ...]] = ("log_likelihood", "clustering_accuracy")
    tags: ClassVar[tuple[str, ...]] = ()

    def training(self, recipe: "Recipe", dataset: "Dataset", seed: int) -> tuple[Any, Any]:
        """Returns what `fit` reads in an epoch: x, and y or None."""
        return dataset.x_train[: len(dataset.x_train) - recipe.validation], None

    def held_out(self, recipe: "Recipe", dataset: "Dataset") -> tuple[Any, Any]:
        """Returns the validation and the test examples, as the model reads them."""
        return dataset.x_train[len(dataset.x_train) - recipe.validation :], dataset.x_test

    def scores(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, float]:
        """Returns the figures of the card for one trained model, on the test set.

        A figure's standard error over examples has its name and `_standard_error`.
        """
        return evidence_and_clusters(recipe, vae, self.held_out(recipe, dataset)[1], dataset)

    def facts(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, Any]:
        """Returns what else the metadata shall say of the first seed's model, in plain JSON."""
        return {}

    @abstractmethod
    def sheet(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> "Figure":
        """Returns the picture that shows what the model does."""

    def latent_map(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> "Figure | None":
        """Returns the picture of the latents of some test examples, or None."""
        from tfvae import plots

        x = first_of(self.held_out(recipe, dataset)[1], SHOWN)
        if not dataset.class_names:
            return plots.latent_projection(vae, x)
        return plots.latent_projection(vae, x, dataset.y_test[:SHOWN], dataset.class_names)

    @abstractmethod
    def example(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns the lines of code that show its use, after `vae` was loaded."""

    @abstractmethod
    def caption(self, metadata: Mapping[str, Any]) -> str:
        """Returns what the sheet shows, in a few words."""

    @abstractmethod
    def protocol(self, metadata: Mapping[str, Any]) -> str:
        """Returns how the scores were computed, in a few sentences."""

    @abstractmethod
    def intended_use(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such a model is for, in a few sentences."""

    @abstractmethod
    def limits(self, metadata: Mapping[str, Any]) -> str:
        """Returns what it must not be trusted with, in a few sentences."""

    def sections(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns further lines of the card, headings included."""
        return []


def evidence_and_clusters(
    recipe: "Recipe", vae: Any, x: Any, dataset: "Dataset"
) -> dict[str, float]:
    """Returns the evidence of test examples, and, of a model with components, its clusters' worth.

    Args:
        recipe: how many importance samples are drawn.
        vae: the model.
        x: the test examples.
        dataset: their classes, if there are any.
    """
    evidence = evaluate.evidence(vae, x, num_samples=recipe.num_samples, seed=0)
    found = {key: value for key, value in evidence.items() if isinstance(value, float)}
    if vae.latents.num_components is None or not dataset.class_names:
        return found
    return {**found, **agreement(dataset.y_test, vae.cluster(x))}


def agreement(labels: np.ndarray, clusters: np.ndarray) -> dict[str, float]:
    """Returns how clusters agree with classes: by what they tell of them, and when matched.

    Matched by the Hungarian method, `clustering_accuracy`; where there are more clusters than
    classes, each with the class that most of its examples have, `majority_accuracy`.
    """
    found = evaluate.clustering(labels, clusters)
    many = len(np.unique(clusters)) > len(np.unique(labels))
    key = "majority_accuracy" if many else "clustering_accuracy"
    return {
        key: found.majority_accuracy if many else found.accuracy,
        "normalised_mutual_information": found.normalised_mutual_information,
    }


def first_of(x: Any, count: int) -> Any:
    """Returns the first examples, of arrays, `Images`, or a dict of them."""
    if isinstance(x, Mapping):
        return {name: first_of(values, count) for name, values in x.items()}
    return x.with_values(x.x[:count]) if hasattr(x, "with_values") else x[:count]
