"""How well a model does: evidence, latents, clusters, samples, outliers, factors."""
"""How well a model does: evidence in nats, clusters beside labels, samples, and outliers."""

from tfvae.evaluate.agreement import (
    adjusted_rand_index,
    clustering,
    clustering_accuracy,
    majority_accuracy,
    match_clusters,
    normalised_mutual_information,
)
from tfvae.evaluate.baselines import clustering_baselines
from tfvae.evaluate.decomposition import rate_decomposition
from tfvae.evaluate.complexity import complexity
from tfvae.evaluate.coverage import density_coverage, precision_recall
from tfvae.evaluate.detection import detection_metrics
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
from tfvae.evaluate.latent_space import (
    active_units,
    component_usage,
    posterior_collapse,
    rate_by_unit,
)
from tfvae.evaluate.probes import representation
from tfvae.evaluate.reconstruction import reconstruction_error

__all__ = [
    "Sprites",
    "active_units",
    "adjusted_rand_index",
    "beta_vae_score",
    "clustering",
from tfvae.evaluate.feature_network import FeatureNetwork
from tfvae.evaluate.frechet import frechet_distance
from tfvae.evaluate.neighbours import memorisation, nearest_neighbours
from tfvae.evaluate.outlier_detection import one_class, outliers
from tfvae.evaluate.quality import sample_quality
from tfvae.evaluate.reconstruction import reconstruction_error
from tfvae.evaluate.strangeness import outlier_scores

__all__ = [
    "FeatureNetwork",
    "clustering_accuracy",
    "clustering_baselines",
    "component_usage",
    "dci",
    "disentanglement",
    "evidence",
    "factor_vae_score",
    "majority_accuracy",
    "match_clusters",
    "mutual_information_gap",
    "normalised_mutual_information",
    "posterior_collapse",
    "rate_by_unit",
    "rate_decomposition",
    "reconstruction_error",
    "representation",
    "separated_attribute_predictability",
    "complexity",
    "density_coverage",
    "detection_metrics",
    "evidence",
    "frechet_distance",
    "match_clusters",
    "memorisation",
    "nearest_neighbours",
    "normalised_mutual_information",
    "one_class",
    "outlier_scores",
    "outliers",
    "precision_recall",
    "reconstruction_error",
    "sample_quality",
]
