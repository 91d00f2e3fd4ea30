"""Fashion-MNIST: gated dense layers, and ten Gaussians with full covariance as the prior."""

from tfvae.zoo.recipe import Recipe
from tfvae.zoo.recipes.networks import gated_mixture

RECIPE = Recipe(
    name="gmvae_fashion_mnist",
    data="fashion_mnist",
    build=gated_mixture,
    summary=("A variational autoencoder of clothes whose prior is a mixture of ten Gaussians."),
    prior="10 Gaussians, full covariance",
    warmup_epochs=5,
    epochs=40,
    batch_size=128,
    learning_rate=1e-3,
    binarization="dynamic",
    num_samples=500,
    seeds=(0, 1, 2),
)
