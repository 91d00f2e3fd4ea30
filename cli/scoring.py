"""The scores of the demo's model on held-out digits, beside methods without a network."""

from typing import Any, NamedTuple

import numpy as np

import tfvae
from tfvae import evaluate
from tfvae_cli.digits import Digits


class Score(NamedTuple):
    """One score on the held-out digits.

    Args:
        name: what is scored.
        unit: in which unit; "%" of a share.
        value: of the VAE.
        error: its standard error over the images, or None.
        other: the same score of the other method, or None.
        method: the other method.
        higher_is_better: which way is up.
        note: how it is measured, or "".
    """

    name: str
    unit: str
    value: float
    error: float | None
    other: float | None
    method: str
    higher_is_better: bool
    note: str = ""

    def texts(self) -> list[str]:
        """Returns the cells of a table: name with unit, VAE, other, method."""
        other = "" if self.other is None else self.number(self.other)
        name = f"{self.name}, {self.unit}" if self.unit not in ("", "%") else self.name
        return [name, self.ours(), other, self.method]

    def ours(self) -> str:
        """Returns the model's value with its standard error."""
        return self.number(self.value) + ("" if self.error is None else f" ± {self.error:.2f}")

    def number(self, value: float) -> str:
        """Returns a value as it is shown: a share in per cent, all else to two decimals."""
        return f"{100 * value:.1f} %" if self.unit == "%" else f"{value:.2f}"


class Baselines:
    """PCA with as many dimensions as the model has latents, and k-means on pixels.

    Args:
        x: the images that the model was trained on, `[N, 8, 8, 1]`.
        latent_size: dimensions of the PCA.
        clusters: clusters of k-means.
    """

    def __init__(self, x: np.ndarray, latent_size: int, clusters: int) -> None:
        from sklearn.cluster import KMeans
        from sklearn.decomposition import PCA

        self._pca = PCA(latent_size, random_state=0).fit(_flat(x))
        self._kmeans = KMeans(clusters, n_init=10, random_state=0).fit(_flat(x))

    def reconstruct(self, x: np.ndarray) -> np.ndarray:
        """Returns images from as many numbers each as the model's latents have."""
        return self._pca.inverse_transform(self._pca.transform(_flat(x))).reshape(x.shape)

    def log_likelihood(self, x: np.ndarray) -> float:
        """Returns the mean log-density under probabilistic PCA, exact, in nats an image."""
        return float(self._pca.score(_flat(x)))

    def cluster(self, x: np.ndarray) -> np.ndarray:
        """Returns the nearest of the centres, `[N]`."""
        return self._kmeans.predict(_flat(x))


def score(vae: tfvae.VAE, baselines: Baselines, digits: Digits, num_samples: int) -> list[Score]:
    """Returns the scores on the held-out digits.

    Args:
        vae: the trained model.
        baselines: fitted to the same training images.
        digits: the images.
        num_samples: importance samples of the log-likelihood.
    """
    x, y = digits.x_test, digits.y_test
    found = evaluate.evidence(vae, x, num_samples)

    def evidence(name: str) -> tuple[float, float]:
        return found[name], found[f"{name}_standard_error"]

    def pair(
        measure: Any, truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray
    ) -> tuple[float, None, float]:
        return measure(truth, ours), None, measure(truth, theirs)

    images = (x, vae.reconstruct(x), baselines.reconstruct(x))
    groups = (y, vae.cluster(x), baselines.cluster(x))
    accuracy = pair(evaluate.clustering_accuracy, *groups)
    information = pair(evaluate.normalised_mutual_information, *groups)
    error = pair(evaluate.reconstruction_error, *images)
    exact = baselines.log_likelihood(x)
    size = f"PCA, {vae.latents.event_shape[0]} dimensions"
    samples = f"{num_samples} importance samples; PCA's is exact"
    return [
        Score("ELBO", "nats", *evidence("elbo"), None, "", True),
        Score("log-likelihood", "nats", *evidence("log_likelihood"), exact, size, True, samples),
        Score("reconstruction", "", *error, size, False, "squared error, summed over pixels"),
        Score("clustering accuracy", "%", *accuracy, "k-means on pixels", True),
        Score("normalised mutual information", "", *information, "k-means on pixels", True),
    ]


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1)
