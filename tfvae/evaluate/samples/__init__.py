"""Samples and reconstructions, beside examples."""
