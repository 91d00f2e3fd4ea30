"""How well a model does: evidence in nats, and clusters beside labels."""

import math
from typing import Any

import numpy as np

from tfvae import random
from tfvae.part import positive_integer
from tfvae.pipeline import Images

__all__ = [
    "clustering_accuracy",
    "evidence",
    "match_clusters",
    "normalised_mutual_information",
    "reconstruction_error",
]


def match_clusters(labels: Any, clusters: Any) -> dict[int, int]:
    """Pairs clusters with labels one to one, so that as many examples as possible agree.

    The Hungarian method, on the table of counts. Where there are more clusters than labels, those
    left over have no label; where there are fewer, some labels have no cluster.

    Args:
        labels: the true classes, integers `[N]`.
        clusters: the clusters found, integers `[N]`.

    Returns:
        The label of each cluster that got one.

    Raises:
        ValueError: if the two are not integers of the same number of examples.

    Example:
        >>> match_clusters([7, 7, 3, 3], [0, 0, 1, 0])
        {0: 7, 1: 3}
    """
    from scipy.optimize import linear_sum_assignment

    label_names, cluster_names, counts = _counts(labels, clusters)
    rows, columns = linear_sum_assignment(counts, maximize=True)
    return {
        int(cluster_names[row]): int(label_names[column])
        for row, column in zip(rows, columns, strict=True)
        if counts[row, column]
    }


def clustering_accuracy(labels: Any, clusters: Any) -> float:
    r"""Returns the share of examples whose cluster has their label, under the best matching.

    $$\max_{m} \frac1N \sum_n [m(cluster_n) = label_n],\qquad m \text{ one to one}$$

    Args:
        labels: the true classes, integers `[N]`.
        clusters: the clusters found, integers `[N]`; their numbers mean nothing.

    Returns:
        A number from 0 to 1.

    Raises:
        ValueError: if the two are not integers of the same number of examples.

    Example:
        >>> clustering_accuracy([0, 0, 1, 1], [5, 5, 2, 5])
        0.75

    Reference:
        Kuhn 1955 for the matching; Xie, Girshick and Farhadi 2015, arXiv:1511.06335, equation 10.
    """
    matching = match_clusters(labels, clusters)
    found = [matching.get(int(cluster)) for cluster in np.asarray(clusters)]
    agree = [a == b for a, b in zip(found, np.asarray(labels).tolist(), strict=True)]
    return float(np.mean(agree))


def normalised_mutual_information(labels: Any, clusters: Any) -> float:
    r"""Returns the mutual information of labels and clusters over the mean of their entropies.

    $$\frac{2\, I(labels; clusters)}{H(labels) + H(clusters)}$$

    Args:
        labels: the true classes, integers `[N]`.
        clusters: the clusters found, integers `[N]`; their numbers mean nothing.

    Returns:
        A number from 0, independent, to 1, the same partition; 1 if both have one part alone.

    Raises:
        ValueError: if the two are not integers of the same number of examples.

    Example:
        >>> normalised_mutual_information([0, 0, 1, 1], [1, 1, 0, 0])
        1.0

    Reference:
        Vinh, Epps and Bailey 2010, table 2 (normalised by the sum).
    """
    _, _, counts = _counts(labels, clusters)
    joint = counts / counts.sum()
    entropies = _entropy(joint.sum(axis=0)) + _entropy(joint.sum(axis=1))
    if entropies == 0.0:
        return 1.0
    return max(0.0, 2.0 * (entropies - _entropy(joint)) / entropies)


def reconstruction_error(x: Any, reconstruction: Any) -> float:
    r"""Returns the squared error, summed over an example and averaged over examples.

    $$\frac1N \sum_n \lVert x_n - \hat x_n \rVert^2$$

    Args:
        x: examples, `[N, ...]`.
        reconstruction: of the same shape.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> reconstruction_error([[0.0, 0.0], [1.0, 1.0]], [[1.0, 2.0], [1.0, 1.0]])
        2.5
    """
    x, reconstruction = np.asarray(x, "float64"), np.asarray(reconstruction, "float64")
    if x.shape != reconstruction.shape or x.ndim < 2:
        raise ValueError(
            "Examples and their reconstructions must be arrays [N, ...] of the same shape, but "
            f"have shapes {x.shape} and {reconstruction.shape}."
        )
    return float(np.square(x - reconstruction).reshape(len(x), -1).sum(axis=1).mean())


def evidence(
    vae: Any,
    x: Any,
    num_samples: int = 500,
    seed: int = 0,
    batch_size: int = 128,
    y: Any = None,
) -> dict[str, Any]:
    """Returns what a model's bound and its importance-sampled likelihood are on examples.

    The bound, and its rate and distortion, are those of `vae.elbo(x, seed=seed)`, of one sample an
    example; the likelihood is `vae.log_likelihood` of `num_samples`. A standard error is that of
    the mean over the examples.

    Args:
        vae: a `tfvae.VAE`.
        x: examples, `[N, *event_shape]`, `tfvae.pipeline.Images` or a `tf.data.Dataset`.
        num_samples: importance samples an example.
        seed: seed of the samples.
        batch_size: examples at a time.
        y: as in `vae.elbo`.

    Returns:
        In nats an example: `elbo`, `rate`, `distortion`, `log_likelihood`, and for each its
        `..._standard_error`; with `num_samples`, `num_examples`, `seed`, and `binarization`: of
        `Images`, what they do (with `binarization_seed`), else None, for it is not known.

    Raises:
        ValueError: if the data cannot be what the likelihood is over.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> found = evidence(vae, np.zeros([6, 4, 4, 1]), num_samples=3)
        >>> found["num_examples"], abs(found["elbo"] + found["rate"] + found["distortion"]) < 1e-4
        (6, True)

    Reference:
        Burda, Grosse and Salakhutdinov 2015, arXiv:1509.00519, section 5.
    """
    positive_integer(num_samples, "num_samples")
    rate, distortion = _rate_and_distortion(vae, x, seed, batch_size, y)
    values = {
        "elbo": -(rate + distortion),
        "rate": rate,
        "distortion": distortion,
        "log_likelihood": vae.log_likelihood(x, num_samples, seed, batch_size, y),
    }
    found: dict[str, Any] = {}
    for name, each in values.items():
        found[name] = float(np.mean(each))
        found[f"{name}_standard_error"] = _standard_error(each)
    found |= {"num_samples": num_samples, "num_examples": len(rate), "seed": seed}
    found["binarization"] = x.binarization if isinstance(x, Images) else None
    if isinstance(x, Images) and x.binarization != "none":
        found["binarization_seed"] = x.seed
    return found


def _rate_and_distortion(
    vae: Any, x: Any, seed: int, batch_size: int, y: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the two terms of each example, float64 `[N]`, by the noise of `vae.elbo`."""
    found = vae._over(vae._terms, x, batch_size, random.rows(seed, 1)[0], dense=True, y=y)
    rate, distortion = found.numpy().astype("float64").T
    return rate, distortion


def _standard_error(values: np.ndarray) -> float:
    """Returns the standard error of a mean; NaN of fewer than two values."""
    if len(values) < 2:
        return math.nan
    return float(np.std(values, ddof=1) / math.sqrt(len(values)))


def _counts(labels: Any, clusters: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the labels, the clusters, and how often they meet, `[clusters, labels]`."""
    labels, clusters = np.asarray(labels), np.asarray(clusters)
    for values, name in ((labels, "labels"), (clusters, "clusters")):
        if values.ndim != 1 or values.dtype.kind not in "iu" or not values.size:
            raise ValueError(
                f"`{name}` must be a row of whole numbers, one an example, but has shape "
                f"{values.shape} and dtype {values.dtype}."
            )
    if len(labels) != len(clusters):
        raise ValueError(f"There are {len(labels)} labels, but {len(clusters)} clusters.")
    label_names, columns = np.unique(labels, return_inverse=True)
    cluster_names, rows = np.unique(clusters, return_inverse=True)
    counts = np.zeros((len(cluster_names), len(label_names)), int)
    np.add.at(counts, (rows, columns), 1)
    return label_names, cluster_names, counts


def _entropy(shares: np.ndarray) -> float:
    """Returns -sum p log p, in nats."""
    shares = shares[shares > 0]
    return float(-np.sum(shares * np.log(shares)))
