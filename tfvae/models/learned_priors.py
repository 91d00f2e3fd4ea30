"""Models that are named after their prior."""

from typing import Any

import keras

from tfvae.families import Family
from tfvae.posteriors import Posterior
from tfvae.priors import VampPrior
from tfvae.vae import VAE


def VampVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    *,
    num_components: int = 500,
    learned: tuple[str, ...] = ("pseudo_inputs",),
    start: str = "examples",
    bounds: tuple[float, float] | None = (0.0, 1.0),
    **kwargs: Any,
) -> VAE:
    r"""Takes the mean of the posteriors of learned pseudo-inputs as its prior.

    $$p(z) = \frac1K \sum_{k=1}^K q(z\,|\,u_k)$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events.
        num_components: number of pseudo-inputs, K.
        learned: as in `tfvae.priors.VampPrior`.
        start: what `vae.adapt(x)` makes pseudo-inputs of, as in `tfvae.priors.VampPrior`.
        bounds: the least and the largest value that data have; None where they have none.
        **kwargs: `name`, `objective` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE` and `tfvae.priors.VampPrior`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.VampVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_components=20,
        ... )
        >>> vae.prior.pseudo_inputs().shape
        TensorShape([20, 4, 4, 1])

    Reference:
        Tomczak and Welling 2017, arXiv:1705.07120, equation 9: with one level of latents, as in
        their section 3.
    """
    prior = VampPrior(num_components, learned, start, bounds)
    return VAE(encoder, decoder, posterior, likelihood, prior, **kwargs)
