"""Priors: p(z)."""

from tfvae.priors.mixture import MixtureOfGaussians
from tfvae.priors.normal import StandardNormal
from tfvae.priors.prior import Prior

__all__ = ["MixtureOfGaussians", "Prior", "StandardNormal"]
