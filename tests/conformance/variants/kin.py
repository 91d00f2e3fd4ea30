"""The simple kin of VAEs: linear models, and autoencoders without a bound or with spoilt input."""

from collections.abc import Callable
from typing import Any

import keras

import tfvae
from tests.conformance.variants.base import IMAGE, Rows, Variant, digits, named, vectors
from tfvae import decoders, encoders, families, models


def points(model: Callable[..., tfvae.VAE], **arguments: Any) -> Variant:
    """A model of deterministic latents."""
    likelihood = families.Normal(IMAGE, 0.25)
    networks = encoders.MLP((16,)), decoders.MLP((16,))
    return Variant(model(*networks, 3, likelihood, **arguments), digits())


NAMED: Rows = {
    "ProbabilisticPCA": lambda: Variant(models.ProbabilisticPCA(2, (5,)), vectors()),
    "FactorAnalysis": lambda: Variant(models.FactorAnalysis(2, (5,)), vectors()),
    "AE": lambda: points(models.AE),
    "DenoisingAE": lambda: points(models.DenoisingAE, corruption=keras.layers.GaussianNoise(0.1)),
    "DenoisingVAE": lambda: named(
        models.DenoisingVAE, corruption=encoders.ReplacementNoise(0.1, (0.0, 1.0))
    ),
    "RAE": lambda: points(models.RAE, beta=0.1, weight_decay=1e-3, gradient_penalty=0.01),
}
