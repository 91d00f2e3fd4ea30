"""MNIST given the class: gated dense layers, which read a one-hot class beside pixels and z."""

import tfvae
from tfvae.zoo.recipe import Recipe
from tfvae.zoo.tasks import ConditionalImages


def given_class(warmup_steps: int) -> tfvae.VAE:
    """Returns a model of 28x28 binary images given one of ten classes."""
    return tfvae.models.ConditionalVAE(
        tfvae.encoders.GatedMLP((300, 300)),
        tfvae.decoders.GatedMLP((300, 300)),
        tfvae.families.DiagonalNormal(16),
        tfvae.families.Bernoulli((28, 28, 1)),
        num_classes=10,
        objective=tfvae.objectives.ELBO(beta=tfvae.objectives.Warmup(warmup_steps)),
    )


RECIPE = Recipe(
    name="cvae_mnist",
    data="mnist",
    build=given_class,
    summary="A variational autoencoder that draws the handwritten digit it is asked for.",
    prior="N(0, I), given the class",
    warmup_epochs=5,
    epochs=40,
    batch_size=128,
    learning_rate=1e-3,
    binarization="dynamic",
    num_samples=500,
    seeds=(0, 1, 2),
    adapts=False,
    task=ConditionalImages(),
)
