"""Fashion-MNIST with all its levels of grey, to tell other images from clothes."""

import tfvae
from tfvae.zoo.recipe import Recipe
from tfvae.zoo.tasks import ImageOutliers


def grey(warmup_steps: int) -> tfvae.VAE:
    """Returns a model of 28x28 images with 256 levels of grey."""
    return tfvae.VAE(
        tfvae.encoders.MLP((400, 400)),
        tfvae.decoders.MLP((400, 400)),
        tfvae.families.DiagonalNormal(16),
        tfvae.families.DiscretizedLogistic((28, 28, 1)),
        tfvae.priors.MixtureOfGaussians(10, covariance="full", spread=0.0, start="mixture"),
        objective=tfvae.objectives.ELBO(beta=tfvae.objectives.Warmup(warmup_steps)),
    )


RECIPE = Recipe(
    name="anomaly_fashion_mnist",
    data="fashion_mnist",
    build=grey,
    summary="Tells images that are no clothes, at a rate of false alarms that one can choose.",
    prior="10 Gaussians, full covariance",
    warmup_epochs=5,
    epochs=30,
    batch_size=128,
    learning_rate=1e-3,
    binarization="none",
    num_samples=100,
    seeds=(0, 1, 2),
    validation=10_000,
    task=ImageOutliers(),
)
