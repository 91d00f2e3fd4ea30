"""Objectives: what is maximised, each a function of the trace alone."""

from tfvae.objectives.elbo import ELBO
from tfvae.objectives.importance import IWAE
from tfvae.objectives.objective import Objective
from tfvae.objectives.schedules import Warmup

__all__ = ["ELBO", "IWAE", "Objective", "Warmup"]
