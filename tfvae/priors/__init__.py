"""Priors: p(z)."""

from tfvae.priors.mixture import MixtureOfGaussians
from tfvae.priors.normal import StandardNormal
from tfvae.priors.prior import Prior
from tfvae.priors.vamp import VampPrior

__all__ = ["MixtureOfGaussians", "Prior", "StandardNormal", "VampPrior"]
