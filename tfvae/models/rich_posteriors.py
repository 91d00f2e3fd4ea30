"""Models whose posterior is more than one Gaussian."""

from typing import Any

import keras

from tfvae import objectives, posteriors
from tfvae.families import Family
from tfvae.priors import Prior
from tfvae.vae import VAE


def MixturePosteriorVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    latent_size: int,
    num_components: int = 5,
    num_samples: int = 1,
    **kwargs: Any,
) -> VAE:
    r"""Infers a mixture of Gaussians for each example, by the bound that its strata give.

    $$\sum_k w_k(x)\, E_{z \sim \mathcal N(loc_k(x), scale_k(x)^2)} \log \frac{p(x, z)}{q(z|x)},
    \qquad q(z|x) = \sum_k w_k(x)\, \mathcal N(z; loc_k(x), scale_k(x)^2)$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents `[N, latent_size]` to features.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        latent_size: number of latent dimensions.
        num_components: number of components of the posterior.
        num_samples: samples of z from each component.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if a number is not a whole one above 0.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.MixturePosteriorVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     latent_size=2,
        ...     num_components=3,
        ... )
        >>> vae.latents.posterior.num_components
        3

    Reference:
        Roeder, Wu and Duvenaud 2017, arXiv:1703.09194, on mixtures; Morningstar et al. 2021,
        arXiv:2003.01687 (SELBO).
    """
    posterior = posteriors.MixtureOfGaussians(latent_size, num_components)
    objective = objectives.ELBO(num_samples=num_samples)
    return VAE(encoder, decoder, posterior, likelihood, prior, objective, **kwargs)


def SIWAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    latent_size: int,
    num_components: int = 5,
    num_samples: int = 1,
    gradient: str = "reparametrised",
    **kwargs: Any,
) -> VAE:
    r"""Infers a mixture of Gaussians by the importance-weighted bound of its strata.

    $$E \log \frac1S \sum_{s,k} w_k(x) \frac{p(x, z_{ks})}{q(z_{ks}|x)},
    \qquad z_{ks} \sim \mathcal N(loc_k(x), scale_k(x)^2)$$

    Unlike the ELBO, it lets components cover several modes without a price for the poorer ones.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents `[N, latent_size]` to features.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        latent_size: number of latent dimensions.
        num_components: number of components of the posterior, K.
        num_samples: samples of z from each component, S.
        gradient: how gradients reach the encoder, as in `tfvae.objectives.IWAE`.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE` and `tfvae.objectives.IWAE`; if a number is not a whole one
            above 0.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.SIWAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     latent_size=2,
        ... )
        >>> vae.latents.posterior.num_components
        5

    Reference:
        Morningstar et al. 2021, arXiv:2003.01687 (SIWAE).
    """
    posterior = posteriors.MixtureOfGaussians(latent_size, num_components)
    objective = objectives.IWAE(num_samples, gradient)
    return VAE(encoder, decoder, posterior, likelihood, prior, objective, **kwargs)
