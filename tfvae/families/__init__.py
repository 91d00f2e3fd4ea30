"""Families: from a network's features to a probability distribution."""

from tfvae.families.autoregressive import Autoregressive
from tfvae.families.bernoulli import Bernoulli, ContinuousBernoulli
from tfvae.families.beta import Beta
from tfvae.families.categorical import Categorical
from tfvae.families.columns import Columns
from tfvae.families.counts import Poisson
from tfvae.families.deterministic import Deterministic
from tfvae.families.discretized import DiscretizedLogistic
from tfvae.families.family import Family, Projection
from tfvae.families.gaussian import DiagonalNormal, FullNormal
from tfvae.families.laplace import Laplace
from tfvae.families.negative_binomial import NegativeBinomial, ZeroInflatedNegativeBinomial
from tfvae.families.normal import Normal
from tfvae.families.normal_map import NormalMap
from tfvae.families.ordinal import Ordinal
from tfvae.families.shared_covariance import SharedCovarianceNormal
from tfvae.families.spherical import PowerSpherical, VonMisesFisher
from tfvae.families.student_t import StudentT

__all__ = [
    "Autoregressive",
    "Bernoulli",
    "Beta",
    "Categorical",
    "Columns",
    "ContinuousBernoulli",
    "Deterministic",
    "DiagonalNormal",
    "DiscretizedLogistic",
    "Family",
    "FullNormal",
    "Laplace",
    "NegativeBinomial",
    "Normal",
    "NormalMap",
    "Ordinal",
    "Poisson",
    "PowerSpherical",
    "Projection",
    "SharedCovarianceNormal",
    "StudentT",
    "VonMisesFisher",
    "ZeroInflatedNegativeBinomial",
]
