"""How well clusters agree with classes that were not used to find them."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class ClusteringScores:
    """How well clusters agree with classes, by four measures, each at best 1.

    Args:
        accuracy: as `clustering_accuracy`.
        majority_accuracy: as `majority_accuracy`; it grows with the number of clusters.
        normalised_mutual_information: as `normalised_mutual_information`.
        adjusted_rand_index: as `adjusted_rand_index`; about 0 for clusters at random.
    """

    accuracy: float
    majority_accuracy: float
    normalised_mutual_information: float
    adjusted_rand_index: float


def clustering(labels: Any, clusters: Any) -> ClusteringScores:
    """Returns how well clusters agree with classes, by all measures.

    Args:
        labels: the true classes, integers `[N]`.
        clusters: the clusters found, integers `[N]`; their numbers mean nothing.

    Returns:
        The scores, each a number of at most 1.

    Raises:
        ValueError: if the two are not integers of the same number of examples.

    Example:
        >>> clustering([0, 0, 1, 1], [5, 5, 2, 7])
        ClusteringScores(accuracy=0.75, majority_accuracy=1.0,
            normalised_mutual_information=0.79..., adjusted_rand_index=0.571...)
    """
    return ClusteringScores(
        clustering_accuracy(labels, clusters),
        majority_accuracy(labels, clusters),
        normalised_mutual_information(labels, clusters),
        adjusted_rand_index(labels, clusters),
    )


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


def majority_accuracy(labels: Any, clusters: Any) -> float:
    r"""Returns the share of examples whose label is the commonest one of their cluster.

    $$\frac1N \sum_k \max_c\, |\{n : cluster_n = k,\ label_n = c\}|$$

    Several clusters may so have the same label, which is fair to models with more components than
    there are classes. It grows with the number of clusters, up to 1 for one cluster an example:
    compare it between clusterings of the same K alone, and never with `clustering_accuracy`.

    Args:
        labels: the true classes, integers `[N]`.
        clusters: the clusters found, integers `[N]`; their numbers mean nothing.

    Returns:
        A number from 0 to 1, at least `clustering_accuracy`.

    Raises:
        ValueError: if the two are not integers of the same number of examples.

    Example:
        >>> majority_accuracy([0, 0, 1, 1], [5, 2, 7, 7])
        1.0

    Reference:
        Zhao and Karypis 2001, Criterion functions for document clustering, where it is the purity.
    """
    counts = _counts(labels, clusters)[2]
    return float(counts.max(axis=1).sum() / counts.sum())


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
        >>> round(normalised_mutual_information([0, 0, 1, 1], [1, 1, 0, 0]), 6)
        1.0

    Reference:
        Vinh, Epps and Bailey 2010, "Information theoretic measures for clusterings comparison",
        JMLR 11, normalised by the sum; computed by scikit-learn.
    """
    from sklearn.metrics import normalized_mutual_info_score

    return float(normalized_mutual_info_score(*_checked(labels, clusters)))


def adjusted_rand_index(labels: Any, clusters: Any) -> float:
    r"""Returns how far pairs of examples are together in both partitions, beyond chance.

    $$\frac{R - E[R]}{1 - E[R]},\qquad R = \text{the share of pairs on which the two agree}$$

    The expectation is over all partitions with parts of the same sizes.

    Args:
        labels: the true classes, integers `[N]`.
        clusters: the clusters found, integers `[N]`; their numbers mean nothing.

    Returns:
        A number of at most 1, the same partition; about 0 by chance, and below it if worse.

    Raises:
        ValueError: if the two are not integers of the same number of examples.

    Example:
        >>> adjusted_rand_index([0, 0, 1, 1], [0, 1, 0, 1])
        -0.5

    Reference:
        Hubert and Arabie 1985, Comparing partitions; computed by scikit-learn.
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(*_checked(labels, clusters)))


def checked_classes(values: Any, name: str) -> np.ndarray:
    """Returns a row of whole numbers, one an example.

    Raises:
        ValueError: if it is something else.
    """
    values = np.asarray(values)
    if values.ndim != 1 or values.dtype.kind not in "iu" or not values.size:
        raise ValueError(
            f"`{name}` must be a row of whole numbers, one an example, but has shape "
            f"{values.shape} and dtype {values.dtype}."
        )
    return values


def _checked(labels: Any, clusters: Any) -> tuple[np.ndarray, np.ndarray]:
    """Returns both as arrays of the same length."""
    labels, clusters = checked_classes(labels, "labels"), checked_classes(clusters, "clusters")
    if len(labels) != len(clusters):
        raise ValueError(f"There are {len(labels)} labels, but {len(clusters)} clusters.")
    return labels, clusters


def _counts(labels: Any, clusters: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the labels, the clusters, and how often they meet, `[clusters, labels]`."""
    labels, clusters = _checked(labels, clusters)
    label_names, columns = np.unique(labels, return_inverse=True)
    cluster_names, rows = np.unique(clusters, return_inverse=True)
    counts = np.zeros((len(cluster_names), len(label_names)), int)
    np.add.at(counts, (rows, columns), 1)
    return label_names, cluster_names, counts
