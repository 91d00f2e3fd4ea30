"""How well a model does: evidence, clusters beside labels, latents beside factors."""
"""How well a model does: evidence, its latent space, clusters beside labels, representations."""

from tfvae.evaluate.agreement import (
    adjusted_rand_index,
    clustering,
    clustering_accuracy,
    majority_accuracy,
    match_clusters,
    normalised_mutual_information,
)
from tfvae.evaluate.evidence import evidence
from tfvae.evaluate.factors import (
    Sprites,
    beta_vae_score,
    dci,
    disentanglement,
    factor_vae_score,
    mutual_information_gap,
    separated_attribute_predictability,
)
from tfvae.evaluate.reconstruction import reconstruction_error

__all__ = [
    "Sprites",
    "beta_vae_score",
    "adjusted_rand_index",
    "clustering",
    "clustering_accuracy",
    "dci",
    "disentanglement",
    "evidence",
    "factor_vae_score",
    "majority_accuracy",
    "match_clusters",
    "mutual_information_gap",
    "normalised_mutual_information",
    "reconstruction_error",
    "separated_attribute_predictability",
]
