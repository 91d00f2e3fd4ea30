"""Which latents a predictor of the factors leans on: disentanglement, completeness and the rest."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfvae.evaluate.factors.draws import generator, halves
from tfvae.evaluate.factors.table import checked, checked_categorical, standardised
from tfvae.part import positive_integer

# Leaves of fewer examples fit noise, and their splits credit latents that know nothing.
_SMALLEST_LEAF = 5


def dci(
    codes: Any,
    factors: Any,
    categorical: Sequence[int] = (),
    num_trees: int = 50,
    seed: int = 0,
) -> dict[str, float]:
    r"""Returns how a random forest's use of latents is spread: disentanglement and completeness.

    With R the importance of latent j for factor k,

    $$D = \sum_j \rho_j \Bigl(1 + \sum_k P_{jk} \log_F P_{jk}\Bigr),\quad
    P_{jk} = \frac{R_{jk}}{\sum_k R_{jk}},\quad \rho_j = \frac{\sum_k R_{jk}}{\sum_{jk} R_{jk}}$$

    and C is the same with latents and factors exchanged. D is 1 if each latent serves one factor, C
    if each factor is served by one latent. Informativeness is how much of the error of a constant
    guess the forest takes away on the half of the examples that it has not seen: R^2 of an amount,
    and of a kind 1 - (errors of the forest) / (errors of always saying the commonest); it can fall
    below 0.

    Args:
        codes: one value of each latent for each example, `[N, D]`.
        factors: the number of each factor's value, whole numbers `[N, F]`, at least two factors.
        categorical: which columns of `factors` are kinds, not amounts.
        num_trees: trees in each factor's forest.
        seed: seed of the split and of the forests, a whole number from 0 to 2^32 - 1.

    Returns:
        `disentanglement`, `completeness` and `informativeness`, each at most 1.

    Raises:
        ValueError: if the two are not such arrays of the same examples, there is only one latent or
            factor, a factor has one value alone, or `categorical` names no column.

    Example:
        >>> import numpy as np
        >>> factors = np.random.RandomState(0).randint(4, size=[400, 2])
        >>> found = dci(3.0 - factors, factors, num_trees=5)
        >>> {name: round(score, 6) for name, score in found.items()}
        {'disentanglement': 1.0, 'completeness': 1.0, 'informativeness': 1.0}

    Reference:
        Eastwood and Williams 2018, A framework for the quantitative evaluation of disentangled
        representations, section 2. Forests are theirs too, but of classification trees for kinds,
        and with at least five examples to a leaf in place of a tuned depth. Locatello et al. 2019,
        arXiv:1811.12359, classify every factor by boosted trees, and report accuracy.
    """
    codes, factors = checked(codes, factors, least_factors=2)
    kinds = checked_categorical(categorical, factors.shape[1])
    positive_integer(num_trees, "num_trees")
    codes = standardised(codes)
    train, test = halves(len(codes), generator(seed))
    importances, informative = [], []
    for column, factor in enumerate(factors.T):
        forest = _forest(column in kinds, num_trees, seed).fit(codes[train], factor[train])
        importances.append(forest.feature_importances_)
        # Threads would add up the trees in the order in which they end, and round differently.
        found = forest.set_params(n_jobs=1).predict(codes[test])
        informative.append(_informativeness(factor[train], factor[test], found, column in kinds))
    importance = np.stack(importances, axis=1)
    return {
        "disentanglement": one_for_each(importance),
        "completeness": one_for_each(importance.T),
        "informativeness": float(np.mean(informative)),
    }


def one_for_each(importance: np.ndarray) -> float:
    """Returns how nearly each row has one entry, from 0, all equal, to 1, as the weighted mean.

    That is disentanglement of importances `[D, F]`, and completeness of their transpose.
    """
    total = importance.sum()
    if total == 0.0:
        return 0.0
    of_rows = importance.sum(axis=1, keepdims=True)
    shares = importance / np.where(of_rows > 0, of_rows, 1.0)
    logs = np.log(np.where(shares > 0, shares, 1.0)) / np.log(importance.shape[1])
    scores = 1.0 + np.sum(shares * logs, axis=1)
    return float(np.sum(scores * of_rows[:, 0]) / total)


def _forest(is_kind: bool, num_trees: int, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    forest = RandomForestClassifier if is_kind else RandomForestRegressor
    return forest(
        num_trees,
        min_samples_leaf=_SMALLEST_LEAF,
        # Trees that see a few latents at each split must lean on latents that know nothing.
        max_features=None,
        n_jobs=-1,
        random_state=seed,
    )


def _informativeness(
    train: np.ndarray, test: np.ndarray, found: np.ndarray, is_kind: bool
) -> float:
    """Returns the share of the error of a constant guess, from the training half, that is gone."""
    if is_kind:
        names, counts = np.unique(train, return_counts=True)
        error, constant = np.mean(found != test), np.mean(names[counts.argmax()] != test)
    else:
        error, constant = np.mean(np.square(found - test)), np.mean(np.square(train.mean() - test))
    return float(1.0 - error / constant) if constant > 0 else 0.0
