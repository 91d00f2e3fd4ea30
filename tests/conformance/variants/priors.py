"""The models that are named after their prior."""

import tfvae
from tests.conformance.variants.base import IMAGE, Rows, Variant, binary
from tfvae import decoders, encoders, families, models


def vamp() -> Variant:
    vae = models.VampVAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.FullNormal(2),
        families.Bernoulli(IMAGE),
        num_components=12,
        learned=("weights", "pseudo_inputs"),
        objective=tfvae.objectives.ELBO(num_samples=2),
    )
    return Variant(vae, binary())


NAMED: Rows = {"VampVAE": vamp}
