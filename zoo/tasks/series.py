"""Labelled series: how well a model explains those of the test set, and what its latents tell."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tfvae import evaluate

from .task import CLUSTERS, EVIDENCE, Row, Task, evidence_and_clusters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..data import Dataset
    from ..recipe import Recipe

# Of each component, beside as many real series.
DRAWN = 4
MOST_COMPONENTS = 12
# What a classifier reads, by the words of `tfvae.evaluate.representation`.
FEATURES = {"latents": "latents", "pca": "PCA of equal size", "pixels": "raw series"}
PROBES = {"k-nearest neighbours": "nearest_neighbour", "linear": "linear_probe"}


class SeriesTask(Task):
    """Explaining series without their classes, of which a classifier then reads the latents."""

    name = "series"
    rows: ClassVar[tuple[Row, ...]] = (
        *EVIDENCE,
        Row("Effective importance samples, median", "effective_sample_size", digits=0),
        Row(
            "Negative log-likelihood of probabilistic PCA, as many latents",
            "pca_log_likelihood",
            -1.0,
        ),
        Row("Mean squared error of a reconstructed value", "reconstruction_error", digits=4),
        *(
            Row(f"{title} on {of}, accuracy", f"{key}_accuracy_{name}", digits=4)
            for title, key in (
                ("Nearest neighbour", "nearest_neighbour"),
                ("Linear probe", "linear_probe"),
            )
            for name, of in FEATURES.items()
        ),
        *CLUSTERS,
    )
    headline = ("log_likelihood", "nearest_neighbour_accuracy_latents")
    tags = ("time-series",)

    def scores(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, float]:
        """Returns evidence, the worth of latents for classifiers, and errors of reconstruction."""
        x = self.held_out(recipe, dataset)[1]
        error = evaluate.reconstruction_error(x, vae.reconstruct(x)) / x[0].size
        return {
            **evidence_and_clusters(recipe, vae, x, dataset),
            **pca_evidence(vae, dataset.x_train, x),
            "reconstruction_error": error,
            **_probed(vae, dataset, x),
        }

    def facts(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, Any]:
        """Returns what the channels are, and how their values became those that a model reads."""
        from ..sources.series import CHANNELS

        found = CHANNELS[dataset.name]
        named = zip(found.names, found.loc, found.scale, strict=True)
        length, channels = dataset.x_test.shape[1:]
        return {
            "channels": [{"name": n, "loc": loc, "scale": scale} for n, loc, scale in named],
            "series": {"length": length, "channels": channels},
        }

    def sheet(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> "Figure":
        """Returns samples of each component, the heaviest first, beside test series of it."""
        from tfvae import plots

        x = self.held_out(recipe, dataset)[1]
        if vae.latents.num_components is None:
            return plots.series_rows({"samples": vae.sample(8, seed=0), "real": x[:8]})
        return plots.series_rows(_by_component(vae, x), gap_after=DRAWN)

    def example(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns how series are drawn, and how raw ones become what the model reads."""
        size = metadata["series"]
        return [
            f"series = vae.sample(10, seed=0)  # float32 [10, {size['length']}, "
            f"{size['channels']}], standardised",
            "z = vae.encode(series).mode()",
        ]

    def caption(self, metadata: Mapping[str, Any]) -> str:
        """Returns what the sheet shows."""
        if "clustering_accuracy" not in metadata["runs"][0]["scores"]:
            return "Samples, and real series"
        return "Of each component: samples on the left, test series that belong to it on the right"

    def protocol(self, metadata: Mapping[str, Any]) -> str:
        """Returns how series are scored."""
        found, size = metadata["data"], metadata["series"]
        return (
            f"The {found['test_examples']:,} series of the test set as it was published, each "
            f"brought to {size['length']} steps by straight lines and each channel standardised by "
            "the training series, so that nats are of these values; log-likelihood by "
            f"{metadata['recipe']['num_samples']:,} importance samples, its standard error over "
            "the series. Probabilistic PCA, in closed form, and the classifiers (the nearest "
            "neighbour, and a logistic regression whose penalty cross-validation chose) were "
            f"fitted to all {found['train_examples']:,} training series; the latents are the means "
            "of q, and training saw no labels."
        )

    def intended_use(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such models are for."""
        return (
            "Features and clusters of such series without labels, completing and drawing them, a "
            "start for fine-tuning, and a figure to compare other models with."
        )

    def limits(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such models do not know."""
        return (
            f"It was trained on {metadata['data']['train_examples']:,} series of a few sources, "
            "recorded under one set of conditions: it knows no others, and its likelihood is no "
            "proof of who or what made a series. How long a series took is not modelled."
        )

    def sections(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns what was subtracted of each channel, and what it was divided by."""
        rows = [f"| {c['name']} | {c['loc']} | {c['scale']} |" for c in metadata["channels"]]
        return [
            "## Channels",
            "",
            "A model's value is (value - loc) / scale.",
            "",
            "| channel | loc | scale |",
            "| --- | ---: | ---: |",
            *rows,
            "",
        ]


def pca_evidence(vae: Any, x_train: np.ndarray, x_test: np.ndarray) -> dict[str, float]:
    """Returns what probabilistic PCA with as many latents says of test series, in nats."""
    from sklearn.decomposition import PCA

    train, test = (x.reshape(len(x), -1).astype(np.float64) for x in (x_train, x_test))
    size = min(int(np.prod(vae.latents.event_shape)), min(train.shape) - 1)
    scores = PCA(size, random_state=0).fit(train).score_samples(test)
    error = float(np.std(scores, ddof=1) / np.sqrt(len(scores)))
    return {
        "pca_log_likelihood": float(np.mean(scores)),
        "pca_log_likelihood_standard_error": error,
    }


def _probed(vae: Any, dataset: "Dataset", x_test: np.ndarray) -> dict[str, float]:
    """Returns the accuracy of each classifier on each kind of features."""
    found = evaluate.representation(
        vae,
        dataset.x_train,
        dataset.y_train,
        x_test,
        dataset.y_test,
        labels_per_class=(None,),
        num_neighbours=1,
    )
    return {f"{PROBES[row.probe]}_accuracy_{row.features}": row.accuracy for row in found}


def _by_component(vae: Any, x: np.ndarray) -> dict[str, np.ndarray]:
    """Returns samples and series of each component, NaN where there are too few of these."""
    weights, clusters = np.exp(vae.prior.log_weights()), vae.cluster(x)
    rows = {}
    for k in np.argsort(-weights, kind="stable")[:MOST_COMPONENTS]:
        shown = np.full((2 * DRAWN, *x.shape[1:]), np.nan)
        shown[:DRAWN] = vae.sample(DRAWN, seed=0, component=int(k))
        own = x[clusters == k][:DRAWN]
        shown[DRAWN : DRAWN + len(own)] = own
        rows[f"component {k}\nweight {100 * weights[k]:.1f} %"] = shown
    return rows
