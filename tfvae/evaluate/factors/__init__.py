"""Latents beside the factors that data were made from: disentanglement, and data to measure it."""

from tfvae.evaluate.factors.importance import dci
from tfvae.evaluate.factors.information import mutual_information_gap
from tfvae.evaluate.factors.pairs import beta_vae_score
from tfvae.evaluate.factors.predictability import separated_attribute_predictability
from tfvae.evaluate.factors.scores import disentanglement
from tfvae.evaluate.factors.sprites import Sprites
from tfvae.evaluate.factors.votes import factor_vae_score

__all__ = [
    "Sprites",
    "beta_vae_score",
    "dci",
    "disentanglement",
    "factor_vae_score",
    "mutual_information_gap",
    "separated_attribute_predictability",
]
