"""Models with a class: clusters found without labels, and labels learned from few."""

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
        Jiang et al. 2017, Variational deep embedding, arXiv:1611.05148, algorithm 1 and equations
        9 to 16. Theirs is pretrained layer by layer, ours as a whole.
    """
    prior = priors.MixtureOfGaussians(num_classes, start="mixture")
    clustered = latents.Responsible(posterior, prior)
    return VAE(encoder, decoder, likelihood=likelihood, latents=clustered, **kwargs)


def M2(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    *,
    num_classes: int = 10,
    weight: float = 1.0,
    network: keras.Layer | None = None,
    **kwargs: Any,
) -> VAE:
    r"""Learns labels from few: the class stands beside z, and the decoder reads both.

    $$p(y) = \tfrac1K,\quad p(z) = \mathcal N(z; 0, I),\quad p(x|z, y)$$

    `fit(x, y)` takes labels, -1 where there is none; `predict_labels(x)` gives them.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features, a vector.
        decoder: a Keras layer or model from latents, and the one-hot code of y behind them, to
            features.
        posterior: q(z|x,y): a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        num_classes: K.
        weight: of the classification of labelled examples, as in `tfvae.objectives.Labelled`.
        network: a Keras layer between features, joined by y, and the posterior.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if `num_classes` is not a whole number above 1.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.models.M2(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_classes=3,
        ...     weight=10.0,
        ... )
        >>> vae.compile("adam")
        >>> history = vae.fit(np.zeros([8, 4, 4, 1]), np.array([0, 1, 2, -1] * 2), verbose=0)
        >>> vae.predict_labels(np.zeros([5, 4, 4, 1])).shape
        (5,)

    Reference:
        Kingma, Rezende, Mohamed and Welling 2014, arXiv:1406.5298, equations 6 to 9.
    """
    clustered = latents.Clustered(posterior, num_classes=num_classes, network=network)
    objective = objectives.Labelled(weight)
    return VAE(
        encoder,
        decoder,
        likelihood=likelihood,
        latents=clustered,
        objective=objective,
        **kwargs,
    )
