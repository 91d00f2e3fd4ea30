"""How well clusters agree with classes that were not used to find them."""

from typing import Any

import numpy as np


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
        Vinh, Epps and Bailey 2010, "Information theoretic measures for clusterings comparison",
        JMLR 11, normalised by the sum.
    """
    _, _, counts = _counts(labels, clusters)
    joint = counts / counts.sum()
    entropies = _entropy(joint.sum(axis=0)) + _entropy(joint.sum(axis=1))
    if entropies == 0.0:
        return 1.0
    return max(0.0, 2.0 * (entropies - _entropy(joint)) / entropies)


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
