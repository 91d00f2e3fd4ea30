"""Clusters that a model must beat: k-means and Gaussian mixtures, on pixels, PCA and latents."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

from tfvae.evaluate.labels.agreement import ClusteringScores, checked_classes, clustering
from tfvae.evaluate.samples.features import features
from tfvae.part import positive_integer

# A full covariance of more features has more numbers than a baseline's examples could tell.
LARGEST_FULL = 100
# What is added to variances, relative to their mean. A pixel that is always off in a cluster would
# otherwise outweigh all others there, so that a diagonal covariance needs more.
RIDGE = {"diag": 0.1, "full": 1e-3}
MAX_ITERATIONS = 200


@dataclass(frozen=True)
class BaselineScores:
    """How well one baseline does.

    Args:
        method: `"k-means"` or `"Gaussian mixture"`.
        features: what it clusters: `"latents"`, `"pca"` or `"pixels"`.
        mean: its scores, averaged over seeds.
        standard_deviation: their spread over seeds; NaN of one seed.
    """

    method: str
    features: str
    mean: ClusteringScores
    standard_deviation: ClusteringScores


def clustering_baselines(
    vae: Any,
    x_train: Any,
    x_test: Any,
    labels_test: Any,
    num_clusters: int,
    seeds: Sequence[int] = (0, 1, 2),
    *,
    max_train: int = 10_000,
    num_starts: int = 3,
    batch_size: int = 128,
) -> tuple[BaselineScores, ...]:
    r"""Returns how well k-means and mixtures of Gaussians cluster, without and with the model.

    Each is fitted to training examples without their labels, and scored on test examples: on
    pixels, as they are; on principal components, as many as z has numbers; and on the latents, the
    means of q(z given x). A seed chooses at most `max_train` training examples and the starts; of
    several starts the one of the best training objective is taken, and its own scores never count.

    The mixtures have full covariances, but diagonal ones on pixels, and where there are more than
    100 features: a full one of 784 pixels has 307,720 numbers. A tenth of the features' mean
    variance is added to a diagonal covariance and a thousandth to a full one.

    Args:
        vae: a `tfvae.VAE`.
        x_train: examples to fit, `[N, *event_shape]`.
        x_test: examples to score, `[M, *event_shape]`.
        labels_test: their classes, integers `[M]`.
        num_clusters: how many clusters are looked for.
        seeds: one run for each.
        max_train: of more training examples, so many are drawn.
        num_starts: starts of k-means in a run; the mixture has one, from a k-means of its own.
        batch_size: examples at a time, in the encoder.

    Returns:
        Six scores, of both methods on each of the three.

    Raises:
        ValueError: if labels and examples do not agree in number, there are fewer training examples
            than clusters, or a number is not a whole one above 0.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> labels = np.arange(60) % 2
        >>> noise = np.random.default_rng(0).uniform(-0.2, 0.2, [60, 4, 4, 1])
        >>> x = noise + 0.3 + 0.4 * labels[:, None, None, None]
        >>> found = clustering_baselines(vae, x, x, labels, num_clusters=2)
        >>> [(row.method, row.features) for row in found[-2:]], found[-2].mean.accuracy
        ([('k-means', 'pixels'), ('Gaussian mixture', 'pixels')], 1.0)
    """
    for name, value in (
        ("num_clusters", num_clusters),
        ("max_train", max_train),
        ("num_starts", num_starts),
    ):
        positive_integer(value, name)
    labels = checked_classes(labels_test, "labels_test")
    if not len(seeds):
        raise ValueError("`seeds` is empty: give one seed at least, such as `(0, 1, 2)`.")
    found = features(vae, x_train, x_test, batch_size)
    train, test = found["pixels"]
    if len(test) != len(labels):
        raise ValueError(f"There are {len(test)} test examples, but {len(labels)} labels.")
    if min(len(train), max_train) < num_clusters:
        raise ValueError(
            f"{num_clusters} clusters cannot be found in {min(len(train), max_train)} training "
            "examples: give more, or a larger `max_train`."
        )
    rows = []
    for name, (train, test) in found.items():
        covariance = "full" if name != "pixels" and train.shape[1] <= LARGEST_FULL else "diag"
        runs: dict[str, list[ClusteringScores]] = {"k-means": [], "Gaussian mixture": []}
        for seed in seeds:
            chosen = _some(train, max_train, seed)
            means = _k_means(chosen, test, num_clusters, num_starts, seed)
            runs["k-means"].append(clustering(labels, means))
            mixture = _gaussian_mixture(chosen, test, num_clusters, covariance, seed)
            runs["Gaussian mixture"].append(clustering(labels, mixture))
        for method, scores in runs.items():
            rows.append(BaselineScores(method, name, *_mean_and_spread(scores)))
    return tuple(rows)


def _some(rows: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Returns at most so many of the rows, chosen by the seed."""
    if len(rows) <= most:
        return rows
    return rows[np.random.default_rng(seed).choice(len(rows), most, replace=False)]


def _k_means(
    train: np.ndarray, test: np.ndarray, num_clusters: int, num_starts: int, seed: int
) -> np.ndarray:
    """Returns the nearest of the centres that k-means finds, `[M]`."""
    from sklearn.cluster import KMeans

    fitted = KMeans(num_clusters, n_init=num_starts, random_state=seed).fit(train)
    return fitted.predict(test)


def _gaussian_mixture(
    train: np.ndarray, test: np.ndarray, num_clusters: int, covariance: str, seed: int
) -> np.ndarray:
    """Returns the most probable component of a fitted mixture of Gaussians, `[M]`."""
    from sklearn.mixture import GaussianMixture

    # In double precision: Cholesky factors of nearly singular covariances need the digits.
    train, test = train.astype("float64"), test.astype("float64")
    mixture = GaussianMixture(
        num_clusters,
        covariance_type=covariance,
        # Above zero, as scikit-learn wants it, even of features that are all constant.
        reg_covar=max(RIDGE[covariance] * train.var(axis=0).mean(), 1e-12),
        max_iter=MAX_ITERATIONS,
        random_state=seed,
    )
    return mixture.fit(train).predict(test)


def _mean_and_spread(
    scores: Sequence[ClusteringScores],
) -> tuple[ClusteringScores, ClusteringScores]:
    """Returns each score's mean, and its standard deviation: NaN of a single one."""
    table = np.array([astuple(each) for each in scores])
    spread = table.std(axis=0, ddof=1) if len(table) > 1 else np.full(table.shape[1], np.nan)
    return ClusteringScores(*table.mean(axis=0).tolist()), ClusteringScores(*spread.tolist())
