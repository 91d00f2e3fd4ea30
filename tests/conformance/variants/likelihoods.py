"""Models with likelihoods for data of many kinds."""

from tests.conformance.variants.base import IMAGE, Rows, Variant, digits
from tfvae import decoders, encoders, families, models


def calibrated() -> Variant:
    vae = models.SigmaVAE(
        encoders.MLP((16,)), decoders.MLP((16,)), families.DiagonalNormal(2), IMAGE
    )
    return Variant(vae, digits())


NAMED: Rows = {"SigmaVAE": calibrated}
