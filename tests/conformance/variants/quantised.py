"""The models whose latents are codes."""

import keras

from tests.conformance.variants.base import IMAGE, Rows, Variant, binary, digits
from tfvae import decoders, encoders, families, models, priors


def convolutions() -> tuple[keras.Sequential, keras.Sequential]:
    """Networks between images of eight by eight and maps of two by two."""
    layers = keras.layers
    options = {"kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu"}
    return (
        keras.Sequential([layers.Conv2D(8, **options), layers.Conv2D(8, **options)]),
        keras.Sequential([layers.Conv2DTranspose(8, **options) for _ in range(2)]),
    )


def averaged_codes() -> Variant:
    vae = models.VQVAE(
        *convolutions(),
        families.Bernoulli(IMAGE),
        num_codes=8,
        code_size=3,
        decay=0.9,
        restart_after=4,
    )
    return Variant(vae, binary())


def residual_codes() -> Variant:
    vae = models.ResidualVQVAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.Normal(IMAGE, "shared"),
        num_codes=4,
        code_size=3,
        depth=2,
        shared=False,
        decay=None,
        restart_after=4,
        positions=(3,),
    )
    return Variant(vae, digits())


def scalar_codes() -> Variant:
    vae = models.FSQVAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.Bernoulli(IMAGE),
        priors.AutoregressiveCodes(units=8, depth=2, heads=2),
        levels=(4, 3),
        positions=(2,),
    )
    return Variant(vae, binary())


NAMED: Rows = {
    "VQVAE": averaged_codes,
    "ResidualVQVAE": residual_codes,
    "FSQVAE": scalar_codes,
}
