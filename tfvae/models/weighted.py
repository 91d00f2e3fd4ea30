"""Models that weigh the rate, or parts of it."""

from typing import Any

import keras

from tfvae import objectives
from tfvae.families import Family
from tfvae.posteriors import Posterior
from tfvae.priors import Prior
from tfvae.vae import VAE


def BetaVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    beta: float = 4.0,
    **kwargs: Any,
) -> VAE:
    r"""Weighs the rate by beta.

    $$\mathcal L = -E_{q(z|x)} \log p(x|z) + \beta\, \mathrm{KL}(q(z|x), p(z))$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        beta: weight of the rate, a number or a Keras schedule of the training step.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if `beta` is negative or not finite.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.BetaVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     beta=4.0,
        ... )
        >>> vae.objective.beta
        4.0

    Reference:
        Higgins et al. 2017, beta-VAE, ICLR, equation 4.
    """
    objective = objectives.ELBO(beta)
    return VAE(encoder, decoder, posterior, likelihood, prior, objective, **kwargs)


def DisentangledBetaVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    capacity: float = 25.0,
    warmup_steps: int = 100_000,
    gamma: float = 1000.0,
    **kwargs: Any,
) -> VAE:
    r"""Holds the rate at a capacity that grows in training.

    $$\mathcal L = -E_{q(z|x)} \log p(x|z) + \gamma\, |\mathrm{KL}(q(z|x), p(z)) - C|$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        capacity: C at the end, in nats.
        warmup_steps: training steps in which C rises from 0.
        gamma: weight of the distance from C.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if `gamma` is negative, or `warmup_steps` not a whole
            number above 0.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.DisentangledBetaVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     capacity=10.0,
        ... )
        >>> vae.objective.gamma
        1000.0

    Reference:
        Burgess et al. 2018, arXiv:1804.03599, equation 8.
    """
    objective = objectives.Capacity(objectives.Warmup(warmup_steps, capacity), gamma)
    return VAE(encoder, decoder, posterior, likelihood, prior, objective, **kwargs)


def BetaTCVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    data_size: int,
    beta: float = 6.0,
    **kwargs: Any,
) -> VAE:
    r"""Weighs the total correlation of the latents.

    $$\mathcal L = -E \log p(x|z) + I(x; z) + \beta\, \mathrm{KL}(q(z), \prod_d q(z_d))
    + E \log \frac{\prod_d q(z_d)}{p(z)}$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        data_size: number of training examples.
        beta: weight of the total correlation.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if `beta` is negative, or the posterior not a diagonal Gaussian
            (at the first step).

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.BetaTCVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     data_size=1000,
        ... )
        >>> vae.objective.beta
        6.0

    Reference:
        Chen et al. 2018, arXiv:1802.04942, with weights of 1 for the other two parts.
    """
    objective = objectives.TotalCorrelation(data_size, beta)
    return VAE(encoder, decoder, posterior, likelihood, prior, objective, **kwargs)


def DIPVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    off_diagonal: float = 10.0,
    diagonal: float | None = None,
    kind: int = 1,
    **kwargs: Any,
) -> VAE:
    r"""Draws the covariance of the aggregated posterior to the identity.

    $$\mathcal L = -ELBO + \lambda_{od} \sum_{i \ne j} C_{ij}^2 + \lambda_d \sum_i (C_{ii} - 1)^2$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        off_diagonal: lambda_od.
        diagonal: lambda_d; None for what `tfvae.objectives.DIP` takes.
        kind: 1 for the covariance of the means, 2 for that of q(z).
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if a weight is negative, or `kind` neither 1 nor 2.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.DIPVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     kind=2,
        ... )
        >>> vae.objective.diagonal
        10.0

    Reference:
        Kumar, Sattigeri and Balakrishnan 2018, arXiv:1711.00848, equations 6 and 7.
    """
    objective = objectives.DIP(off_diagonal, diagonal, kind)
    return VAE(encoder, decoder, posterior, likelihood, prior, objective, **kwargs)
