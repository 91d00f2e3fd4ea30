"""How far a model's latents are the factors that its data were made from, by every score."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from tfvae.evaluate.factors.importance import dci
from tfvae.evaluate.factors.information import mutual_information_gap
from tfvae.evaluate.factors.pairs import beta_vae_score
from tfvae.evaluate.factors.predictability import separated_attribute_predictability
from tfvae.evaluate.factors.votes import factor_vae_score
from tfvae.part import positive_integer

# Images that are held at once: the codes of all are kept, the pixels are not.
_IMAGES_AT_ONCE = 2048


class MadeFromFactors(Protocol):
    """Data made from known factors, such as `Sprites`.

    Attributes:
        categorical: which columns of factors are kinds, not amounts.
    """

    categorical: tuple[int, ...]

    def draw(self, n: int, seed: int) -> np.ndarray:
        """Returns the factors of n examples, independent draws, whole numbers `[n, F]`."""

    def images(self, factors: np.ndarray) -> np.ndarray:
        """Returns the examples that factors make, `[n, *event_shape]`."""


def disentanglement(
    vae: Any,
    data: MadeFromFactors,
    num_examples: int = 10_000,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    group_size: int = 64,
    batch_size: int = 128,
) -> dict[str, Any]:
    """Returns how far each latent of a model is one factor of its data, by every score there is.

    For each seed examples are drawn anew and encoded once. Their codes are the posterior's point,
    which is its mean where q is Gaussian: what is uncertain in a latent is not in its code. The
    spread is over seeds, that of the scores' estimates: a model trained anew has another. With its
    defaults and a small convolutional encoder this takes less than two minutes on two free cores.

    Args:
        vae: a `tfvae.VAE` over the data's images.
        data: `Sprites`, or anything that has its `draw`, `images` and `categorical`.
        num_examples: how many examples are drawn for each seed.
        seeds: seeds of the examples and of each score's own draws.
        group_size: as in `factor_vae_score`.
        batch_size: examples that are encoded at a time.

    Returns:
        The mean over seeds of `mutual_information_gap`, `separated_attribute_predictability`,
        `disentanglement`, `completeness` and `informativeness` (of `dci`), `factor_vae_score` and
        `beta_vae_score`, and for each its `..._standard_deviation`, NaN of a single seed; with
        `num_examples`, `num_latents` and `seeds`.

    Raises:
        ValueError: if the model is over other images, has one latent alone, there are no seeds, or
            too few examples for groups of `group_size`.

    Example:
        >>> import tfvae
        >>> sprites = tfvae.evaluate.Sprites(size=16, fixed={"shape": 2, "orientation": 0})
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(3),
        ...     likelihood=tfvae.families.Bernoulli((16, 16, 1)),
        ... )
        >>> found = tfvae.evaluate.disentanglement(vae, sprites, 1000, (0, 1), group_size=8)
        >>> 0.0 <= found["mutual_information_gap"] <= 1.0, found["num_latents"]
        (True, 3)

    Reference:
        Locatello et al. 2019, arXiv:1811.12359, compare these scores. Each score's own docstring
        has its paper, and where we deviate.
    """
    positive_integer(num_examples, "num_examples")
    if not (hasattr(seeds, "__len__") and len(seeds)):
        raise ValueError(f"`seeds` must be a sequence of at least one seed, but is {seeds!r}.")
    scores: list[dict[str, float]] = []
    for seed in seeds:
        factors = data.draw(num_examples, seed)
        codes = _codes(vae, data, factors, batch_size)
        scores.append(_scores(codes, factors, data.categorical, group_size, seed))
    found: dict[str, Any] = {}
    for name in scores[0]:
        values = [each[name] for each in scores]
        found[name] = float(np.mean(values))
        spread = np.std(values, ddof=1) if len(values) > 1 else math.nan
        found[f"{name}_standard_deviation"] = float(spread)
    found |= {"num_examples": num_examples, "num_latents": codes.shape[1], "seeds": list(seeds)}
    return found


def _codes(vae: Any, data: MadeFromFactors, factors: np.ndarray, batch_size: int) -> np.ndarray:
    """Returns the posterior's point of each example as one row, `[N, D]`."""
    points = [
        np.asarray(vae.encode(data.images(some), batch_size).mode())
        for some in np.split(factors, range(_IMAGES_AT_ONCE, len(factors), _IMAGES_AT_ONCE))
    ]
    return np.concatenate(points).reshape(len(factors), -1)


def _scores(
    codes: np.ndarray,
    factors: np.ndarray,
    categorical: tuple[int, ...],
    group_size: int,
    seed: int,
) -> dict[str, float]:
    return {
        "mutual_information_gap": mutual_information_gap(codes, factors),
        "separated_attribute_predictability": separated_attribute_predictability(
            codes, factors, categorical, seed
        ),
        **dci(codes, factors, categorical, seed=seed),
        "factor_vae_score": factor_vae_score(codes, factors, group_size, seed=seed),
        "beta_vae_score": beta_vae_score(codes, factors, seed=seed),
    }
