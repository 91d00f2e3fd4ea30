"""Flows as priors."""

from collections.abc import Callable

import tfvae
from tests.conformance.variants.base import IMAGE, Rows, Variant, binary
from tfvae import decoders, encoders, families, models


def with_flow_prior(model: Callable[..., tfvae.VAE]) -> Variant:
    vae = model(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.DiagonalNormal(2),
        families.Bernoulli(IMAGE),
        num_layers=2,
        hidden=(8,),
    )
    return Variant(vae, binary())


NAMED: Rows = {
    "RealNVPVAE": lambda: with_flow_prior(models.RealNVPVAE),
    "MAFVAE": lambda: with_flow_prior(models.MAFVAE),
}
