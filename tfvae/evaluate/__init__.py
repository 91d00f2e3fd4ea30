"""How well a model does: evidence in nats, and clusters beside labels."""

from tfvae.evaluate.clustering import (
    clustering_accuracy,
    match_clusters,
    normalised_mutual_information,
)
from tfvae.evaluate.evidence import evidence
from tfvae.evaluate.reconstruction import reconstruction_error

__all__ = [
    "clustering_accuracy",
    "evidence",
    "match_clusters",
    "normalised_mutual_information",
    "reconstruction_error",
]
