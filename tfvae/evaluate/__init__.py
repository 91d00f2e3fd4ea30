"""How well a model does: evidence, clusters beside labels, data of known factors."""

from tfvae.evaluate.clustering import (
    clustering_accuracy,
    match_clusters,
    normalised_mutual_information,
)
from tfvae.evaluate.evidence import evidence
from tfvae.evaluate.factors import Sprites
from tfvae.evaluate.reconstruction import reconstruction_error

__all__ = [
    "Sprites",
    "clustering_accuracy",
    "evidence",
    "match_clusters",
    "normalised_mutual_information",
    "reconstruction_error",
]
