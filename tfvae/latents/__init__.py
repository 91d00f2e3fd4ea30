"""Latents: which latent variables a model has, and how they depend on each other."""

from tfvae.latents.clustered import Clustered
from tfvae.latents.conditional import Conditional
from tfvae.latents.flat import Flat
from tfvae.latents.ladder import Ladder
from tfvae.latents.latents import Latents
from tfvae.latents.level import Level
from tfvae.latents.precision_weighted import PrecisionWeighted
from tfvae.latents.quantised import Quantised
from tfvae.latents.responsible import Responsible
from tfvae.latents.stacked import Stacked
from tfvae.latents.warped import WarpedMixture

__all__ = [
    "Clustered",
    "Conditional",
    "Flat",
    "Ladder",
    "Latents",
    "Level",
    "PrecisionWeighted",
    "Quantised",
    "Responsible",
    "Stacked",
    "WarpedMixture",
]
