"""Autoencoders without a bound, and those that restore what noise has spoilt."""

from typing import Any

import keras

from tfvae import objectives
from tfvae.families import Deterministic, Family
from tfvae.posteriors import Posterior
from tfvae.priors import Prior
from tfvae.vae import VAE


def AE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    latent_size: int,
    likelihood: Family,
    **kwargs: Any,
) -> VAE:
    r"""An autoencoder: points for latents, and the distortion alone.

    $$\mathcal L = -\log p(x|z),\qquad z = loc(x)$$

    There is no bound on p(x): `elbo` is minus the distortion and `log_likelihood` an error. Call
    `fit_sampler` after training; until then `sample` decodes standard normal noise.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents `[N, latent_size]` to features.
        latent_size: number of latent coordinates.
        likelihood: a family over the data's events.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if `latent_size` is not a whole number above zero.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.AE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     2,
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> vae.latents.noise()
        {}

    Reference:
        Hinton and Salakhutdinov 2006, Science 313; Ghosh et al. 2020, arXiv:1903.12436, for
        samplers fitted after training.
    """
    return VAE(encoder, decoder, Deterministic(latent_size), likelihood, **kwargs)


def DenoisingAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    latent_size: int,
    likelihood: Family,
    *,
    corruption: keras.Layer,
    **kwargs: Any,
) -> VAE:
    r"""An autoencoder that restores examples which noise has spoilt.

    $$\mathcal L = -\log p(x|z),\qquad z = loc(\tilde x),\ \tilde x \sim C(\tilde x|x)$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents `[N, latent_size]` to features.
        latent_size: number of latent coordinates.
        likelihood: a family over the data's events.
        corruption: a layer that spoils examples in training only, such as
            `tfvae.encoders.ReplacementNoise(0.25)` or `keras.layers.GaussianNoise(0.3)`.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled; the corruption is the first layer of its encoder.

    Raises:
        ValueError: as `AE`; if `corruption` is not a Keras layer.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.DenoisingAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     2,
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     corruption=tfvae.encoders.ReplacementNoise(0.25),
        ... )
        >>> vae.encoder.layers[0].rate
        0.25

    Reference:
        Vincent et al. 2008, Extracting and composing robust features with denoising autoencoders,
        section 2.3.
    """
    encoder = _corrupted(encoder, corruption)
    return AE(encoder, decoder, latent_size, likelihood, **kwargs)


def DenoisingVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    corruption: keras.Layer,
    **kwargs: Any,
) -> VAE:
    r"""A VAE whose encoder reads spoilt examples in training.

    $$\log p(x) \ge E_{C(\tilde x|x)}\, E_{q(z|\tilde x)}[\log p(x, z) - \log q(z|\tilde x)]$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        corruption: a layer that spoils examples in training only, such as
            `tfvae.encoders.ReplacementNoise(0.1, (0.0, 1.0))` or `keras.layers.GaussianNoise(0.3)`.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled; the corruption is the first layer of its encoder.

    Raises:
        ValueError: as `tfvae.VAE`; if `corruption` is not a Keras layer.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.DenoisingVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     corruption=tfvae.encoders.ReplacementNoise(0.1, (0.0, 1.0)),
        ... )
        >>> vae.encoder.layers[0].values
        (0.0, 1.0)

    Reference:
        Im et al. 2017, arXiv:1511.06406, the denoising variational lower bound, from one spoilt
        copy of an example. Evaluation is by the clean example.
    """
    encoder = _corrupted(encoder, corruption)
    return VAE(encoder, decoder, posterior, likelihood, prior, **kwargs)


def RAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    latent_size: int,
    likelihood: Family,
    *,
    beta: float = 1e-4,
    weight_decay: float = 0.0,
    gradient_penalty: float = 0.0,
    **kwargs: Any,
) -> VAE:
    r"""An autoencoder of small codes and a smooth decoder.

    $$\mathcal L = -\log p(x|z) + \tfrac{\beta}{2} |z|^2 + \lambda_\theta |\theta|^2
    + \lambda_J |\partial D(z) / \partial z|_F^2$$

    What `AE` says of the bound and of `sample` holds here.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents `[N, latent_size]` to features.
        latent_size: number of latent coordinates.
        likelihood: a family over the data's events.
        beta: weight of the codes' size.
        weight_decay: lambda_theta, of the decoder's weights (RAE-L2).
        gradient_penalty: lambda_J, of the decoder's Jacobian (RAE-GP).
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `AE`; if a weight is negative.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.RAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     2,
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     gradient_penalty=1e-3,
        ... )
        >>> vae.objective.gradient_penalty
        0.001

    Reference:
        Ghosh et al. 2020, arXiv:1903.12436, equation 11 and section 3.1, in nats: their squared
        error is `tfvae.families.Normal(event_shape, 0.5 ** 0.5)`, up to a constant.
    """
    objective = objectives.Regularised(beta, weight_decay, gradient_penalty)
    return AE(encoder, decoder, latent_size, likelihood, objective=objective, **kwargs)


def _corrupted(encoder: keras.Layer, corruption: keras.Layer) -> keras.Sequential:
    if not isinstance(corruption, keras.Layer):
        raise ValueError(
            "`corruption` must be a Keras layer such as `tfvae.encoders.ReplacementNoise(0.25)`, "
            f"but is {corruption!r}."
        )
    return keras.Sequential([corruption, encoder], name="denoising_encoder")
