"""Fashion-MNIST as 7x7 codes of 128, and a transformer over the codes, trained together."""

import keras

import tfvae
from tfvae import encoders
from tfvae.zoo.recipe import Recipe
from tfvae.zoo.tasks import ImageCodes


def quantised(warmup_steps: int) -> tfvae.VAE:
    """Returns a model of 28x28 images with 256 levels of grey, whose latents are codes."""
    encoder = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(24, 4, 2, "same", activation="relu"),
            keras.layers.Conv2D(48, 4, 2, "same", activation="relu"),
            encoders.ResidualBlock(48),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.Input((7, 7, 16)),
            keras.layers.Conv2D(48, 3, padding="same"),
            encoders.ResidualBlock(48),
            keras.layers.Conv2DTranspose(24, 4, 2, "same", activation="relu"),
            keras.layers.Conv2DTranspose(16, 4, 2, "same", activation="relu"),
        ]
    )
    return tfvae.models.VQVAE(
        encoder,
        decoder,
        tfvae.families.DiscretizedLogistic((28, 28, 1)),
        tfvae.priors.AutoregressiveCodes(units=64, depth=2, heads=4),
        num_codes=128,
        code_size=16,
    )


RECIPE = Recipe(
    name="vqvae_fashion_mnist",
    data="fashion_mnist",
    build=quantised,
    summary="Clothes as 49 codes of 128 each, with a transformer that writes new ones.",
    prior="7x7 codes of 128, a transformer over them",
    warmup_epochs=0,
    epochs=12,
    batch_size=128,
    learning_rate=1e-3,
    binarization="none",
    num_samples=1,
    seeds=(0, 1, 2),
    adapts=False,
    task=ImageCodes(),
)
