"""Priors: p(z)."""

from tfvae.priors.aggregated import AggregatedPosterior
from tfvae.priors.autoregressive_codes import AutoregressiveCodes
from tfvae.priors.categorical import UniformCategorical, UniformRelaxedCategorical
from tfvae.priors.codes import CodePrior, UniformCodes
from tfvae.priors.custom import Custom
from tfvae.priors.flowed import Flowed
from tfvae.priors.mixture import MixtureOfGaussians
from tfvae.priors.normal import StandardNormal
from tfvae.priors.prior import Prior
from tfvae.priors.sphere import UniformSphere
from tfvae.priors.two_stage import TwoStage
from tfvae.priors.vamp import VampPrior

__all__ = [
    "AggregatedPosterior",
    "AutoregressiveCodes",
    "CodePrior",
    "Custom",
    "Flowed",
    "MixtureOfGaussians",
    "Prior",
    "StandardNormal",
    "TwoStage",
    "UniformCategorical",
    "UniformCodes",
    "UniformRelaxedCategorical",
    "UniformSphere",
    "VampPrior",
]
