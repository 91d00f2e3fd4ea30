"""Models whose latent variables are classes."""

from typing import Any

import keras

from tfvae import posteriors, priors
from tfvae.families import Family
from tfvae.vae import VAE


def GumbelSoftmaxVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    likelihood: Family,
    *,
    latent_size: int,
    num_classes: int,
    temperature: float = 0.5,
    prior_temperature: float = 0.5,
    **kwargs: Any,
) -> VAE:
    r"""Infers categorical variables relaxed to the simplex, by the bound of the relaxed model.

    $$E_{q_\tau(z|x)} [\log p(x|z) + \log p_{\tau_p}(z) - \log q_\tau(z|x)],\qquad
    z = \mathrm{softmax}((\log \pi(x) + g) / \tau)$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents `[N, latent_size, num_classes]` to features.
        likelihood: a family over the data's events.
        latent_size: number of categorical variables.
        num_classes: classes of each.
        temperature: of the posterior, at the start; assign to `vae.latents.posterior.temperature`
            to anneal it.
        prior_temperature: of the prior.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE` and `tfvae.posteriors.RelaxedCategorical`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.GumbelSoftmaxVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     latent_size=3,
        ...     num_classes=5,
        ... )
        >>> vae.latents.event_shape
        (3, 5)

    Reference:
        Jang, Gu and Poole 2017, arXiv:1611.01144, equation 2; Maddison, Mnih and Teh 2017,
        arXiv:1611.00712, whose rate, between relaxed densities, this is: that of the former, often
        taken between the discrete distributions, gives no bound.
    """
    posterior = posteriors.RelaxedCategorical(latent_size, num_classes, temperature)
    prior = priors.UniformRelaxedCategorical(prior_temperature)
    return VAE(encoder, decoder, posterior, likelihood, prior, **kwargs)


def CategoricalVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    likelihood: Family,
    *,
    latent_size: int,
    num_classes: int,
    temperature: float = 0.5,
    **kwargs: Any,
) -> VAE:
    r"""Infers one-hot codes, with the straight-through gradient of the Gumbel-softmax.

    $$E_{q(z|x)} \log p(x|z) - \sum_l \mathrm{KL}(\pi_l(x), \mathrm{uniform}),\qquad
    z_l = \mathrm{onehot}(\arg\max_i (\log \pi_{li}(x) + g_{li}))$$

    The bound is exact, and the gradient through z biased.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents `[N, latent_size, num_classes]` to features.
        likelihood: a family over the data's events.
        latent_size: number of categorical variables.
        num_classes: classes of each.
        temperature: of the relaxation that gradients pass, at the start; assign to
            `vae.latents.posterior.temperature` to anneal it.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE` and `tfvae.posteriors.StraightThroughCategorical`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.CategoricalVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     latent_size=3,
        ...     num_classes=5,
        ... )
        >>> round(float(vae.prior(vae.prior.distribution().mode())), 3)
        -4.828

    Reference:
        Jang, Gu and Poole 2017, arXiv:1611.01144, section 2.2.
    """
    posterior = posteriors.StraightThroughCategorical(latent_size, num_classes, temperature)
    prior = priors.UniformCategorical()
    return VAE(encoder, decoder, posterior, likelihood, prior, **kwargs)
