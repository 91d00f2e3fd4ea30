"""Models whose networks are linear, which closed forms are known for."""

from typing import Any

from tfvae import decoders, encoders
from tfvae.families import Normal, SharedCovarianceNormal
from tfvae.vae import VAE


def ProbabilisticPCA(latent_size: int, event_shape: tuple[int, ...], **kwargs: Any) -> VAE:
    r"""Principal components with a density: a linear decoder, and noise of one scale.

    $$p(x) = \mathcal N(x;\ b,\ W W^\top + \sigma^2 I),\qquad
    p(z|x) = \mathcal N(M^{-1} W^\top (x - b),\ \sigma^2 M^{-1}),\quad M = W^\top W + \sigma^2 I$$

    The encoder is linear too, and so contains the exact posterior: at its optimum the ELBO is the
    evidence, and the decoder's columns span the principal subspace, turned in any way.

    Args:
        latent_size: number of components.
        event_shape: shape of one example.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: if a size is not a whole number above zero.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.ProbabilisticPCA(2, (5,))
        >>> vae.count_params()
        31

    Reference:
        Tipping and Bishop 1999, "Probabilistic principal component analysis"; Lucas et al. 2019,
        arXiv:1911.02469, as a VAE. Ours is trained by the ELBO; scikit-learn's `PCA` finds the
        optimum in closed form.
    """
    likelihood = Normal(event_shape, "shared")
    return _linear(latent_size, likelihood, **kwargs)


def FactorAnalysis(latent_size: int, event_shape: tuple[int, ...], **kwargs: Any) -> VAE:
    r"""A linear decoder, and noise whose scale is learned for each element.

    $$p(x) = \mathcal N(x;\ b,\ W W^\top + \Psi),\qquad
    p(z|x) = \mathcal N(M^{-1} W^\top \Psi^{-1} (x - b),\ M^{-1}),\quad
    M = I + W^\top \Psi^{-1} W$$

    The encoder is linear too, and so contains the exact posterior.

    Args:
        latent_size: number of factors.
        event_shape: shape of one example.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: if a size is not a whole number above zero.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.FactorAnalysis(2, (5,))
        >>> vae.count_params()
        35

    Reference:
        Tipping and Bishop 1999, "Probabilistic principal component analysis", where they compare
        the two; Rubin and Thayer 1982, "EM algorithms for ML factor analysis". Ours is trained by
        the ELBO; scikit-learn's `FactorAnalysis` by expectation maximisation.
    """
    likelihood = Normal(event_shape, "per_pixel")
    return _linear(latent_size, likelihood, **kwargs)


def _linear(latent_size: int, likelihood: Normal, **kwargs: Any) -> VAE:
    posterior = SharedCovarianceNormal(latent_size)
    return VAE(encoders.MLP(()), decoders.MLP(()), posterior, likelihood, **kwargs)
