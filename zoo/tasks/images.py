"""Images: how recipes make them binary, and how well a model explains those of the test set."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tfvae.pipeline import Images

from .task import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..data import Dataset
    from ..recipe import Recipe

VALIDATION_SEED = 777
MOST_COMPONENTS = 12


class ImageTask(Task):
    """Explaining images, without their classes."""

    name = "images"
    tags: ClassVar[tuple[str, ...]] = ("image-generation",)

    def training(self, recipe: "Recipe", dataset: "Dataset", seed: int) -> tuple[Any, Any]:
        """Returns the training images as the recipe makes them binary, without those held out."""
        count = len(dataset.x_train) - recipe.validation
        return Images(dataset.x_train[:count], recipe.binarization, seed=seed), None

    def held_out(self, recipe: "Recipe", dataset: "Dataset") -> tuple[Images, Images]:
        """Returns the validation and the test images, binarised once if the recipe takes them so.

        One stream of random numbers makes both binary, the validation images first, as in the
        published protocol; where a recipe holds out none, the stream begins with the test images.
        """
        count = recipe.validation
        held = dataset.x_train[len(dataset.x_train) - count :]
        once = "none" if recipe.binarization == "none" else "fixed"
        both = Images(np.concatenate([held, dataset.x_test]), once, seed=VALIDATION_SEED)
        return both.with_values(both.x[:count]), both.with_values(both.x[count:])

    def sheet(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> "Figure":
        """Returns samples, one row a component where there are few, the heaviest first."""
        from tfvae import plots

        components = vae.latents.num_components
        if components is None or components > MOST_COMPONENTS:
            return plots.image_grid(vae.sample(100, seed=0))
        return plots.component_samples(vae, seed=0)

    def example(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns how images are sampled."""
        component = "component=3, " if _matched(metadata) else ""
        return [f"images = vae.sample(10, {component}seed=0)"]

    def caption(self, metadata: Mapping[str, Any]) -> str:
        """Returns what the sheet shows."""
        one_each = _matched(metadata) == "clustering_accuracy"
        return "Samples, one row a component" if one_each else "Samples"

    def protocol(self, metadata: Mapping[str, Any]) -> str:
        """Returns how images are scored."""
        clusters = {
            None: "",
            "clustering_accuracy": (
                "; accuracy by Hungarian matching of the components with the classes, of which "
                "training saw none"
            ),
            "majority_accuracy": (
                "; each component, of which there are more than classes, stands for the class that "
                "most of its test images have; training saw no class"
            ),
        }[_matched(metadata)]
        return (
            f"{test_images(metadata)}; log-likelihood by "
            f"{metadata['recipe']['num_samples']:,} importance samples, its standard error over "
            f"the images{clusters}."
        )

    def intended_use(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such models are for."""
        found = "features and clusters" if _matched(metadata) else "features"
        return (
            f"Sampling, reconstructing and completing such images, {found} of them without labels, "
            "a start for fine-tuning, and a figure to compare other models with."
        )

    def limits(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such models do not know."""
        components = (
            ", and its components are clusters, which need not be classes"
            if _matched(metadata)
            else ""
        )
        return (
            "It knows nothing but 28x28 grey images of that kind: the likelihood it gives to other "
            f"images is not a reliable sign of strangeness{components}."
        )


def _matched(metadata: Mapping[str, Any]) -> str | None:
    """Returns the score by which components were matched with classes; None if there are none."""
    scores = metadata["runs"][0]["scores"]
    keys = ("clustering_accuracy", "majority_accuracy")
    return next((key for key in keys if key in scores), None)


def test_images(metadata: Mapping[str, Any]) -> str:
    """Returns which images are scored, and how they were made binary."""
    once = (
        f", binarised once with NumPy's `RandomState({VALIDATION_SEED})`"
        if metadata["recipe"]["binarization"] != "none"
        else ", their values taken as probabilities"
    )
    return f"{grey_images(metadata)}{once}"


def grey_images(metadata: Mapping[str, Any]) -> str:
    """Returns which images are scored."""
    return f"The {metadata['data']['test_examples']:,} test images"
