"""Models with normalising flows in the prior."""

from collections.abc import Sequence
from typing import Any

import keras

from tfvae import flows, priors
from tfvae.families import Family
from tfvae.posteriors import Posterior
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
        Dinh, Sohl-Dickstein and Bengio 2017, arXiv:1605.08803, equations 7 and 8, for the flow;
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
        Papamakarios, Pavlakou and Murray 2017, arXiv:1705.07057, equations 4 and 5, for the flow;
        Chen et al. 2017, arXiv:1611.02731, section 3.2, for a flow as the prior of a VAE, and for
        its being as rich as an inverse autoregressive posterior.
    """
    prior = priors.Flowed(flows.MaskedAutoregressive(num_layers, hidden))
    return VAE(encoder, decoder, posterior, likelihood, prior, **kwargs)
