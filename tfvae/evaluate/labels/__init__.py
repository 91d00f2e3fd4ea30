"""Clusters and representations, beside labels that the model never saw."""
