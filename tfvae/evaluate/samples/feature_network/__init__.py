"""The small classifiers in whose features samples are compared, with their pinned weights."""

from tfvae.evaluate.samples.feature_network.network import FeatureNetwork
from tfvae.evaluate.samples.feature_network.stored import NETWORKS

__all__ = ["NETWORKS", "FeatureNetwork"]
