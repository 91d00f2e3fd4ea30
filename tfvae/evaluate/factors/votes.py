"""Which latent stays still while a factor does: the score of FactorVAE."""

import math
from typing import Any

import numpy as np

from tfvae.evaluate.factors.draws import generator, halves, turns
from tfvae.evaluate.factors.sharing import Sharing
from tfvae.evaluate.factors.table import checked
from tfvae.part import positive_integer


def factor_vae_score(
    codes: Any,
    factors: Any,
    group_size: int = 64,
    num_votes: int = 800,
    smallest_scale: float = 0.05,
    seed: int = 0,
) -> float:
    r"""Returns how often the stillest latent of a group tells which factor its examples share.

    A group is of examples that share the value of a factor, each factor in its turn. Its vote is
    the latent whose variance in the group is smallest beside that in all examples,

    $$d^* = \arg\min_d \frac{\mathrm{Var}_{group}(z_d)}{\mathrm{Var}(z_d)}$$

    A latent stands for the factor for which it is voted most often, by groups of one half of the
    examples; the score is the share of the votes of the other half that this gets right. Chance is
    1 / F.

    Args:
        codes: one value of each latent for each example, `[N, D]`.
        factors: the number of each factor's value, whole numbers `[N, F]`, at least two factors.
        group_size: examples in a group, at least two.
        num_votes: groups from each half.
        smallest_scale: the standard deviation below which a latent counts as dead, and has no
            vote. Posterior means of a prior of scale 1 fall below the default where the posterior
            has become the prior.
        seed: seed of the split and the groups, a whole number from 0 to 2^32 - 1.

    Returns:
        A number from 0 to 1; 0 if all latents are dead.

    Raises:
        ValueError: if the two are not such arrays of the same examples, there is only one latent or
            factor, a factor has one value alone, no value is shared by `group_size` examples of a
            half, or there are fewer votes than factors.

    Example:
        >>> import numpy as np
        >>> factors = np.random.RandomState(0).randint(4, size=[400, 2])
        >>> factor_vae_score(3.0 - factors, factors, group_size=8, num_votes=50)
        1.0

    Reference:
        Kim and Mnih 2018, arXiv:1802.05983, section 4. They make new examples for each group; ours
        come from those given, so that groups of the same half overlap; where factors are
        independent, each group has the distribution that theirs have.
    """
    codes, factors = checked(codes, factors, least_factors=2)
    if positive_integer(group_size, "group_size") < 2:
        raise ValueError("`group_size` must be at least 2: one example has no variance.")
    shared = turns(num_votes, factors.shape[1], "num_votes")
    if not (
        isinstance(smallest_scale, float | int | np.number) and 0.0 <= smallest_scale < math.inf
    ):
        raise ValueError(
            f"`smallest_scale` must be a number of at least 0, but is {smallest_scale!r}."
        )
    scale = codes.std(axis=0, ddof=1)
    active = (np.ptp(codes, axis=0) > 0) & (scale >= smallest_scale)
    if not active.any():
        return 0.0
    codes = codes[:, active] / scale[active]
    random = generator(seed)
    train, test = (
        count_votes(codes[half], factors[half], shared, group_size, random)
        for half in halves(len(codes), random)
    )
    return share_told_right(train, test)


def count_votes(
    codes: np.ndarray,
    factors: np.ndarray,
    shared: np.ndarray,
    group_size: int,
    random: np.random.RandomState,
) -> np.ndarray:
    """Returns how often each latent is the stillest while a factor is shared, `[D, F]`.

    `shared` is which factor that is, group by group.
    """
    of_factor = [Sharing(column, k, group_size) for k, column in enumerate(factors.T)]
    votes = np.zeros((codes.shape[1], len(of_factor)), int)
    for k in shared:
        group = codes[of_factor[k].group(group_size, random)]
        votes[np.argmin(group.var(axis=0)), k] += 1
    return votes


def share_told_right(train: np.ndarray, test: np.ndarray) -> float:
    """Returns the share of the votes `test` that the majorities of `train` get right."""
    meant = np.argmax(train, axis=1)
    return float(test[np.arange(len(test)), meant].sum() / test.sum())
