"""How far apart the codes of pairs are that share a factor: the score of beta-VAE."""

from typing import Any

import numpy as np

from tfvae.evaluate.factors.draws import generator, halves, turns
from tfvae.evaluate.factors.sharing import Sharing
from tfvae.evaluate.factors.table import checked, standardised
from tfvae.part import positive_integer


def beta_vae_score(
    codes: Any,
    factors: Any,
    num_pairs: int = 64,
    num_points: int = 800,
    seed: int = 0,
) -> float:
    r"""Returns how well a linear classifier tells which factor pairs share, by their differences.

    A point is the mean over L pairs of examples that share the value of a factor, each factor in
    its turn, of how far apart their codes are,

    $$\frac1L \sum_l \lvert z_{l,1} - z_{l,2} \rvert$$

    A logistic regression learns the factor from points of one half of the examples; the score is
    its accuracy on those of the other half. Chance is 1 / F.

    Args:
        codes: one value of each latent for each example, `[N, D]`.
        factors: the number of each factor's value, whole numbers `[N, F]`, at least two factors.
        num_pairs: pairs in a point, L.
        num_points: points from each half.
        seed: seed of the split and the pairs, a whole number from 0 to 2^32 - 1.

    Returns:
        A number from 0 to 1.

    Raises:
        ValueError: if the two are not such arrays of the same examples, there is only one latent or
            factor, a factor has one value alone, no two examples of a half share a value, or there
            are fewer points than factors.

    Example:
        >>> import numpy as np
        >>> factors = np.random.RandomState(0).randint(4, size=[400, 2])
        >>> beta_vae_score(3.0 - factors, factors, num_pairs=16, num_points=100)
        1.0

    Reference:
        Higgins et al. 2017, beta-VAE: learning basic visual concepts with a constrained variational
        framework, section 3. Pairs come from the examples given, and latents and differences are
        brought to one scale, on which the score then does not depend. It can be 1 although factors
        share latents: `factor_vae_score` is the stricter.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    codes, factors = checked(codes, factors, least_factors=2)
    positive_integer(num_pairs, "num_pairs")
    shared = turns(num_points, factors.shape[1], "num_points")
    codes = standardised(codes)
    random = generator(seed)
    train, test = (
        _points(codes[half], factors[half], shared, num_pairs, random)
        for half in halves(len(codes), random)
    )
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return float(classifier.fit(train, shared).score(test, shared))


def _points(
    codes: np.ndarray,
    factors: np.ndarray,
    shared: np.ndarray,
    num_pairs: int,
    random: np.random.RandomState,
) -> np.ndarray:
    """Returns the mean differences of pairs that share each of the factors `shared`, `[P, D]`."""
    points = np.zeros((len(shared), codes.shape[1]))
    for k, factor in enumerate(factors.T):
        of_factor = np.flatnonzero(shared == k)
        first, second = Sharing(factor, k, 2).pairs((len(of_factor), num_pairs), random)
        points[of_factor] = np.abs(codes[first] - codes[second]).mean(axis=1)
    return points
