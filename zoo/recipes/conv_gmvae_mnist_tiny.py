"""MNIST for small devices: narrow convolutions, ten Gaussians as prior, below 300 kB in int8."""

import tfvae
from tfvae.zoo.recipe import Recipe


def tiny(warmup_steps: int) -> tfvae.VAE:
    """Returns a convolutional model of 28x28 binary images with few weights."""
    return tfvae.VAE(
        tfvae.encoders.Conv((12, 24), dense=48),
        tfvae.decoders.Conv((28, 28), channels=(24, 12), dense=48),
        posterior=tfvae.families.DiagonalNormal(10),
        # No spread: until `adapt`, all components are one Gaussian.
        prior=tfvae.priors.MixtureOfGaussians(
            10, covariance="full", spread=0.0, start="mixture", restarts=1
        ),
        likelihood=tfvae.families.Bernoulli((28, 28, 1)),
        objective=tfvae.objectives.ELBO(beta=tfvae.objectives.Warmup(warmup_steps)),
    )


RECIPE = Recipe(
    name="conv_gmvae_mnist_tiny",
    data="mnist",
    build=tiny,
    summary="A convolutional model of handwritten digits, small enough for a microcontroller.",
    prior="10 Gaussians, full covariance",
    warmup_epochs=3,
    epochs=30,
    batch_size=128,
    learning_rate=2e-3,
    binarization="dynamic",
    num_samples=500,
    seeds=(0, 1, 2),
)
