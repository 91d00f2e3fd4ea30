"""Images given their class."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tfvae.evaluate import FeatureNetwork

from .images import ImageTask, test_images
from .task import EVIDENCE, Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..data import Dataset
    from ..recipe import Recipe

COLUMNS, SAMPLES = 10, 10_000


class ConditionalImages(ImageTask):
    """Explaining images whose classes are known, and drawing images of a class."""

    name = "images by class"
    rows: ClassVar[tuple[Row, ...]] = (
        *EVIDENCE,
        Row("Samples that a classifier takes for their class, %", "recognised", digits=2),
        Row("Test images that it takes for their class, %", "recognised_of_data", digits=2),
    )
    headline: ClassVar[tuple[str, ...]] = ("log_likelihood", "recognised")
    tags: ClassVar[tuple[str, ...]] = ("image-generation", "conditional")

    def training(self, recipe: "Recipe", dataset: "Dataset", seed: int) -> tuple[Any, Any]:
        """Returns the images beside their classes."""
        images, _ = super().training(recipe, dataset, seed)
        return {"x": images, "condition": dataset.y_train[: len(images)]}, None

    def held_out(self, recipe: "Recipe", dataset: "Dataset") -> tuple[Any, Any]:
        """Returns validation and test images beside their classes."""
        validation, test = super().held_out(recipe, dataset)
        classes = dataset.y_train[len(dataset.y_train) - recipe.validation :]
        return (
            {"x": validation, "condition": classes},
            {"x": test, "condition": dataset.y_test},
        )

    def scores(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, float]:
        """Returns the evidence given the classes, and how often samples look like theirs."""
        network = FeatureNetwork.load(dataset.name)
        classes = np.arange(SAMPLES) % len(dataset.class_names)
        drawn = network.classify(vae.sample(SAMPLES, condition=classes, seed=0))
        found = network.classify(dataset.x_test)
        return {
            **super().scores(recipe, vae, dataset),
            "recognised": 100.0 * float(np.mean(drawn == classes)),
            "recognised_of_data": 100.0 * float(np.mean(found == dataset.y_test)),
        }

    def sheet(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> "Figure":
        """Returns samples, one row a class."""
        from tfvae import plots

        names = dataset.class_names
        rows = {
            name: vae.sample(COLUMNS, condition=np.full(COLUMNS, k), seed=0)
            for k, name in enumerate(names)
        }
        return plots.image_rows(rows)

    def caption(self, metadata: Mapping[str, Any]) -> str:
        """Returns what the sheet shows."""
        return "Samples, one row a class; a column has the same z"

    def example(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns how images of a class are sampled."""
        return ["images = vae.sample(10, condition=7, seed=0)"]

    def protocol(self, metadata: Mapping[str, Any]) -> str:
        """Returns how it is scored."""
        return (
            f"{test_images(metadata)}, each with its class: the log-likelihood is log p(x|class), "
            f"by {metadata['recipe']['num_samples']:,} importance samples, its standard error over "
            f"the images; add log 10 = 2.30 nats before it stands beside one that knows no class. "
            f"{SAMPLES:,} samples, as many of each class, are classified by the network that comes "
            "with tfvae."
        )

    def intended_use(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such a model is for."""
        return "Drawing images of a class; carrying the style of an image over to other classes."

    def limits(self, metadata: Mapping[str, Any]) -> str:
        """Returns what it does not know."""
        return (
            "It knows nothing but 28x28 grey images of that kind and these ten classes, and must "
            "be told the class of an image that it shall explain."
        )
