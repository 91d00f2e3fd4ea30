"""The simple kin of VAEs: linear models, autoencoders of points, denoising models, samplers.

The samplers are attached and not fitted: their tests are elsewhere.
"""

from collections.abc import Callable
from typing import Any

import tfvae
from tests.conformance.variants.base import IMAGE, Rows, Variant, digits, named, vectors
from tfvae import decoders, encoders, families, models, priors


def points(model: Callable[..., tfvae.VAE], **arguments: Any) -> Variant:
    """A model of deterministic latents."""
    likelihood = families.Normal(IMAGE, 0.25)
    networks = encoders.MLP((16,)), decoders.MLP((16,))
    return Variant(model(*networks, 3, likelihood, **arguments), digits())


NAMED: Rows = {
    "ProbabilisticPCA": lambda: Variant(models.ProbabilisticPCA(2, (5,)), vectors()),
    "FactorAnalysis": lambda: Variant(models.FactorAnalysis(2, (5,)), vectors()),
    "AE": lambda: points(models.AE, sampler=priors.MixtureOfGaussians(3, "full")),
    "DenoisingAE": lambda: points(
        models.DenoisingAE,
        corruption=encoders.RandomAffine(10.0, shift=0.5),
        sampler=priors.TwoStage(models.FactorAnalysis(2, (3,))),
    ),
    "DenoisingVAE": lambda: named(
        models.DenoisingVAE,
        corruption=encoders.ReplacementNoise(0.1, (0.0, 1.0)),
        sampler=priors.AggregatedPosterior(families.DiagonalNormal(2), 8),
    ),
    "RAE": lambda: points(models.RAE, beta=0.1, weight_decay=1e-3, gradient_penalty=0.01),
}
