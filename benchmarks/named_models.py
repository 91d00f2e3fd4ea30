"""Every named model on the network of the benchmarks, and a batch that it trains on."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

import tfvae
from benchmarks.data import synthetic_images
from benchmarks.network import BATCH_SIZE, HIDDEN_SIZES, LATENT_SIZE, NUM_IMAGES
from tfvae import decoders, encoders, families, models

IMAGE = (28, 28, 1)
CLASSES = 10
TOKENS, LENGTH = 64, 28


class Subject(NamedTuple):
    """A model, never called, and one batch as `fit` would hand it on: `x`, or `(x, y)`."""

    vae: tfvae.VAE
    batch: Any


def encoder() -> keras.Layer:
    """The encoder of all models."""
    return encoders.MLP(HIDDEN_SIZES)


def decoder() -> keras.Layer:
    """The decoder of all models."""
    return decoders.MLP(tuple(reversed(HIDDEN_SIZES)))


def images() -> np.ndarray:
    """One batch of images, made binary."""
    return (synthetic_images(BATCH_SIZE).reshape(-1, *IMAGE) > 0.5).astype("float32")


def classes() -> np.ndarray:
    """A class for each image of the batch."""
    return np.arange(BATCH_SIZE, dtype="int32") % CLASSES


def plain() -> Subject:
    """What the others are compared with."""
    return _usual(tfvae.VAE)


def _usual(model: Callable[..., tfvae.VAE], batch: Any = None, **arguments: Any) -> Subject:
    """A model that takes a posterior and a likelihood."""
    posterior, likelihood = families.DiagonalNormal(LATENT_SIZE), families.Bernoulli(IMAGE)
    vae = model(encoder(), decoder(), posterior, likelihood, **arguments)
    return Subject(vae, images() if batch is None else batch)


def _without_posterior(model: Callable[..., tfvae.VAE], **arguments: Any) -> Subject:
    """A model whose posterior is its own."""
    return Subject(model(encoder(), decoder(), families.Bernoulli(IMAGE), **arguments), images())


def _of_points(model: Callable[..., tfvae.VAE], **arguments: Any) -> Subject:
    """An autoencoder."""
    vae = model(encoder(), decoder(), LATENT_SIZE, families.Bernoulli(IMAGE), **arguments)
    return Subject(vae, images())


def _stacked() -> Subject:
    vae = models.M1M2(
        encoder(),
        decoder(),
        families.DiagonalNormal(LATENT_SIZE),
        families.Bernoulli(IMAGE),
        upper_encoder=encoders.MLP((HIDDEN_SIZES[0],)),
        upper_decoder=decoders.MLP((HIDDEN_SIZES[0],)),
        upper=families.DiagonalNormal(LATENT_SIZE),
    )
    return Subject(vae, {"x": images(), "label": classes()})


def _counts() -> Subject:
    genes = int(np.prod(IMAGE))
    vae = models.SCVI(encoder(), decoder(), families.DiagonalNormal(LATENT_SIZE), genes)
    counts = np.random.default_rng(0).poisson(2.0, (BATCH_SIZE, genes)).astype("float32")
    return Subject(vae, {"x": counts, "library_size": counts.sum(axis=1)})


def _table() -> Subject:
    third = int(np.prod(IMAGE)) // 3
    columns = [
        families.Normal((third,), "per_pixel"),
        families.Poisson((third,)),
        families.Bernoulli((third + 1,)),
    ]
    vae = models.TableVAE(encoder(), decoder(), families.DiagonalNormal(LATENT_SIZE), columns)
    return Subject(vae, images().reshape(BATCH_SIZE, -1))


def _sentences() -> Subject:
    read = keras.Sequential(
        [keras.layers.CategoryEncoding(TOKENS, output_mode="one_hot"), encoder()]
    )
    vae = models.SentenceVAE(read, decoder(), families.DiagonalNormal(LATENT_SIZE), LENGTH, TOKENS)
    tokens = np.random.default_rng(0).integers(TOKENS, size=(BATCH_SIZE, LENGTH))
    return Subject(vae, tokens.astype("float32"))


def _bottleneck() -> Subject:
    vae = models.VIB(
        encoder(),
        decoder(),
        families.DiagonalNormal(LATENT_SIZE),
        input_shape=IMAGE,
        num_classes=CLASSES,
    )
    return Subject(vae, (images(), classes()[:, None]))


def _calibrated() -> Subject:
    posterior = families.DiagonalNormal(LATENT_SIZE)
    return Subject(models.SigmaVAE(encoder(), decoder(), posterior, IMAGE), images())


def _spherical() -> Subject:
    posterior, likelihood = families.PowerSpherical(LATENT_SIZE), families.Bernoulli(IMAGE)
    return Subject(models.SphericalVAE(encoder(), decoder(), posterior, likelihood), images())


def _labelled(model: Callable[..., tfvae.VAE], name: str, **arguments: Any) -> Subject:
    return _usual(model, {"x": images(), name: classes()}, num_classes=CLASSES, **arguments)


def _linear(model: Callable[..., tfvae.VAE]) -> Subject:
    return Subject(model(LATENT_SIZE, IMAGE), images())


# Where a model needs more than its name, or other arguments than its defaults.
SUBJECTS: dict[str, Callable[[], Subject]] = {
    "AE": lambda: _of_points(models.AE),
    "BetaTCVAE": lambda: _usual(models.BetaTCVAE, data_size=NUM_IMAGES),
    "CategoricalVAE": lambda: _without_posterior(
        models.CategoricalVAE, latent_size=LATENT_SIZE, num_classes=CLASSES
    ),
    "ConditionalVAE": lambda: _labelled(models.ConditionalVAE, "condition"),
    "DenoisingAE": lambda: _of_points(
        models.DenoisingAE, corruption=encoders.ReplacementNoise(0.3)
    ),
    "DenoisingVAE": lambda: _usual(models.DenoisingVAE, corruption=encoders.ReplacementNoise(0.3)),
    "FSQVAE": lambda: _without_posterior(models.FSQVAE, positions=(8,)),
    "FactorAnalysis": lambda: _linear(models.FactorAnalysis),
    "GumbelSoftmaxVAE": lambda: _without_posterior(
        models.GumbelSoftmaxVAE, latent_size=LATENT_SIZE, num_classes=CLASSES
    ),
    "HVAE": lambda: _without_posterior(models.HVAE, latent_sizes=(LATENT_SIZE, LATENT_SIZE)),
    "LadderVAE": lambda: _without_posterior(models.LadderVAE),
    "M1M2": _stacked,
    "M2": lambda: _labelled(models.M2, "label"),
    "MixturePosteriorVAE": lambda: _without_posterior(
        models.MixturePosteriorVAE, latent_size=LATENT_SIZE
    ),
    "ProbabilisticPCA": lambda: _linear(models.ProbabilisticPCA),
    "RAE": lambda: _of_points(models.RAE),
    "ResidualVQVAE": lambda: _without_posterior(models.ResidualVQVAE, positions=(8,)),
    "SCVI": _counts,
    "SIWAE": lambda: _without_posterior(models.SIWAE, latent_size=LATENT_SIZE),
    "SentenceVAE": _sentences,
    "SigmaVAE": _calibrated,
    "SphericalVAE": _spherical,
    "TableVAE": _table,
    "VIB": _bottleneck,
    "VQVAE": lambda: _without_posterior(models.VQVAE, positions=(8,)),
    "WarpedGMVAE": lambda: _without_posterior(models.WarpedGMVAE, latent_size=LATENT_SIZE),
}


def subject(name: str) -> Subject:
    """Makes the model of that name in `tfvae.models`."""
    return SUBJECTS[name]() if name in SUBJECTS else _usual(getattr(models, name))
