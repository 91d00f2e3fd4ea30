"""Models with a class that is found without labels."""

from typing import Any

import keras

from tfvae import latents, objectives, priors
from tfvae.families import Family
from tfvae.posteriors import Posterior
from tfvae.vae import VAE


def GMVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    *,
    num_classes: int = 10,
    network: keras.Layer | None = None,
    **kwargs: Any,
) -> VAE:
    r"""A Gaussian for each class as prior over z, and the class inferred: it clusters by itself.

    $$p(y) = \tfrac1K,\quad p(z|y) = \mathcal N(z; loc_y, scale_y^2),\quad p(x|z)$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features, a vector.
        decoder: a Keras layer or model from latents to features.
        posterior: q(z|x,y): a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        num_classes: K.
        network: a Keras layer between features, joined by y, and the posterior.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if `num_classes` is not a whole number above 1.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.GMVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_classes=3,
        ... )
        >>> vae.sample(2, component=1, seed=0).shape
        (2, 4, 4, 1)

    Reference:
        Shu 2016, Gaussian mixture VAE: lessons in variational inference, generative models, and
        deep nets, ruishu.io/2016/12/25/gmvae. His p(z|y) is a linear layer on the one-hot y, with a
        softplus: a location and a scale for each class, as here.
    """
    prior = priors.MixtureOfGaussians(num_classes, learned=("loc", "scale"))
    clustered = latents.Clustered(posterior, prior, network=network)
    return VAE(encoder, decoder, likelihood=likelihood, latents=clustered, **kwargs)


def VaDE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    *,
    num_classes: int = 10,
    **kwargs: Any,
) -> VAE:
    r"""Clusters by a mixture of Gaussians over z that starts from an autoencoder's codes.

    $$p(y) = w_y,\quad p(z|y) = \mathcal N(z; loc_y, scale_y^2),\quad q(y|x) = E_{q(z|x)}\, p(y|z)$$

    Call `adapt(x, epochs=...)` before `fit`: it trains the autoencoder, and fits the mixture to its
    codes. No labels enter.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: q(z|x): a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        num_classes: K.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if `num_classes` is not a whole number above 0.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.models.VaDE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_classes=3,
        ... )
        >>> x = np.random.RandomState(0).randint(0, 2, [30, 4, 4, 1])
        >>> vae.adapt(x, epochs=2)
        >>> vae.compile("adam")
        >>> history = vae.fit(x, verbose=0)

    Reference:
        Jiang et al. 2017, Variational deep embedding, arXiv:1611.05148, equations 9, 12 and 16.
        Theirs is pretrained layer by layer, ours as a whole.
    """
    prior = priors.MixtureOfGaussians(num_classes, start="mixture")
    clustered = latents.Responsible(posterior, prior)
    return VAE(encoder, decoder, likelihood=likelihood, latents=clustered, **kwargs)


def WarpedGMVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    likelihood: Family,
    *,
    latent_size: int,
    num_classes: int = 10,
    style_size: int | None = None,
    free_bits: float = 0.5,
    network: keras.Layer | None = None,
    **kwargs: Any,
) -> VAE:
    r"""The GMVAE of Dilokthanakul et al.: clusters whose Gaussians are functions of a style w.

    $$p(w)\, p(y)\, p(z|w, y)\, p(x|z),\qquad q(w|x)\, q(z|x)\, p(y|w, z)$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from z to features.
        likelihood: a family over the data's events.
        latent_size: number of coordinates of z.
        num_classes: K.
        style_size: number of coordinates of w; that of z if left out.
        free_bits: the minimum information about y, in nats: no gradient pushes its rate lower.
        network: a Keras layer that w passes before it makes the components.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if a number is not a whole one above 0, or there is one class.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.WarpedGMVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     latent_size=2,
        ...     num_classes=3,
        ... )
        >>> vae.sample(2, component=1, seed=0).shape
        (2, 4, 4, 1)

    Reference:
        Dilokthanakul et al. 2016, arXiv:1611.02648, as revised: with p(y|w, z) in place of a
        network, and the minimum-information constraint.
    """
    warped = latents.WarpedMixture(latent_size, num_classes, style_size, network)
    objective = objectives.ELBO(free_bits=(0.0, 0.0, free_bits))
    return VAE(
        encoder, decoder, likelihood=likelihood, latents=warped, objective=objective, **kwargs
    )
