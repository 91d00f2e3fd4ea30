"""Models whose latents lie on a sphere."""

from typing import Any

import keras

from tfvae.families import Family
from tfvae.posteriors import Posterior
from tfvae.priors import UniformSphere
from tfvae.vae import VAE


def SphericalVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    likelihood: Family,
    **kwargs: Any,
) -> VAE:
    r"""Has its latents on the unit sphere, with a uniform prior there.

    $$\mathcal L = -E \log p(x|z) + \mathrm{KL}(q(z|x),\ \mathrm{U}(S^{d-1})), \qquad |z| = 1$$

    The uniform prior draws no latents towards a centre; the rate depends on the concentration
    alone, and is in closed form.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family on the sphere: `tfvae.families.VonMisesFisher(d)` or
            `tfvae.families.PowerSpherical(d)`.
        likelihood: a family over the data's events.
        **kwargs: `name`, `objective` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if the posterior is not on the sphere.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.SphericalVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.PowerSpherical(4),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> vae.latents.event_shape
        (4,)

    Reference:
        Davidson et al. 2018, arXiv:1804.00891, section 3, with the von Mises-Fisher posterior;
        De Cao and Aziz 2020, arXiv:2006.04437, with the power spherical one.
    """
    return VAE(encoder, decoder, posterior, likelihood, UniformSphere(), **kwargs)
