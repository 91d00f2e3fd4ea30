"""Whether a factor can be predicted from one latent and from no second: SAP."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfvae.evaluate.factors.draws import generator, halves
from tfvae.evaluate.factors.table import (
    checked,
    checked_categorical,
    gap_of_the_best_two,
    standardised,
)


def separated_attribute_predictability(
    codes: Any, factors: Any, categorical: Sequence[int] = (), seed: int = 0
) -> float:
    r"""Returns SAP: how much better the best latent predicts a factor than the second best.

    $$\frac1F \sum_k \Bigl(S_{j^{(k)} k} - \max_{j \neq j^{(k)}} S_{jk}\Bigr),\qquad
    j^{(k)} = \arg\max_j S_{jk}$$

    S is the squared correlation of the latent with the factor's number. Of a factor that is a kind,
    it is the balanced accuracy of thresholds on the latent, as many as there are kinds less one,
    which half of the examples choose and the other half tests. Latents that know nothing of a
    factor of K kinds have 1 / K, so that such a factor adds 1 - 1 / K at most.

    Args:
        codes: one value of each latent for each example, `[N, D]`.
        factors: the number of each factor's value, whole numbers `[N, F]`.
        categorical: which columns of `factors` are kinds, not amounts.
        seed: seed of the split, a whole number from 0 to 2^32 - 1.

    Returns:
        A number from 0 to 1, the mean over factors.

    Raises:
        ValueError: if the two are not such arrays of the same examples, there is only one latent,
            a factor has one value alone, or `categorical` names no column.

    Example:
        >>> import numpy as np
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> round(separated_attribute_predictability(3.0 - factors, factors), 6)
        1.0

    Reference:
        Kumar, Sattigeri and Balakrishnan 2018, arXiv:1711.00848, section 3. The thresholds are
        those of a decision tree with a leaf for each kind. Locatello et al. 2019, arXiv:1811.12359,
        take every factor as kinds, and a linear support vector machine, which on one latent can
        tell little but the outermost of many: their scores are far lower.
    """
    codes, factors = checked(codes, factors)
    kinds = checked_categorical(categorical, factors.shape[1])
    codes = standardised(codes)
    train, test = halves(len(codes), generator(seed))
    columns = [
        _accuracies(codes, factor, train, test)
        if k in kinds
        else _squared_correlations(codes, factor)
        for k, factor in enumerate(factors.T)
    ]
    return float(np.mean(gap_of_the_best_two(np.stack(columns, axis=1))))


def _squared_correlations(codes: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Returns R^2 of a linear fit to the factor from each standardised latent, `[D]`."""
    return np.square(np.mean(codes * standardised(factor[:, None]), axis=0))


def _accuracies(
    codes: np.ndarray, kind: np.ndarray, train: np.ndarray, test: np.ndarray
) -> np.ndarray:
    """Returns the mean over kinds of how many are told right, from each latent alone, `[D]`."""
    from sklearn.metrics import recall_score
    from sklearn.tree import DecisionTreeClassifier

    labels = np.unique(kind[test])
    accuracies = []
    for column in range(codes.shape[1]):
        latent = codes[:, [column]]
        tree = DecisionTreeClassifier(
            max_leaf_nodes=len(np.unique(kind)), class_weight="balanced", random_state=0
        )
        found = tree.fit(latent[train], kind[train]).predict(latent[test])
        accuracies.append(recall_score(kind[test], found, labels=labels, average="macro"))
    return np.array(accuracies)
