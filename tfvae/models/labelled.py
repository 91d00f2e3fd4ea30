"""Models that learn labels from few."""

from typing import Any

import keras

from tfvae import latents, objectives
from tfvae.families import Family
from tfvae.posteriors import Posterior
from tfvae.vae import VAE


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


def M1M2(
    encoder: keras.Layer,
    decoder: keras.Layer,
    lower: Posterior | Family,
    likelihood: Family,
    *,
    upper_encoder: keras.Layer,
    upper_decoder: keras.Layer,
    upper: Posterior | Family,
    num_classes: int = 10,
    weight: float = 1.0,
    **kwargs: Any,
) -> VAE:
    r"""Stacks M2 on the latents of M1: labels are learned from codes.

    $$p(y)\, p(z_2)\, p(z_1|y, z_2)\, p(x|z_1),\qquad q(z_1|x)\, q(y|z_1)\, q(z_2|z_1, y)$$

    To train the lower part first, as the paper does, give the encoder, decoder, likelihood and
    `latents.posterior` of a trained `tfvae.VAE`, each with `trainable = False`.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from z_1 to features.
        lower: q(z_1|x): a family over z_1, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        upper_encoder: a Keras layer from z_1 to features, which y joins.
        upper_decoder: a Keras layer from z_2, and the code of y behind it, to features of z_1.
        upper: q(z_2|z_1, y): a family over z_2, or a `tfvae.posteriors.Posterior`.
        num_classes: K.
        weight: of the classification of labelled examples, as in `tfvae.objectives.Labelled`.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE` and `tfvae.latents.Stacked`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.M1M2(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(4),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     upper_encoder=tfvae.encoders.MLP((8,)),
        ...     upper_decoder=tfvae.decoders.MLP((8,)),
        ...     upper=tfvae.families.DiagonalNormal(2),
        ...     num_classes=3,
        ... )
        >>> vae.sample(2, component=1, seed=0).shape
        (2, 4, 4, 1)

    Reference:
        Kingma, Rezende, Mohamed and Welling 2014, arXiv:1406.5298, section 2 and equation 9.
    """
    clustered = latents.Clustered(upper, num_classes=num_classes)
    stacked = latents.Stacked(lower, clustered, upper_encoder, upper_decoder)
    objective = objectives.Labelled(weight)
    return VAE(
        encoder, decoder, likelihood=likelihood, latents=stacked, objective=objective, **kwargs
    )
