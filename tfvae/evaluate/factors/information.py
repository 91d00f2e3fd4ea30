"""Whether what is known of a factor is known from one latent: the mutual information gap."""

from typing import Any

import numpy as np

from tfvae.evaluate.factors.table import checked, gap_of_the_best_two
from tfvae.part import positive_integer


def mutual_information_gap(codes: Any, factors: Any, num_bins: int = 20) -> float:
    r"""Returns MIG: what the most informative latent says of a factor beyond the second.

    $$\frac1F \sum_k \frac{1}{H(v_k)} \Bigl(I(z_{j^{(k)}}; v_k) -
    \max_{j \neq j^{(k)}} I(z_j; v_k)\Bigr),\qquad j^{(k)} = \arg\max_j I(z_j; v_k)$$

    Each latent is cut into bins of equal width over its range. A factor of more values than bins
    cannot be told in full: evenly spread codes of 40 values in 20 bins give 0.81, not 1. From N
    examples the information of a latent that knows nothing comes out at about
    (bins - 1)(values - 1) / 2N nats, and a perfect score falls short of 1 by as much over H.

    Args:
        codes: one value of each latent for each example, `[N, D]`.
        factors: the number of each factor's value, whole numbers `[N, F]`.
        num_bins: how many bins.

    Returns:
        A number from 0 to 1, the mean over factors.

    Raises:
        ValueError: if the two are not such arrays of the same examples, there is only one latent,
            or a factor has one value alone.

    Example:
        >>> import numpy as np
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> round(mutual_information_gap(3.0 - factors, factors), 6)
        1.0
        >>> round(mutual_information_gap(factors @ [[1, 1], [1, -1]], factors), 6)
        0.0

    Reference:
        Chen et al. 2018, arXiv:1802.04942, section 4.1, whose information is with samples of q(z
        given x). Codes in 20 bins are the protocol of Locatello et al. 2019, arXiv:1811.12359.
    """
    codes, factors = checked(codes, factors)
    bins = binned(codes, positive_integer(num_bins, "num_bins"))
    entropy = np.diagonal(mutual_information(factors, factors))
    return float(np.mean(gap_of_the_best_two(mutual_information(bins, factors)) / entropy))


def binned(codes: np.ndarray, num_bins: int) -> np.ndarray:
    """Returns the number of the bin that each code is in, of equal ones over a latent's range."""
    span = np.ptp(codes, axis=0)
    place = (codes - codes.min(axis=0)) / np.where(span > 0, span, 1.0)
    return np.minimum((num_bins * place).astype(int), num_bins - 1)


def mutual_information(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Returns the information between columns of whole numbers, `[N, D]` and `[N, F]`, in nats."""
    from sklearn.metrics import mutual_info_score

    return np.array([[mutual_info_score(column, row) for column in b.T] for row in a.T])
