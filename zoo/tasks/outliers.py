"""Outliers: scores of strangeness, with thresholds that a known share of usual images pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tfvae import evaluate

from .. import data
from .images import ImageTask, grey_images
from .task import Row, first_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..data import Dataset
    from ..recipe import Recipe

RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
STATED_RATE = 0.05
COLUMNS = 10


@dataclass(frozen=True)
class ImageOutliers(ImageTask):
    """Telling images of another kind from those that were trained on.

    Thresholds come from the images held out in training. So does the choice of the score, beside
    training images of the other kind: test images of either chose nothing.

    Args:
        score: a score of `tfvae.evaluate.outlier_scores`.
        others: the data set of the other kind.
        num_samples: importance samples of scores that take them.
    """

    score: str = "complexity_corrected"
    others: str = "mnist"
    num_samples: int = 16

    name: ClassVar[str] = "outliers"
    rows: ClassVar[tuple[Row, ...]] = (
        Row("AUROC, against images of another kind", "auroc", digits=4),
        Row("AUPRC", "auprc", digits=4),
        Row("False positive rate where 95 % are found", "fpr95", digits=4),
        Row("Outliers found at the threshold for 5 %, %", "found"),
        Row("Usual images above that threshold, %", "false_positives"),
        Row("AUROC, images upside down", "auroc_upside_down", digits=4),
        Row("AUROC, images with their pixels shuffled", "auroc_shuffled", digits=4),
        Row("Negative ELBO, nats", "elbo", -1.0),
    )
    headline: ClassVar[tuple[str, ...]] = ("auroc", "found")
    tags: ClassVar[tuple[str, ...]] = ("anomaly-detection",)

    def strangeness(self, vae: Any, x: Any) -> np.ndarray:
        """Returns the score of each image, `[N]`; higher is stranger."""
        found = evaluate.outlier_scores(
            vae, x, scores=(self.score,), num_samples=self.num_samples, seed=0
        )
        return found[self.score]

    def scores(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, float]:
        """Returns how well the score tells outliers, alone and at the threshold."""
        validation, test = self.held_out(recipe, dataset)
        threshold = _threshold(self.strangeness(vae, validation), STATED_RATE)
        usual = self.strangeness(vae, test)
        strange = self.strangeness(vae, self._others(recipe))
        metrics = evaluate.detection_metrics(usual, strange)
        return {
            **metrics,
            "found": 100.0 * float(np.mean(strange > threshold)),
            "false_positives": 100.0 * float(np.mean(usual > threshold)),
            "auroc_upside_down": self._auroc(vae, usual, test.with_values(test.x[:, ::-1])),
            "auroc_shuffled": self._auroc(vae, usual, test.with_values(_shuffled(test.x))),
            "elbo": float(np.mean(vae.elbo(test))),
        }

    def facts(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, Any]:
        """Returns the thresholds, which `tfvae score` takes where it is given no usual data."""
        usual = self.strangeness(vae, self.held_out(recipe, dataset)[0])
        return {
            "outlier_score": {
                "method": self.score,
                "num_samples": self.num_samples,
                "thresholds": {f"{rate:g}": _threshold(usual, rate) for rate in RATES},
                "others": self.others,
            }
        }

    def sheet(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> "Figure":
        """Returns the least and the most usual images of the test set and of the other kind."""
        from tfvae import plots

        rows = {}
        for name, images in {
            "usual": self.held_out(recipe, dataset)[1],
            "others": self._others(recipe),
        }.items():
            few = first_of(images, 1000)
            order = np.argsort(self.strangeness(vae, few), kind="stable")
            rows[f"{name}:\nleast strange"] = few.x[order[:COLUMNS]]
            rows[f"{name}:\nmost strange"] = few.x[order[-COLUMNS:]]
        return plots.image_rows(rows)

    def caption(self, metadata: Mapping[str, Any]) -> str:
        """Returns what the sheet shows."""
        return "The least and the most strange of 1,000 test images of each kind"

    def example(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns how images are judged."""
        about = metadata["outlier_score"]
        return [
            'known = tfvae.zoo.info("' + metadata["name"] + '")["outlier_score"]',
            "strange = tfvae.evaluate.outlier_scores(",
            f'    vae, images, scores=("{about["method"]}",), num_samples={about["num_samples"]}',
            f')["{about["method"]}"]',
            f'outliers = strange > known["thresholds"]["{STATED_RATE:g}"]',
        ]

    def protocol(self, metadata: Mapping[str, Any]) -> str:
        """Returns how it is scored."""
        about = metadata["outlier_score"]
        return (
            f"{grey_images(metadata)} against those of {about['others']}, by "
            f"the score `{about['method']}`. The threshold is the one that 5 % of the "
            f"{metadata['recipe']['validation']:,} images held out in training lie above; the "
            "score was chosen by those images, beside training images of the other kind."
        )

    def sections(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns the thresholds."""
        about = metadata["outlier_score"]
        return [
            "## Thresholds",
            "",
            f"| usual images above it | {about['method']} |",
            "| ---: | ---: |",
            *(
                f"| {100 * float(rate):g} % | {threshold:.2f} |"
                for rate, threshold in about["thresholds"].items()
            ),
            "",
            f"`tfvae score {metadata['name']} images/` takes these thresholds.",
            "",
        ]

    def intended_use(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such a model is for."""
        return (
            "Finding images that are not of the kind that was trained on, with a known share of "
            "false alarms, as long as usual images stay as they were."
        )

    def limits(self, metadata: Mapping[str, Any]) -> str:
        """Returns what it does not know."""
        return (
            "A false-positive rate holds for images drawn as the held-out ones were: another "
            "camera, scale or background moves it. Other kinds of outliers than those scored here "
            "may be found less often."
        )

    def _others(self, recipe: "Recipe") -> Any:
        return self.held_out(recipe, data.load(self.others))[1]

    def _auroc(self, vae: Any, usual: np.ndarray, x: Any) -> float:
        return evaluate.detection_metrics(usual, self.strangeness(vae, x))["auroc"]


def _threshold(scores: np.ndarray, rate: float) -> float:
    return float(np.quantile(scores, 1.0 - rate, method="higher"))


def _shuffled(x: np.ndarray) -> np.ndarray:
    """Returns images with the pixels of each in an order of its own."""
    # RandomState's numbers are frozen for ever; default_rng's may change with NumPy.
    generator = np.random.RandomState(0)
    order = np.argsort(generator.uniform(size=(len(x), x[0].size)), axis=1)
    return np.take_along_axis(x.reshape(len(x), -1), order, axis=1).reshape(x.shape)
