"""Families: from a network's features to a probability distribution."""

from tfvae.families.bernoulli import Bernoulli, ContinuousBernoulli
from tfvae.families.deterministic import Deterministic
from tfvae.families.family import Family, Projection
from tfvae.families.gaussian import DiagonalNormal, FullNormal
from tfvae.families.normal import Normal
from tfvae.families.normal_map import NormalMap
from tfvae.families.shared_covariance import SharedCovarianceNormal
from tfvae.families.spherical import PowerSpherical, VonMisesFisher

__all__ = [
    "Bernoulli",
    "ContinuousBernoulli",
    "Deterministic",
    "DiagonalNormal",
    "Family",
    "FullNormal",
    "Normal",
    "NormalMap",
    "PowerSpherical",
    "Projection",
    "SharedCovarianceNormal",
    "VonMisesFisher",
]
