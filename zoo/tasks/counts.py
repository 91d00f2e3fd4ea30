"""Counts of genes in single cells: how well a model explains cells that it was not trained on."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tfvae import evaluate

from .baselines import independent_counts
from .task import CLUSTERS, EVIDENCE, Row, Task, evidence_and_clusters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..data import Dataset
    from ..recipe import Recipe

NEIGHBOURS = 5
DRAWN = 200
GENES_SHOWN = 3


class CountsTask(Task):
    """Explaining the counts of a cell's genes, given how many there are in all."""

    name = "counts"
    rows: ClassVar[tuple[Row, ...]] = (
        *EVIDENCE,
        Row("Effective importance samples, median", "effective_sample_size", digits=1),
        *CLUSTERS,
        Row("Adjusted Rand index", "adjusted_rand_index", digits=4),
        Row("Accuracy by nearest neighbours", "neighbour_accuracy", digits=4),
    )
    tags = ("single-cell", "gene-expression")

    def training(self, recipe: "Recipe", dataset: "Dataset", seed: int) -> tuple[Any, Any]:
        """Returns the training cells and their library sizes, without those held out."""
        x, _ = super().training(recipe, dataset, seed)
        return with_library_size(x), None

    def held_out(self, recipe: "Recipe", dataset: "Dataset") -> tuple[Any, Any]:
        """Returns the validation and the test cells, with their library sizes."""
        validation, test = super().held_out(recipe, dataset)
        return with_library_size(validation), with_library_size(test)

    def scores(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, float]:
        """Returns evidence and clusters of the test cells, and what their neighbours tell of them.

        `neighbour_accuracy` is the share of the test cells whose kind most of the five nearest
        training cells have, by the means of q(z given x).
        """
        _, test = self.held_out(recipe, dataset)
        found = evidence_and_clusters(recipe, vae, test, dataset)
        clusters = vae.cluster(test)
        found["adjusted_rand_index"] = evaluate.adjusted_rand_index(dataset.y_test, clusters)
        rows = evaluate.representation(
            vae,
            dataset.x_train,
            dataset.y_train,
            dataset.x_test,
            dataset.y_test,
            labels_per_class=(None,),
            num_neighbours=NEIGHBOURS,
        )
        found["neighbour_accuracy"] = next(
            row.accuracy
            for row in rows
            if (row.features, row.probe) == ("latents", "k-nearest neighbours")
        )
        return found

    def facts(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, Any]:
        """Returns the genes, in the order in which the model reads them, and simpler models."""
        return {
            "genes": list(dataset.columns),
            "baselines": independent_counts(dataset.x_train, dataset.x_test),
        }

    def sheet(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> "Figure":
        """Returns what the cells of each component have more of than others."""
        return markers(vae, dataset.columns)

    def example(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns how cells are embedded, clustered and drawn."""
        return [
            "x = counts.astype('float32')  # [N, genes], in the order of info()['genes']",
            "latents = vae.encode(x).mean()",
            "clusters = vae.cluster(x)",
            'cells = {"x": x, "library_size": x.sum(axis=1)}',
            "log_likelihood = vae.log_likelihood(cells)",
            "rates = vae.sample(10, component=3, library_size=600.0, seed=0)",
        ]

    def caption(self, metadata: Mapping[str, Any]) -> str:
        """Returns what the sheet shows."""
        return "Genes of which each component has more than the others"

    def protocol(self, metadata: Mapping[str, Any]) -> str:
        """Returns how cells are scored."""
        return (
            f"The {metadata['data']['test_examples']:,} test cells, a fifth of each kind; the "
            "likelihood is that of their counts given how many there are of these genes in all; "
            f"log-likelihood by {metadata['recipe']['num_samples']:,} importance samples, its "
            "standard error over the cells, a lower bound on average, and too low where few of "
            "them are effective; accuracy by Hungarian matching of the components with "
            "the kinds of cells, of which training saw none; nearest neighbours: the kind that "
            f"most of the {NEIGHBOURS} nearest training cells have, by their latents."
        )

    def intended_use(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such models are for."""
        return (
            "An example of a model of counts with a mixture as its prior: latents, clusters and "
            "denoised expression of blood cells from this one experiment, and a start for one's "
            "own cells of these genes."
        )

    def limits(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such models do not know."""
        return (
            f"It was trained on {metadata['data']['train_examples']:,} cells of one donor, and "
            "reads these genes alone, as raw counts. It corrects for no batches. The kinds of "
            "cells were themselves computed, by comparison with sorted cells, and some of them "
            "have a dozen cells. It is no instrument of diagnosis."
        )

    def sections(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns what models without latents reach on the same cells."""
        found = metadata["baselines"]
        return [
            "### Without latents",
            "",
            "| each gene by itself, its share of all counts that of the training cells | negative "
            "log-likelihood, nats |",
            "| --- | ---: |",
            *(f"| {name} | {-value:.2f} |" for name, value in found.items()),
            "",
        ]


def with_library_size(x: np.ndarray) -> dict[str, np.ndarray]:
    """Returns cells as a model reads them: counts, and how many there are in each.

    Args:
        x: counts, float32 `[N, genes]`.

    Example:
        >>> with_library_size(np.float32([[1, 2], [0, 4]]))["library_size"].tolist()
        [3.0, 4.0]
    """
    return {"x": x, "library_size": x.sum(axis=1)}


def markers(vae: Any, genes: tuple[str, ...], most: int = GENES_SHOWN) -> "Figure":
    """Draws the genes of which each component has most, beside all components' mean.

    Args:
        vae: a model of counts with components.
        genes: the name of each gene.
        most: genes of each component; one that is another's too is drawn once.
    """
    from matplotlib.figure import Figure

    weights = np.exp(vae.prior.log_weights())
    order = np.argsort(-weights, kind="stable")
    # The same noise for each component.
    rates = np.stack([vae.sample(DRAWN, seed=0, component=int(k)).mean(axis=0) for k in order])
    usual = np.einsum("k,kg->g", weights[order], rates)
    folds = np.log2(rates / usual)
    # A gene that hardly any cell has can be many times as frequent by chance.
    frequent = usual > np.median(usual)
    ranked = np.argsort(-np.where(frequent, folds, -np.inf), axis=1)[:, :most]
    chosen = list(dict.fromkeys(int(gene) for row in ranked for gene in row))
    figure = Figure(figsize=(0.32 * len(chosen) + 2.2, 0.34 * len(order) + 1.6), layout="tight")
    axes = figure.subplots()
    # A gene that a component lacks has no bounds below, and would take all the colours.
    limit = float(folds[:, chosen].max())
    colours = axes.imshow(folds[:, chosen], cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    axes.set_xticks(range(len(chosen)), [genes[gene] for gene in chosen], rotation=90, fontsize=8)
    names = [f"component {k}, {100 * weights[k]:.0f} %" for k in order]
    axes.set_yticks(range(len(order)), names, fontsize=8)
    figure.colorbar(colours, ax=axes, extend="min", label="log2 of expression over the mean")
    return figure
