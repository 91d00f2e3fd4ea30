"""Models that match the aggregated posterior with the prior."""

from typing import Any

import keras

from tfvae import objectives
from tfvae.families import Family
from tfvae.posteriors import Posterior
from tfvae.priors import Prior
from tfvae.vae import VAE


def InfoVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    alpha: float = 0.0,
    scale: float = 1000.0,
    kernel: str = "gaussian",
    **kwargs: Any,
) -> VAE:
    r"""Weighs the rate and the distance of q(z) from the prior apart.

    $$\mathcal L = -E \log p(x|z) + (1 - \alpha)\, \mathrm{KL}(q(z|x), p(z))
    + (\alpha + \lambda - 1)\, \mathrm{MMD}(q(z), p(z))$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        alpha: 1 minus the weight of the rate, at most 1.
        scale: lambda.
        kernel: as in `tfvae.objectives.MMD`.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if a weight comes out negative.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.InfoVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     alpha=0.5,
        ...     scale=10.0,
        ... )
        >>> vae.objective.weight, vae.objective.beta
        (9.5, 0.5)

    Reference:
        Zhao, Song and Ermon 2017, arXiv:1706.02262, with the MMD for their divergence.
    """
    objective = objectives.MMD(alpha + scale - 1.0, 1.0 - alpha, kernel)
    return VAE(encoder, decoder, posterior, likelihood, prior, objective, **kwargs)


def WAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    scale: float = 10.0,
    kernel: str = "inverse_multiquadratic",
    **kwargs: Any,
) -> VAE:
    r"""Matches q(z) with the prior, and leaves the rate alone.

    $$\mathcal L = -E \log p(x|z) + \lambda\, \mathrm{MMD}(q(z), p(z))$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        scale: lambda.
        kernel: as in `tfvae.objectives.MMD`.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if `scale` is negative.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.WAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     scale=20.0,
        ... )
        >>> vae.objective.weight
        20.0

    Reference:
        Tolstikhin et al. 2018, arXiv:1711.01558, algorithm 2. Our encoder is as random as the
        posterior; theirs may be deterministic.
    """
    objective = objectives.MMD(scale, kernel=kernel)
    return VAE(encoder, decoder, posterior, likelihood, prior, objective, **kwargs)
