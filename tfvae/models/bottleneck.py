"""Models whose likelihood is of something other than what the encoder reads."""

from typing import Any

import keras

from tfvae import objectives
from tfvae.families import Categorical, Family
from tfvae.posteriors import Posterior
from tfvae.priors import Prior
from tfvae.vae import VAE


def VIB(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    prior: Prior | None = None,
    *,
    input_shape: tuple[int, ...],
    num_classes: int,
    beta: float = 1e-3,
    **kwargs: Any,
) -> VAE:
    r"""The variational information bottleneck: a classifier whose features say little about x.

    $$\mathcal L = -E_{q(z|x)} \log p(y|z) + \beta\, \mathrm{KL}(q(z|x), p(z))$$

    `fit(x, y)` takes whole numbers as labels; `predict(x)` gives `[N, 1, num_classes]`, the
    probabilities at the posterior's point, and `reconstruct(x, seed=0)` those at a draw.

    Args:
        encoder: a Keras layer or model from `[N, *input_shape]` to features.
        decoder: a Keras layer or model from latents to features of the labels.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        prior: a `tfvae.priors.Prior`, the marginal r(z); `StandardNormal()` if left out.
        input_shape: shape of one example.
        num_classes: how many labels there are.
        beta: weight of the rate, a number or a Keras schedule of the training step.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if `beta` is negative or not finite, or `num_classes` below 2.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.models.VIB(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP(()),
        ...     tfvae.families.DiagonalNormal(2),
        ...     input_shape=(4, 4, 1),
        ...     num_classes=3,
        ... )
        >>> vae.compile("adam")
        >>> history = vae.fit(np.zeros([32, 4, 4, 1]), np.arange(32) % 3, verbose=0)
        >>> vae.predict(np.zeros([5, 4, 4, 1]), verbose=0).shape
        (5, 1, 3)

    Reference:
        Alemi et al. 2017, Deep variational information bottleneck, arXiv:1612.00410, equation 17.
    """
    likelihood, objective = Categorical((1,), num_classes), objectives.ELBO(beta)
    return VAE(
        encoder,
        decoder,
        posterior,
        likelihood,
        prior,
        objective,
        input_shape=input_shape,
        **kwargs,
    )
