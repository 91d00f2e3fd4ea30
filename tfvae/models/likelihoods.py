"""Models that are named after their likelihood."""

from typing import Any

import keras

from tfvae.families import Family, Normal
from tfvae.posteriors import Posterior
from tfvae.priors import Prior
from tfvae.vae import VAE


def SigmaVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    event_shape: tuple[int, ...],
    prior: Prior | None = None,
    **kwargs: Any,
) -> VAE:
    r"""A Gaussian likelihood whose scale needs no tuning: it is the most likely one, calibrated.

    $$\mathcal L = \frac D2 \log \frac1{BD} \sum_n \lVert x_n - loc(z_n) \rVert^2
    + \mathrm{KL}(q(z|x), p(z)) + const$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        event_shape: shape of one example.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.SigmaVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     (4, 4, 1),
        ... )
        >>> vae.likelihood.scale
        'calibrated'

    Reference:
        Rybkin, Daniilidis and Levine 2020, arXiv:2006.13202, section 3.2.
    """
    likelihood = Normal(event_shape, "calibrated")
    return VAE(encoder, decoder, posterior, likelihood, prior, **kwargs)
