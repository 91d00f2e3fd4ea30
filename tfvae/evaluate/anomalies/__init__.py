"""Outliers: what makes an example strange, and how well that tells outliers apart."""
