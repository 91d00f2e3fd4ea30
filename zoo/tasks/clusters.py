"""Images in groups that were found without labels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tfvae import evaluate

from .images import ImageTask, grey_images
from .task import Row

if TYPE_CHECKING:
    from ..data import Dataset
    from ..recipe import Recipe


class ImageClusters(ImageTask):
    """Grouping images without labels, so that the groups are the classes."""

    name = "clusters"
    rows: ClassVar[tuple[Row, ...]] = (
        Row("Clustering accuracy", "accuracy", digits=4),
        Row("Normalised mutual information", "normalised_mutual_information", digits=4),
        Row("Adjusted Rand index", "adjusted_rand_index", digits=4),
        Row("Negative ELBO, nats", "elbo", -1.0),
    )
    headline: ClassVar[tuple[str, ...]] = ("accuracy", "normalised_mutual_information")
    tags: ClassVar[tuple[str, ...]] = ("image-clustering", "mixture-prior")

    def scores(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, float]:
        """Returns how the components agree with the classes, and the bound."""
        images = self.held_out(recipe, dataset)[1]
        found = evaluate.clustering(dataset.y_test, vae.cluster(dataset.x_test))
        kept = ("accuracy", "normalised_mutual_information", "adjusted_rand_index")
        return {
            **{name: float(getattr(found, name)) for name in kept},
            "elbo": float(np.mean(vae.elbo(images), dtype="float64")),
        }

    def facts(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, Any]:
        """Returns which class most training images of each component have."""
        count = len(dataset.x_train) - recipe.validation
        clusters, names = vae.cluster(dataset.x_train[:count]), dataset.class_names
        components = []
        for number in range(vae.latents.num_components):
            labels = dataset.y_train[: len(clusters)][clusters == number]
            counts = np.bincount(labels, minlength=len(names))
            components.append(
                {
                    "share": len(labels) / len(clusters),
                    "class": names[int(np.argmax(counts))] if len(labels) else None,
                    "purity": float(counts.max() / max(1, len(labels))),
                }
            )
        return {"components": components}

    def example(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns how images are grouped."""
        return [
            "clusters = vae.cluster(images)  # float32 [N, 28, 28, 1], from 0 to 1",
            "shares = vae.responsibilities(images)",
        ]

    def caption(self, metadata: Mapping[str, Any]) -> str:
        """Returns what the sheet shows."""
        return "Samples, one row a component"

    def protocol(self, metadata: Mapping[str, Any]) -> str:
        """Returns how groups are scored."""
        return (
            f"{grey_images(metadata)}, grey as they are, for the bound binarised once. "
            "Accuracy is by Hungarian matching of the components with the "
            "classes, of which training saw none; the method was chosen on images held out of "
            "training and on other seeds."
        )

    def sections(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns what the components hold."""
        lines = [
            "## Components",
            "",
            "Named after training, by the class that most of their training images have.",
            "",
            "| component | class | of its images, % | images, % |",
            "| ---: | --- | ---: | ---: |",
        ]
        for number, one in enumerate(metadata["components"]):
            lines.append(
                f"| {number} | {one['class'] or 'none'} | {100 * one['purity']:.1f} | "
                f"{100 * one['share']:.1f} |"
            )
        return [*lines, ""]

    def intended_use(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such a model is for."""
        return (
            "Grouping such images without labels, a start for labelling them by a glance at each "
            "group, and a figure to compare other methods with."
        )

    def limits(self, metadata: Mapping[str, Any]) -> str:
        """Returns what it does not know."""
        return (
            "It knows nothing but 28x28 grey images of that kind, and puts each image into one of "
            "ten groups, whatever it shows; groups need not be classes. Its bound is looser than "
            "that of a model which was trained for the bound alone."
        )
