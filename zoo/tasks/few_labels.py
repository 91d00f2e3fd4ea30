"""Few labels: a classifier that learns from them, and from all the images without one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .images import ImageTask, test_images
from .task import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..data import Dataset
    from ..recipe import Recipe

COLUMNS = 10


class FewLabels(ImageTask):
    """Classifying images after few labels were seen."""

    name = "few labels"
    rows: ClassVar[tuple[Row, ...]] = (
        Row("Classification error, %", "error"),
        Row("Negative ELBO, nats", "elbo", -1.0),
    )
    headline: ClassVar[tuple[str, ...]] = ("error",)
    tags: ClassVar[tuple[str, ...]] = ("image-classification", "semi-supervised")

    def training(self, recipe: "Recipe", dataset: "Dataset", seed: int) -> tuple[Any, Any]:
        """Returns the images that an epoch reads, and their labels or -1."""
        images, _ = super().training(recipe, dataset, seed)
        # `Recipe` refuses this task without labels.
        assert recipe.labels is not None
        rows, labels = recipe.labels.given(dataset.y_train[: len(images)], seed)
        return images.with_values(images.x[rows]), labels

    def scores(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, float]:
        """Returns `error`, the share of test images given a wrong label in percent, and `elbo`."""
        images = self.held_out(recipe, dataset)[1]
        wrong = vae.predict_labels(images) != dataset.y_test
        return {"error": 100.0 * float(np.mean(wrong)), "elbo": float(np.mean(vae.elbo(images)))}

    def sheet(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> "Figure":
        """Returns samples, one row a class."""
        from tfvae import plots

        return plots.image_rows(
            {
                name: vae.sample(COLUMNS, component=k, seed=0)
                for k, name in enumerate(dataset.class_names)
            }
        )

    def caption(self, metadata: Mapping[str, Any]) -> str:
        """Returns what the sheet shows."""
        return "Samples, one row a class; a column has the same z"

    def example(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns how images are sampled and classified."""
        return [
            "images = vae.sample(10, component=7, seed=0)  # sevens, float32 [10, 28, 28, 1]",
            "classes = vae.predict_labels(images)",
        ]

    def protocol(self, metadata: Mapping[str, Any]) -> str:
        """Returns how the classifier is scored."""
        labels = metadata["recipe"]["labels"]["count"]
        return (
            f"{test_images(metadata)}. {labels} training images, as many of each class, drawn by "
            "the seed, had a label; the labels of the others were never looked at."
        )

    def intended_use(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such a model is for."""
        return (
            "Showing what a generative model makes of few labels; classifying such images; "
            "sampling images of a class."
        )

    def limits(self, metadata: Mapping[str, Any]) -> str:
        """Returns what it does not know."""
        return (
            "It knows nothing but 28x28 grey images of that kind, and gives each image one of the "
            "ten classes, whatever it shows."
        )
