"""Models whose latents are codes."""

from collections.abc import Sequence
from typing import Any

import keras

from tfvae import quantisers
from tfvae.families import Family
from tfvae.latents import Quantised
from tfvae.priors import CodePrior
from tfvae.vae import VAE


def VQVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    likelihood: Family,
    prior: CodePrior | None = None,
    *,
    num_codes: int = 512,
    code_size: int = 64,
    commitment: float = 0.25,
    decay: float | None = 0.99,
    restart_after: int | None = 100,
    positions: tuple[int, ...] | None = None,
    **kwargs: Any,
) -> VAE:
    r"""Takes the nearest vector of a codebook at each position of the encoder's features.

    $$\mathcal L = -\log p(x|e) - \log p(codes) + \beta \sum \lVert f - \mathrm{sg}[e] \rVert^2$$

    and, where gradients train the codebook, $\sum \lVert \mathrm{sg}[f] - e \rVert^2$.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features, which a linear map
            takes to `code_size` numbers at each position.
        decoder: a Keras layer or model from `[N, *positions, code_size]` to features.
        likelihood: a family over the data's events.
        prior: a prior over codes; `UniformCodes()` if left out.
        num_codes: as in `tfvae.quantisers.Codebook`, as are the next four.
        code_size: size of each vector.
        commitment: beta.
        decay: of the codebook's moving averages; None for gradients.
        restart_after: steps without use after which a code restarts; None for never.
        positions: as in `tfvae.latents.Quantised`.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`, `tfvae.latents.Quantised` and `tfvae.quantisers.Codebook`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.VQVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_codes=16,
        ...     code_size=2,
        ...     positions=(3,),
        ... )
        >>> vae.latents.event_shape, vae.latents.code_shape
        ((3, 2), (3,))

    Reference:
        Van den Oord, Vinyals and Kavukcuoglu 2017, arXiv:1711.00937, equation 3; Razavi, van den
        Oord and Vinyals 2019, arXiv:1906.00446, section 2.1, for moving averages. The added terms
        are summed over positions, and -log p(codes) is part of the loss: a constant, if the prior
        is uniform.
    """
    codebook = quantisers.Codebook(num_codes, code_size, commitment, decay, restart_after)
    latents = Quantised(codebook, prior, positions)
    return VAE(encoder, decoder, likelihood=likelihood, latents=latents, **kwargs)


def ResidualVQVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    likelihood: Family,
    prior: CodePrior | None = None,
    *,
    num_codes: int = 512,
    code_size: int = 64,
    depth: int = 4,
    shared: bool = True,
    commitment: float = 0.25,
    decay: float | None = 0.99,
    restart_after: int | None = 100,
    positions: tuple[int, ...] | None = None,
    **kwargs: Any,
) -> VAE:
    r"""Takes the nearest vector of a codebook, then that of what it left, and sums them (RQ-VAE).

    $$\mathcal L = -\log p\Big(x \Big| \sum_d e^d\Big) - \log p(codes)
    + \beta \sum_d \lVert r_{d-1} - \mathrm{sg}[e^d] \rVert^2,\qquad r_d = r_{d-1} - e^d$$

    Args:
        encoder: as in `VQVAE`.
        decoder: as in `VQVAE`.
        likelihood: a family over the data's events.
        prior: a prior over codes, `[*positions, depth]`; `UniformCodes()` if left out.
        num_codes: of each codebook.
        code_size: size of each vector.
        depth: number of levels.
        shared: whether all levels have one codebook.
        commitment: as in `tfvae.quantisers.Codebook`, as are the next two.
        decay: of the codebooks' moving averages; None for gradients.
        restart_after: steps without use after which a code restarts; None for never.
        positions: as in `tfvae.latents.Quantised`.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `VQVAE`, and if `depth` is not a whole number above zero.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.ResidualVQVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     num_codes=16,
        ...     code_size=2,
        ...     depth=3,
        ... )
        >>> vae.latents.event_shape, vae.latents.code_shape
        ((2,), (3,))

    Reference:
        Lee et al. 2022, arXiv:2203.01941, section 3.1. The added terms are summed over positions.
    """
    codebook = quantisers.Codebook(num_codes, code_size, commitment, decay, restart_after)
    quantiser = quantisers.ResidualCodebooks(codebook, depth, shared)
    latents = Quantised(quantiser, prior, positions)
    return VAE(encoder, decoder, likelihood=likelihood, latents=latents, **kwargs)


def FSQVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    likelihood: Family,
    prior: CodePrior | None = None,
    *,
    levels: Sequence[int] = (8, 5, 5, 5),
    positions: tuple[int, ...] | None = None,
    **kwargs: Any,
) -> VAE:
    r"""Bounds and rounds a few numbers at each position; there is no codebook to learn.

    $$\mathcal L = -\log p(x|\mathrm{round}(f)) - \log p(codes)$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features, which a linear map
            takes to `len(levels)` numbers at each position.
        decoder: a Keras layer or model from `[N, *positions, len(levels)]` to features.
        likelihood: a family over the data's events.
        prior: a prior over codes; `UniformCodes()` if left out.
        levels: how many levels each number has.
        positions: as in `tfvae.latents.Quantised`.
        **kwargs: `name` and others, as in `keras.Model`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`, `tfvae.latents.Quantised` and `tfvae.quantisers.FiniteScalars`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.FSQVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     levels=(5, 3),
        ... )
        >>> vae.latents.event_shape, vae.latents.quantiser.num_codes
        ((2,), 15)

    Reference:
        Mentzer et al. 2024, arXiv:2309.15505, section 3.
    """
    latents = Quantised(quantisers.FiniteScalars(levels), prior, positions)
    return VAE(encoder, decoder, likelihood=likelihood, latents=latents, **kwargs)
