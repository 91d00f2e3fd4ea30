"""How well a model does: evidence, latents, clusters, samples, outliers, factors."""

from tfvae.evaluate.anomalies.complexity import complexity
from tfvae.evaluate.anomalies.detection import detection_metrics
from tfvae.evaluate.anomalies.outlier_detection import one_class, outliers
from tfvae.evaluate.anomalies.strangeness import outlier_scores
from tfvae.evaluate.factors import (
    Sprites,
    beta_vae_score,
    dci,
    disentanglement,
    factor_vae_score,
    mutual_information_gap,
    separated_attribute_predictability,
)
from tfvae.evaluate.labels.agreement import (
    adjusted_rand_index,
    clustering,
    clustering_accuracy,
    majority_accuracy,
    match_clusters,
    normalised_mutual_information,
)
from tfvae.evaluate.labels.baselines import clustering_baselines
from tfvae.evaluate.labels.probes import representation
from tfvae.evaluate.latents.decomposition import rate_decomposition
from tfvae.evaluate.latents.latent_space import (
    active_units,
    component_usage,
    posterior_collapse,
    rate_by_unit,
)
from tfvae.evaluate.likelihood.annealed import annealed_importance_sampling
from tfvae.evaluate.likelihood.bits import bits_per_dimension
from tfvae.evaluate.likelihood.evidence import evidence
from tfvae.evaluate.likelihood.importance import importance_sampling
from tfvae.evaluate.likelihood.inference_gaps import gaps
from tfvae.evaluate.reports.reporting import Report, report
from tfvae.evaluate.samples.coverage import density_coverage, precision_recall
from tfvae.evaluate.samples.feature_network import FeatureNetwork
from tfvae.evaluate.samples.frechet import frechet_distance
from tfvae.evaluate.samples.neighbours import memorisation, nearest_neighbours
from tfvae.evaluate.samples.quality import sample_quality
from tfvae.evaluate.samples.reconstruction import reconstruction_error

__all__ = [
    "FeatureNetwork",
    "Report",
    "Sprites",
    "active_units",
    "adjusted_rand_index",
    "annealed_importance_sampling",
    "beta_vae_score",
    "bits_per_dimension",
    "clustering",
    "clustering_accuracy",
    "clustering_baselines",
    "complexity",
    "component_usage",
    "dci",
    "density_coverage",
    "detection_metrics",
    "disentanglement",
    "evidence",
    "factor_vae_score",
    "frechet_distance",
    "gaps",
    "importance_sampling",
    "majority_accuracy",
    "match_clusters",
    "memorisation",
    "mutual_information_gap",
    "nearest_neighbours",
    "normalised_mutual_information",
    "one_class",
    "outlier_scores",
    "outliers",
    "posterior_collapse",
    "precision_recall",
    "rate_by_unit",
    "rate_decomposition",
    "reconstruction_error",
    "report",
    "representation",
    "sample_quality",
    "separated_attribute_predictability",
]
