"""Which parts of the latents carry something: units, and components or codes."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae.evaluate.latents.marginals import kl_by_unit
from tfvae.evaluate.samples.features import posterior_means
from tfvae.priors.usage import DEAD_SHARE

BATCH_SIZE = 128


@dataclass(frozen=True)
class ActiveUnits:
    """What `active_units` found.

    Args:
        variance: of the posterior's mean over examples, `[*latent_shape]`.
        active: where it is above the threshold, bool `[*latent_shape]`.
    """

    variance: np.ndarray
    active: np.ndarray

    @property
    def count(self) -> int:
        """How many units are active."""
        return int(self.active.sum())


def active_units(
    vae: Any, x: Any, threshold: float = 0.01, batch_size: int = BATCH_SIZE
) -> ActiveUnits:
    r"""Returns which units of z have a posterior whose mean differs between examples.

    $$A_u = \mathrm{Var}_x\, E_{q(z|x)} z_u > threshold$$

    Where the mean has no closed form, the point that stands for q takes its place: the image of the
    Gaussian's mean under a flow, and in a ladder each level's mean given those above.

    Args:
        vae: a `tfvae.VAE`.
        x: examples, `[N, *event_shape]`, `tfvae.pipeline.Images` or a `tf.data.Dataset`.
        threshold: the least variance of a unit in use, in the units of z: the paper's is for a
            prior of variance 1.
        batch_size: examples at a time.

    Returns:
        The variances, which units are active, and their `count`.

    Raises:
        ValueError: if the latents are codes, or there are fewer than two examples.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> active_units(vae, np.ones([6, 4, 4, 1])).count
        0

    Reference:
        Burda, Grosse and Salakhutdinov 2015, arXiv:1509.00519, section 5.2.
    """
    if vae.latents.code_shape is not None:
        raise ValueError(
            "`active_units` is about coordinates that vary freely, but the latents are codes: "
            "`tfvae.evaluate.component_usage` tells which of them are used."
        )
    means = posterior_means(vae, x, batch_size).astype("float64")
    if len(means) < 2:
        raise ValueError("A variance over examples needs at least two of them, but there is one.")
    variance = means.var(axis=0)
    return ActiveUnits(variance, variance > threshold)


def rate_by_unit(vae: Any, x: Any, batch_size: int = BATCH_SIZE) -> np.ndarray:
    r"""Returns how far each unit's posterior is from its prior, for each example.

    $$\mathrm{KL}(q(z_u|x), p(z_u))$$

    The densities are marginals. They sum to the rate over units if both q and p factorise. In
    closed form where there is one; of a mixture of Gaussians by quadrature with 64 nodes.

    Args:
        vae: a `tfvae.VAE` whose q(z given x) and p(z) are Gaussians, mixtures of Gaussians, or
            independent categorical variables.
        x: examples, `[N, *event_shape]`, `tfvae.pipeline.Images` or a `tf.data.Dataset`.
        batch_size: examples at a time.

    Returns:
        Float64 `[N, U]`, in nats: U coordinates, or variables with classes.

    Raises:
        ValueError: if the marginals of q or p are not known, or their divergence is not.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     prior=tfvae.priors.MixtureOfGaussians(3),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> rate_by_unit(vae, np.ones([6, 4, 4, 1])).shape
        (6, 2)
    """
    check_compares(vae, "rate_by_unit")
    latents = vae.latents

    def unit_rates(x: Any, first: tf.Tensor) -> tf.Tensor:
        q, p = latents.distribution(vae.infer_parameters(x)), latents.prior.distribution()
        rates = kl_by_unit(q, p)
        if rates is None:
            raise ValueError(
                "`rate_by_unit` needs units whose marginals and their divergence are known, as of "
                "Gaussians, their mixtures, and independent classes, but q is "
                f"{type(q).__name__} and p is {type(p).__name__}. The rate as a whole is in "
                "`tfvae.evaluate.rate_decomposition`, and the rate of each level of a ladder in "
                "`vae.trace(...).rates_by_dimension`."
            )
        return rates

    return vae._over(unit_rates, x, batch_size).numpy().astype("float64")


@dataclass(frozen=True)
class Collapse:
    """What `posterior_collapse` found.

    Args:
        rate: mean over examples of each unit's divergence, float64 `[U]`, in nats.
        share: share of the examples whose divergence is below epsilon, `[U]`.
        collapsed: which units have collapsed, bool `[U]`.
    """

    rate: np.ndarray
    share: np.ndarray
    collapsed: np.ndarray

    @property
    def count(self) -> int:
        """How many units have collapsed."""
        return int(self.collapsed.sum())


def posterior_collapse(
    vae: Any,
    x: Any,
    epsilon: float = 0.01,
    delta: float = 0.01,
    batch_size: int = BATCH_SIZE,
) -> Collapse:
    r"""Returns which units say nothing of almost all examples.

    $$P_x\big[\mathrm{KL}(q(z_u|x), p(z_u)) < \epsilon\big] \ge 1 - \delta$$

    Args:
        vae: a `tfvae.VAE`, as for `rate_by_unit`.
        x: examples, `[N, *event_shape]`, `tfvae.pipeline.Images` or a `tf.data.Dataset`.
        epsilon: the divergence below which a unit says nothing of an example, in nats.
        delta: share of the examples for which it may say more.
        batch_size: examples at a time.

    Returns:
        For each unit, its mean rate, the share of examples below epsilon, and whether it has
        collapsed.

    Raises:
        ValueError: as `rate_by_unit`; if `epsilon` is not above 0, or `delta` not from 0 to 1.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> posterior_collapse(vae, np.zeros([6, 4, 4, 1])).share
        array([1., 1.])

    Reference:
        Lucas, Tucker, Grosse and Norouzi 2019, arXiv:1911.02469, who call it (epsilon, delta)
        collapse.
    """
    if not (math.isfinite(epsilon) and epsilon > 0.0 and 0.0 <= delta < 1.0):
        raise ValueError(
            "`epsilon` must be a number of nats above 0, and `delta` a share from 0 to below 1, "
            f"but they are {epsilon!r} and {delta!r}."
        )
    rates = rate_by_unit(vae, x, batch_size)
    share = np.mean(rates < epsilon, axis=0)
    return Collapse(rates.mean(axis=0), share, share >= 1.0 - delta)


@dataclass(frozen=True)
class Usage:
    """What `component_usage` found.

    Args:
        shares: what part of the data each component holds, float64 `[K]`, summing to 1.
    """

    shares: np.ndarray

    @property
    def entropy(self) -> float:
        """The entropy of the shares, in nats."""
        used = self.shares[self.shares > 0.0]
        return float(-np.sum(used * np.log(used)))

    @property
    def effective(self) -> float:
        """How many equal components would have this entropy, from 1 to K: the perplexity."""
        return math.exp(self.entropy)

    @property
    def count(self) -> int:
        """How many components hold a tenth of an even share, or more."""
        return int(np.sum(self.shares >= DEAD_SHARE / len(self.shares)))


def component_usage(vae: Any, x: Any, batch_size: int = BATCH_SIZE) -> Usage:
    r"""Returns how much of the data each component of the model holds, or each of its codes.

    $$u_k = \frac1N \sum_n p(k|z_n),\qquad effective = \exp\Big(-\sum_k u_k \log u_k\Big)$$

    z_n is the point that stands for q(z given x_n); in a model with a class of its own it is
    q(k given x_n) that is averaged, and of codes the share that a code has in an example.

    Args:
        vae: a `tfvae.VAE` with components, classes or codes.
        x: examples, `[N, *event_shape]`, `tfvae.pipeline.Images` or a `tf.data.Dataset`.
        batch_size: examples at a time.

    Returns:
        The shares, their `entropy`, the `effective` number, and the `count` of those in use.

    Raises:
        ValueError: if the model has neither.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     prior=tfvae.priors.MixtureOfGaussians(3),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> usage = component_usage(vae, np.ones([6, 4, 4, 1]))
        >>> usage.shares.shape, 1.0 <= usage.effective <= 3.0
        ((3,), True)

    Reference:
        Van den Oord, Vinyals and Kavukcuoglu 2017, arXiv:1711.00937, for the perplexity of codes.
    """
    if vae.latents.code_shape is None:
        shares = vae.responsibilities(x, batch_size).mean(axis=0, dtype="float64")
    else:
        codes = vae.codes(x, batch_size)
        total = np.zeros(vae.latents.quantiser.num_vectors)
        for start in range(0, len(codes), batch_size):
            part = tf.constant(codes[start : start + batch_size])
            total += vae.latents.quantiser.usage(part).numpy().sum(axis=0, dtype="float64")
        shares = total
    return Usage(shares / shares.sum())


def check_compares(vae: Any, what: str) -> None:
    """Raises a ValueError if q(z given x) and p(z) are no densities of the whole of z."""
    if not (vae.latents.has_density and vae.latents.has_prior_density):
        raise ValueError(
            f"`{what}` compares q(z) with p(z), so that both must be densities of the whole of z. "
            f"In a model whose latents are of kind {type(vae.latents).__name__} they are not: "
            "points and codes have none, and where classes or styles join z, the prior is not of "
            "all of it. A model with a `posterior` and a `prior` will do, or a ladder."
        )
