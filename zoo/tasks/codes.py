"""Images as codes: how few bits they need, how well they come back, how good new ones are."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tfvae import evaluate

from .images import ImageTask, grey_images
from .task import Row, first_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..data import Dataset
    from ..recipe import Recipe

COLUMNS, SAMPLES = 10, 10_000


class ImageCodes(ImageTask):
    """Explaining images by codes, which a prior over codes explains."""

    name = "image codes"
    rows: ClassVar[tuple[Row, ...]] = (
        Row("Bits a pixel, at most", "bits_per_dimension", digits=3),
        Row("Negative ELBO, nats", "elbo", -1.0),
        Row("Rate: the codes, nats", "rate"),
        Row("Distortion, nats", "distortion"),
        Row("Squared error of reconstructions, summed over pixels", "reconstruction_error"),
        Row("Codes in use, of all (perplexity)", "code_perplexity", digits=1),
        Row("Frechet distance of samples, own features", "frechet_distance"),
        Row("Frechet distance of as many test images", "frechet_distance_of_data"),
    )
    headline: ClassVar[tuple[str, ...]] = ("bits_per_dimension", "frechet_distance")
    tags: ClassVar[tuple[str, ...]] = ("image-generation", "vector-quantisation")

    def scores(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, float]:
        """Returns bound, reconstruction error, use of codes, and distance of samples."""
        images = self.held_out(recipe, dataset)[1]
        bound = evaluate.evidence(vae, images, num_samples=1, seed=0)
        kept = ("elbo", "rate", "distortion")
        found = {
            key: value
            for key, value in bound.items()
            if isinstance(value, float) and key.startswith(kept)
        }
        pixels = float(np.prod(images.x.shape[1:]))
        quality = evaluate.sample_quality(
            vae, dataset.x_train, dataset.x_test, dataset.name, min(SAMPLES, len(dataset.x_test))
        )
        return {
            **found,
            "bits_per_dimension": -found["elbo"] / pixels / np.log(2.0),
            "reconstruction_error": evaluate.reconstruction_error(
                images.x, vae.reconstruct(images)
            ),
            "code_perplexity": perplexity(vae.codes(images), vae.latents.quantiser.num_codes),
            "frechet_distance": quality["samples"]["frechet_distance"],
            "frechet_distance_of_data": quality["reference"]["frechet_distance"],
        }

    def sheet(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> "Figure":
        """Returns test images, their reconstructions, and samples."""
        from tfvae import plots

        images = first_of(self.held_out(recipe, dataset)[1], COLUMNS)
        drawn = vae.sample(4 * COLUMNS, seed=0)
        samples = {
            "samples" if row == 0 else " " * row: drawn[row * COLUMNS : (row + 1) * COLUMNS]
            for row in range(4)
        }
        return plots.image_rows(
            {"test images": images.x, "reconstructed": vae.reconstruct(images), **samples}
        )

    def latent_map(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> None:
        """Returns none: codes have no plane."""
        return

    def caption(self, metadata: Mapping[str, Any]) -> str:
        """Returns what the sheet shows."""
        return "Test images, their reconstructions from codes, and samples of the code prior"

    def example(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns how codes are had, and images sampled."""
        return [
            "images = vae.sample(10, seed=0)",
            "codes = vae.codes(images)  # int32 [10, 7, 7]",
            "again = vae.decode_codes(codes).mean()",
        ]

    def protocol(self, metadata: Mapping[str, Any]) -> str:
        """Returns how it is scored."""
        return (
            f"{grey_images(metadata)}, their 256 levels of grey explained by a "
            "discretised likelihood; q is a point, so the negative ELBO is the length of a "
            "message: the codes under their prior, then the pixels given them. Frechet distance of "
            f"{SAMPLES:,} samples to the training images in the features of the small classifier "
            "that comes with tfvae: never beside distances in Inception's."
        )

    def intended_use(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such a model is for."""
        return "Images as a few whole numbers, for models of sequences and for storage; sampling."

    def limits(self, metadata: Mapping[str, Any]) -> str:
        """Returns what it does not know."""
        return (
            "It knows nothing but 28x28 grey images of that kind. A sample takes one pass of the "
            "prior for each of its codes, so sampling is slower than of models with one vector."
        )


def perplexity(codes: np.ndarray, num_codes: int) -> float:
    """Returns how many codes are in use: the exponential of the entropy of their shares."""
    shares = np.bincount(codes.ravel(), minlength=num_codes) / codes.size
    used = shares[shares > 0.0]
    return float(np.exp(-np.sum(used * np.log(used))))
