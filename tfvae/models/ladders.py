"""Models with several levels of latent variables."""

from collections.abc import Sequence
from typing import Any

import keras

from tfvae.encoders import MLP, GatedJoin, GatedMLP
from tfvae.families import DiagonalNormal, Family
from tfvae.latents import Ladder, Level, PrecisionWeighted
from tfvae.priors import Prior
from tfvae.vae import VAE


def HVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    latent_sizes: Sequence[int] = (40, 40),
    units: int = 300,
    **kwargs: Any,
) -> VAE:
    r"""Puts the prior over a second level of latents, above the first.

    $$q(z|x) = q(z_2|x)\, q(z_1|z_2, x),\qquad p(x, z) = p(z_2)\, p(z_1|z_2)\, p(x|z_1, z_2)$$

    The decoder reads z_1 and z_2 as one vector: `tfvae.decoders.GatedJoin((40,), 300)` is that of
    the paper. The encoder returns features for both levels, or a list of two: those of q(z_1),
    which pass a gated layer of their own before they meet z_2, and those of q(z_2).

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features, or to a list of two.
        decoder: a Keras layer or model from latents to features.
        likelihood: a family over the data's events.
        prior: p(z_2), a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        latent_sizes: sizes of z_1 and z_2.
        units: units of each of the two gated layers of p(z_1|z_2), and of those of q(z_1|z_2, x).
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if there are not two sizes, or a number is not a whole one
            above 0.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.HVAE(
        ...     tfvae.encoders.GatedMLP((8,)),
        ...     tfvae.decoders.GatedJoin((3,), 8),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     tfvae.priors.MixtureOfGaussians(5),
        ...     latent_sizes=(3, 2),
        ...     units=8,
        ... )
        >>> vae.latents.event_shape
        (5,)

    Reference:
        Tomczak and Welling 2017, arXiv:1705.07120, section 4. Their encoder is the list of x
        itself, flattened, and `tfvae.encoders.GatedMLP((300, 300))` of it. They clip logarithms of
        variances; our scales are softplus.
    """
    if len(latent_sizes) != 2:
        raise ValueError(f"`latent_sizes` must be those of z_1 and z_2, but is {latent_sizes!r}.")
    lower, upper = (DiagonalNormal(size) for size in latent_sizes)
    meeting = GatedJoin((upper.latent_size,), units)
    levels = [Level(lower, prior=GatedMLP((units, units)), posterior=meeting), Level(upper)]
    return VAE(encoder, decoder, None, likelihood, latents=Ladder(levels, prior), **kwargs)


def LadderVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    likelihood: Family,
    prior: Prior | None = None,
    *,
    latent_sizes: Sequence[int] = (64, 32, 16),
    units: Sequence[int] = (512, 256),
    **kwargs: Any,
) -> VAE:
    r"""Infers each level from the data and from the prior given the level above, by precision.

    $$q(z|x) = q(z_L|x) \prod_{l<L} q(z_l|z_{l+1}, x),\qquad
    q(z_l|z_{l+1}, x) \propto N(z_l;\ \hat m_l(x), \hat s_l(x)^2)\, p(z_l|z_{l+1})$$

    The decoder reads z_1. The encoder returns features for all levels, or a list of L, for z_1
    first: each made of the one before, they are the bottom-up path of the paper.

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features, or to a list of L.
        decoder: a Keras layer or model from z_1 to features.
        likelihood: a family over the data's events.
        prior: p(z_L), a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        latent_sizes: sizes of z_1, ..., z_L.
        units: units of both layers of p(z_l|z_{l+1}), for z_1, ..., z_(L-1).
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`; the paper warms up:
            `objective=tfvae.objectives.ELBO(tfvae.objectives.Warmup(...))`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if `units` is not one shorter than `latent_sizes`, or a number
            is not a whole one above 0.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.LadderVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.Bernoulli((4, 4, 1)),
        ...     latent_sizes=(4, 3, 2),
        ...     units=(8, 8),
        ... )
        >>> vae.latents.event_shape, vae.latents.decoder_shape
        ((9,), (4,))

    Reference:
        Sonderby et al. 2016, arXiv:1602.02282, section 2.2. They normalise batches, and
        their leaky rectifiers have a slope of 0.1; ours do not, and have Keras's.
    """
    if len(units) != len(latent_sizes) - 1:
        raise ValueError("`units` must have an entry for each of `latent_sizes` but the last.")
    levels = [
        PrecisionWeighted(DiagonalNormal(size), down=MLP((width, width), "leaky_relu"))
        for size, width in zip(latent_sizes[:-1], units, strict=True)
    ]
    levels.append(PrecisionWeighted(DiagonalNormal(latent_sizes[-1])))
    return VAE(encoder, decoder, None, likelihood, latents=Ladder(levels, prior), **kwargs)
