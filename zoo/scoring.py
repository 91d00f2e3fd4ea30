"""What a trained recipe is worth: the figures of its card."""

from typing import Any

from tfvae import evaluate

from . import data
from .recipe import Recipe, held_out_images


def scores(recipe: Recipe, vae: Any, dataset: data.Dataset) -> dict[str, float]:
    """Returns the figures of the card for one trained model, on the test set.

    Evidence is of the test images binarised once with seed 777; clusters are of the same images.
    """
    images = held_out_images(recipe, dataset)[1]
    evidence = evaluate.evidence(vae, images, num_samples=recipe.num_samples, seed=0)
    found = {key: value for key, value in evidence.items() if isinstance(value, float)}
    if vae.latents.num_components is None:
        return found
    clusters = vae.cluster(images)
    return {
        **found,
        "clustering_accuracy": evaluate.clustering_accuracy(dataset.y_test, clusters),
        "normalised_mutual_information": evaluate.normalised_mutual_information(
            dataset.y_test, clusters
        ),
    }
