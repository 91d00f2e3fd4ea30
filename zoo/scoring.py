"""What a trained recipe is worth: the figures of its card."""

from typing import Any

import numpy as np

from tfvae import evaluate

from . import data
from .recipe import Recipe, held_out_images


def scores(recipe: Recipe, vae: Any, dataset: data.Dataset) -> dict[str, float]:
    """Returns the figures of the card for one trained model, on the test set.

    Evidence is of the test images binarised once with seed 777; clusters are of the same images.
    Of a recipe with labels the figures are `error`, the share of test images given a wrong label in
    percent, and the ELBO.
    """
    images = held_out_images(recipe, dataset)[1]
    if recipe.labels is not None:
        wrong = vae.predict_labels(images) != dataset.y_test
        return {"error": 100.0 * float(np.mean(wrong)), "elbo": float(np.mean(vae.elbo(images)))}
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
