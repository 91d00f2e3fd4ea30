"""Models given a condition."""

from typing import Any

import keras

from tfvae import latents
from tfvae.families import Family
from tfvae.posteriors import Posterior
from tfvae.priors import Prior
from tfvae.vae import VAE


def ConditionalVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    num_classes: int | None = None,
    condition_shape: tuple[int, ...] | None = None,
    embedding: keras.Layer | None = None,
    network: keras.Layer | None = None,
    **kwargs: Any,
) -> VAE:
    r"""Models x given a class, a vector or an image.

    $$\log p(x|c) \ge E_{q(z|x, c)}[\log p(x|z, c) + \log p(z) - \log q(z|x, c)]$$

    Data are `{"x": x, "condition": c}`; `sample(n, condition=c)` takes one for all or one each.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features, which c joins.
        decoder: a Keras layer or model from latents, joined by c, to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        num_classes: how many classes, if c is a class.
        condition_shape: shape of c, if it is anything else.
        embedding: a Keras layer that c passes before it joins.
        network: a Keras layer between features, joined by c, and the posterior.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE` and `tfvae.latents.Conditional`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.ConditionalVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_classes=10,
        ... )
        >>> vae.sample(2, condition=[3, 4], seed=0).shape
        (2, 4, 4, 1)

    Reference:
        Sohn, Lee and Yan 2015, Learning structured output representation using deep conditional
        generative models, NeurIPS, equation 4, where y is our x, and x our c. Our prior does not
        depend on c.
    """
    flat = latents.Flat(posterior, prior)
    conditional = latents.Conditional(flat, num_classes, condition_shape, embedding, network)
    return VAE(encoder, decoder, likelihood=likelihood, latents=conditional, **kwargs)
