"""Score the clusters of a trained recipe: `python -m benchmarks.tables.clusters RECIPE --seed N`.

A model with components clusters by itself. With one that has none, `evaluate.clustering_baselines`
clusters latents, principal components and pixels, fitted to all training images. Clusters are
matched to classes by the Hungarian method on the test images, whose labels are looked at here
alone: they choose nothing. Clustered are the images as they are, grey: that they are made binary
is for the likelihood.

Writes `benchmarks/results/clusters/RECIPE/seed-N.json`.
"""

from dataclasses import asdict
from typing import Any

from benchmarks.outcome import RESULTS
from benchmarks.tables.trained import score_one
from tfvae import evaluate
from tfvae.zoo import data
from tfvae.zoo.recipe import Recipe
from tfvae.zoo.recipes.clustering import NUM_CLASSES

FOLDER = RESULTS / "clusters"
OWN = "own"


def cluster(recipe: Recipe, vae: Any, seed: int, dataset: data.Dataset) -> dict[str, Any]:
    """Returns the scores of a model's clusters, by how they were found.

    Returns:
        The scores of `evaluate.clustering` under `"own"`, if the model has components; else under
        `"k-means, latents"` and the five other names of that form. And `"elbo"`, the mean of the
        test images', made binary, where the model has one.
    """
    found: dict[str, Any] = {}
    if vae.latents.has_density:
        binary = recipe.task.held_out(recipe, dataset)[1]
        found["elbo"] = float(evaluate.evidence(vae, binary, num_samples=1, seed=0)["elbo"])
    images, labels = dataset.x_test, dataset.y_test
    if vae.latents.num_components is not None:
        found[OWN] = asdict(evaluate.clustering(labels, vae.cluster(images)))
        return found
    x_train = dataset.x_train[: len(dataset.x_train) - recipe.validation]
    rows = evaluate.clustering_baselines(
        vae, x_train, images, labels, NUM_CLASSES, (seed,), max_train=len(x_train)
    )
    return found | {f"{row.method}, {row.features}": asdict(row.mean) for row in rows}


if __name__ == "__main__":
    score_one("clusters", __doc__, FOLDER, cluster)
