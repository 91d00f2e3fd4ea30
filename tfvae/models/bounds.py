"""Models trained by other bounds than the ELBO."""

from typing import Any

import keras

from tfvae import objectives
from tfvae.families import Family
from tfvae.posteriors import Posterior
from tfvae.priors import Prior
from tfvae.vae import VAE


def IWAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    num_samples: int = 5,
    gradient: str = "reparametrised",
    **kwargs: Any,
) -> VAE:
    r"""Maximises the importance-weighted bound of k samples.

    $$E \log \frac1k \sum_{i=1}^k \frac{p(x, z_i)}{q(z_i|x)}$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        num_samples: k.
        gradient: how gradients reach the encoder, as in `tfvae.objectives.IWAE`.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE` and `tfvae.objectives.IWAE`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.IWAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_samples=8,
        ... )
        >>> vae.objective.num_samples
        8

    Reference:
        Burda, Grosse and Salakhutdinov 2015, arXiv:1509.00519, equation 8.
    """
    objective = objectives.IWAE(num_samples, gradient)
    return VAE(encoder, decoder, posterior, likelihood, prior, objective, **kwargs)


def MIWAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    num_bounds: int = 8,
    samples_each: int = 8,
    **kwargs: Any,
) -> VAE:
    r"""Maximises the mean of several importance-weighted bounds.

    $$\frac1m \sum_{j=1}^m \log \frac1k \sum_{i=1}^k \frac{p(x, z_{ij})}{q(z_{ij}|x)}$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        num_bounds: m.
        samples_each: k.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if a number is not a whole one above 0.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.MIWAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_bounds=2,
        ... )
        >>> vae.objective.num_samples
        16

    Reference:
        Rainforth et al. 2018, arXiv:1802.04537, section 5.
    """
    objective = objectives.MIWAE(num_bounds, samples_each)
    return VAE(encoder, decoder, posterior, likelihood, prior, objective, **kwargs)


def PIWAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    num_bounds: int = 8,
    samples_each: int = 8,
    **kwargs: Any,
) -> VAE:
    r"""Trains the decoder by a tighter bound than the encoder.

    $$\mathcal L_{mk}\ \text{for the decoder},\quad
    \frac1m \sum_{j=1}^m \mathcal L_k^{(j)}\ \text{for the encoder}$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        num_bounds: m.
        samples_each: k.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if a number is not a whole one above 0.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.PIWAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_bounds=2,
        ... )
        >>> vae.objective.num_samples
        16

    Reference:
        Rainforth et al. 2018, arXiv:1802.04537, section 5.
    """
    objective = objectives.PIWAE(num_bounds, samples_each)
    return VAE(encoder, decoder, posterior, likelihood, prior, objective, **kwargs)


def CIWAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    num_samples: int = 64,
    beta: float = 0.05,
    **kwargs: Any,
) -> VAE:
    r"""Maximises a mean of the ELBO and the importance-weighted bound.

    $$\beta\, \mathcal L_{ELBO} + (1 - \beta)\, \mathcal L_k$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        num_samples: k.
        beta: share of the ELBO, from 0 to 1.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if `beta` is not from 0 to 1.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.CIWAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_samples=8,
        ... )
        >>> vae.objective.beta
        0.05

    Reference:
        Rainforth et al. 2018, arXiv:1802.04537, section 5.
    """
    objective = objectives.CIWAE(num_samples, beta)
    return VAE(encoder, decoder, posterior, likelihood, prior, objective, **kwargs)


def RenyiVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    alpha: float = 0.5,
    num_samples: int = 50,
    **kwargs: Any,
) -> VAE:
    r"""Maximises the variational Renyi bound.

    $$\frac{1}{1 - \alpha} \log
    \frac1k \sum_{i=1}^k \left(\frac{p(x, z_i)}{q(z_i|x)}\right)^{1 - \alpha}$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        alpha: the order: 0 gives the IWAE, 1 the VAE.
        num_samples: k.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if `alpha` is not finite.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.RenyiVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_samples=8,
        ... )
        >>> vae.objective.alpha
        0.5

    Reference:
        Li and Turner 2016, arXiv:1602.02311, section 3, and section 4 for its estimate.
    """
    objective = objectives.Renyi(alpha, num_samples)
    return VAE(encoder, decoder, posterior, likelihood, prior, objective, **kwargs)
