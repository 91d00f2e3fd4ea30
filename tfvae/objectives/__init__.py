"""Objectives: what is maximised, each a function of the trace alone."""

from tfvae.objectives.aggregate import DIP, TotalCorrelation
from tfvae.objectives.capacity import Capacity
from tfvae.objectives.elbo import ELBO
from tfvae.objectives.importance import CIWAE, IWAE, MIWAE, PIWAE
from tfvae.objectives.invariant import InvariantInformation
from tfvae.objectives.labelled import Labelled
from tfvae.objectives.matching import MMD
from tfvae.objectives.objective import Objective
from tfvae.objectives.regularised import Regularised
from tfvae.objectives.renyi import Renyi
from tfvae.objectives.schedules import Cyclical, Warmup

__all__ = [
    "CIWAE",
    "DIP",
    "ELBO",
    "IWAE",
    "MIWAE",
    "MMD",
    "PIWAE",
    "Capacity",
    "Cyclical",
    "InvariantInformation",
    "Labelled",
    "Objective",
    "Regularised",
    "Renyi",
    "TotalCorrelation",
    "Warmup",
]
