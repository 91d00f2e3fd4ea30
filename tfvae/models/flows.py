"""Models with normalising flows: in the prior, or in the posterior."""

from collections.abc import Sequence
from typing import Any

import keras

from tfvae import flows, posteriors, priors
from tfvae.families import Family
from tfvae.posteriors import Posterior
from tfvae.priors import Prior
from tfvae.vae import VAE


def RealNVPVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    *,
    num_layers: int = 4,
    hidden: Sequence[int] = (64, 64),
    **kwargs: Any,
) -> VAE:
    r"""Learns the prior, by affine coupling layers.

    $$p(z) = \mathcal N(f^{-1}(z); 0, I)
    \left|\det \frac{\partial f^{-1}}{\partial z}\right|,\qquad
    f \text{ of layers } z_a = u_a,\ z_b = u_b \odot \exp(s(u_a)) + t(u_a)$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over vectors of latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        num_layers: number of the flow's layers.
        hidden: sizes of the hidden layers of each layer's network.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE` and `tfvae.flows.RealNVP`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.RealNVPVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_layers=3,
        ... )
        >>> vae.prior.flow.num_layers
        3

    Reference:
        Dinh, Sohl-Dickstein and Bengio 2017, arXiv:1605.08803, equations 4 to 8, for the flow;
        Chen et al. 2017, arXiv:1611.02731, section 3.2, for a flow as the prior of a VAE.
    """
    prior = priors.Flowed(flows.RealNVP(num_layers, hidden))
    return VAE(encoder, decoder, posterior, likelihood, prior, **kwargs)


def MAFVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    *,
    num_layers: int = 4,
    hidden: Sequence[int] = (64, 64),
    **kwargs: Any,
) -> VAE:
    r"""Learns the prior, by masked autoregressive layers.

    $$p(z) = \mathcal N(f^{-1}(z); 0, I)
    \left|\det \frac{\partial f^{-1}}{\partial z}\right|,\qquad
    f \text{ of layers } z_d = u_d \exp(\alpha_d(z_{<d})) + m_d(z_{<d})$$

    To sample takes a step a coordinate of z; to train does not.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over vectors of latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        num_layers: number of the flow's layers.
        hidden: sizes of the hidden layers of each layer's network.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE` and `tfvae.flows.MaskedAutoregressive`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.MAFVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_layers=3,
        ... )
        >>> vae.prior.flow.num_layers
        3

    Reference:
        Papamakarios, Pavlakou and Murray 2017, arXiv:1705.07057, equations 3 to 5, for the flow;
        Chen et al. 2017, arXiv:1611.02731, section 3.2, for a flow as the prior of a VAE, and for
        its being as rich as an inverse autoregressive posterior.
    """
    prior = priors.Flowed(flows.MaskedAutoregressive(num_layers, hidden))
    return VAE(encoder, decoder, posterior, likelihood, prior, **kwargs)


def IAFVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    num_layers: int = 4,
    hidden: Sequence[int] = (64, 64),
    context_size: int = 32,
    **kwargs: Any,
) -> VAE:
    r"""Makes the posterior richer, by inverse autoregressive layers.

    $$\log q(z|x) = \log q_0(u|x) - \sum_{l, d} \log g_{l, d},\qquad
    z = f(u) \text{ of layers } z_d = g_d u_d + (1 - g_d)\, m_d(u_{<d})$$

    Each layer's network reads a context of the encoder.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: the family of which the flow makes the posterior, over vectors of latents.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        num_layers: number of the flow's layers.
        hidden: sizes of the hidden layers of each layer's network.
        context_size: length of the context; 0 for none.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE` and `tfvae.flows.InverseAutoregressive`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.IAFVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_layers=3,
        ... )
        >>> vae.latents.posterior.flow.num_layers
        3

    Reference:
        Kingma et al. 2016, arXiv:1606.04934, algorithm 1. Theirs has such layers in a ladder of
        latents, ours in one.
    """
    flowed = posteriors.Flowed(
        posterior, flows.InverseAutoregressive(num_layers, hidden, context_size)
    )
    return VAE(encoder, decoder, flowed, likelihood, prior, **kwargs)


def PlanarVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    num_layers: int = 8,
    **kwargs: Any,
) -> VAE:
    r"""Makes the posterior richer, by planar layers.

    $$\log q(z|x) = \log q_0(u|x) - \sum_l \log \left|\det \frac{\partial f_l}{\partial u}\right|,
    \qquad f_l(u) = u + \hat v \tanh(w^\top u + b)$$

    The encoder gives v, w and b of each layer.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: the family of which the flow makes the posterior, over vectors of latents.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        num_layers: number of the flow's layers.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE` and `tfvae.flows.Planar`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.PlanarVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_layers=3,
        ... )
        >>> vae.latents.posterior.flow.num_layers
        3

    Reference:
        Rezende and Mohamed 2015, arXiv:1505.05770, equations 10 and 15; its bound is not annealed
        here unless the objective is told to.
    """
    flowed = posteriors.Flowed(posterior, flows.Planar(num_layers))
    return VAE(encoder, decoder, flowed, likelihood, prior, **kwargs)
