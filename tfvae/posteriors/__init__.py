"""Posteriors: q(z given features), with the noise from which it is sampled."""

from tfvae.posteriors.amortised import Amortised
from tfvae.posteriors.categorical import RelaxedCategorical, StraightThroughCategorical
from tfvae.posteriors.flowed import Flowed
from tfvae.posteriors.mixture import MixtureOfGaussians
from tfvae.posteriors.posterior import Posterior, Strata

__all__ = [
    "Amortised",
    "Flowed",
    "MixtureOfGaussians",
    "Posterior",
    "RelaxedCategorical",
    "StraightThroughCategorical",
    "Strata",
]
