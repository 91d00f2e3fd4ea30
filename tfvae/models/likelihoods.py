"""Models that are named after their likelihood."""

from collections.abc import Sequence
from typing import Any

import keras

from tfvae.encoders import LogCounts, Observed
from tfvae.families import Autoregressive, Columns, Family, Normal, ZeroInflatedNegativeBinomial
from tfvae.posteriors import Posterior
from tfvae.priors import Prior
from tfvae.vae import VAE


def SigmaVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    event_shape: tuple[int, ...],
    prior: Prior | None = None,
    **kwargs: Any,
) -> VAE:
    r"""A Gaussian likelihood whose scale needs no tuning: it is the most likely one, calibrated.

    $$\mathcal L = \frac D2 \log \frac1{BD} \sum_n \lVert x_n - loc(z_n) \rVert^2
    + \mathrm{KL}(q(z|x), p(z)) + const$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        event_shape: shape of one example.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.SigmaVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     (4, 4, 1),
        ... )
        >>> vae.likelihood.scale
        'calibrated'

    Reference:
        Rybkin, Daniilidis and Levine 2020, arXiv:2006.13202, the optimal sigma-VAE. They take the
        scale of evaluation from the batch too; here it is a running value.
    """
    likelihood = Normal(event_shape, "calibrated")
    return VAE(encoder, decoder, posterior, likelihood, prior, **kwargs)


def SCVI(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    num_genes: int,
    prior: Prior | None = None,
    *,
    dispersion: str = "shared",
    **kwargs: Any,
) -> VAE:
    r"""Counts of genes in single cells: a zero-inflated negative binomial, times a library size.

    $$p(x|z, l) = \prod_g \mathrm{ZINB}(x_g;\ l\, \mathrm{softmax}(f(z))_g,\ \theta_g, \pi_g(z))$$

    The encoder reads log(1 + x). The library size l is a side input of the likelihood, and where
    none is given its weight `usual_library_size`.

    Args:
        encoder: a Keras layer or model from `[N, num_genes]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        num_genes: number of genes.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        dispersion: as in `tfvae.families.NegativeBinomial`.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE`; if `dispersion` is no word for one.

    Example:
        >>> import tfvae
        >>> vae = tfvae.models.SCVI(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     num_genes=100,
        ... )
        >>> sorted(vae.side_inputs())
        ['library_size']

    Reference:
        Lopez et al. 2018, "Deep generative modeling for single-cell transcriptomics", Nature
        Methods 15, methods (earlier, under another title, arXiv:1709.02082). The library size is
        observed here; there it is a latent variable too.
    """
    likelihood = ZeroInflatedNegativeBinomial((num_genes,), dispersion, library_size=True)
    return VAE(LogCounts(encoder), decoder, posterior, likelihood, prior, **kwargs)


def TableVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    columns: Sequence[Family],
    prior: Prior | None = None,
    **kwargs: Any,
) -> VAE:
    r"""A table of mixed types, some of whose values are missing (NaN).

    $$\mathcal L = -E_{q(z|x_o)} \sum_{i \in o} \log p_i(x_i|z) + \mathrm{KL}(q(z|x_o), p(z))$$

    over the observed values o. The encoder reads zeros where one is missing, and a mask beside.
    `reconstruct` fills the missing values in, and so does `impute`, which draws z.

    Args:
        encoder: a Keras layer or model from `[N, 2 * number of columns]` to features.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        columns: the families of the columns, in order, as in `tfvae.families.Columns`.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE` and `tfvae.families.Columns`.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.models.TableVAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     [tfvae.families.Normal((2,), "per_pixel"), tfvae.families.Categorical((1,), 3)],
        ... )
        >>> vae.reconstruct(np.array([[0.3, np.nan, 2.0]])).shape
        (1, 3)

    Reference:
        Nazabal, Olmos, Ghahramani and Valera 2018, arXiv:1807.03653, on incomplete data and on
        columns of several types, with any prior in place of their mixture over s.
    """
    return VAE(Observed(encoder), decoder, posterior, Columns(columns), prior, **kwargs)


def SentenceVAE(
    encoder: keras.Layer,
    decoder: keras.Layer,
    posterior: Posterior | Family,
    length: int,
    num_classes: int,
    prior: Prior | None = None,
    *,
    units: int = 128,
    network: keras.Layer | None = None,
    **kwargs: Any,
) -> VAE:
    r"""Sequences of tokens, each given those before it and z.

    $$\log p(x|z) = \sum_t \log p(x_t | x_1, \dots, x_{t-1}, z)$$

    Such a decoder can do without z: watch the rate, and raise `beta` slowly
    (`tfvae.objectives.Warmup`) where it falls to 0.

    Args:
        encoder: a Keras layer or model from codes `[N, length]` to features; begin it with
            `keras.layers.Embedding`.
        decoder: a Keras layer or model from latents to features.
        posterior: a family over the latents, or a `tfvae.posteriors.Posterior`.
        length: number of tokens of a sequence.
        num_classes: size of the vocabulary, with tokens for end and padding if there are such.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        units: as in `tfvae.families.Autoregressive`.
        network: as in `tfvae.families.Autoregressive`.
        **kwargs: `objective`, `name` and others, as in `tfvae.VAE`.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: as `tfvae.VAE` and `tfvae.families.Autoregressive`.

    Example:
        >>> import keras, tfvae
        >>> vae = tfvae.models.SentenceVAE(
        ...     keras.Sequential([keras.layers.Embedding(9, 4), keras.layers.Flatten()]),
        ...     tfvae.decoders.MLP((8,)),
        ...     tfvae.families.DiagonalNormal(2),
        ...     length=5,
        ...     num_classes=9,
        ...     units=8,
        ... )
        >>> vae.sample(2, seed=0).shape
        (2, 5)

    Reference:
        Bowman et al. 2015, arXiv:1511.06349, section 3, without word dropout. Theirs is a recurrent
        network that starts from z; ours, of any kind, reads a context made of z at each step.
    """
    likelihood = Autoregressive((length,), num_classes, units, network)
    return VAE(encoder, decoder, posterior, likelihood, prior, **kwargs)
