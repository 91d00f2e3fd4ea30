"""Models that more than one recipe builds."""

import tfvae


def gated_mixture(warmup_steps: int) -> tfvae.VAE:
    """Returns a model of 28x28 binary images: gated 300-300 networks, ten Gaussians over z.

    Args:
        warmup_steps: training steps in which the weight of the rate rises to 1.

    Example:
        >>> gated_mixture(10).count_params()
        1090906
    """
    return tfvae.VAE(
        tfvae.encoders.GatedMLP((300, 300)),
        tfvae.decoders.GatedMLP((300, 300)),
        posterior=tfvae.families.DiagonalNormal(16),
        # No spread: until `adapt`, all components are one Gaussian.
        prior=tfvae.priors.MixtureOfGaussians(
            10, covariance="full", spread=0.0, start="mixture", restarts=1
        ),
        likelihood=tfvae.families.Bernoulli((28, 28, 1)),
        objective=tfvae.objectives.ELBO(beta=tfvae.objectives.Warmup(warmup_steps)),
    )
