"""Quantisers: from vectors of real numbers to codes, and back."""

from tfvae.quantisers.codebook import Codebook
from tfvae.quantisers.quantiser import Quantisation, Quantiser
from tfvae.quantisers.residual import ResidualCodebooks
from tfvae.quantisers.scalars import FiniteScalars

__all__ = [
    "Codebook",
    "FiniteScalars",
    "Quantisation",
    "Quantiser",
    "ResidualCodebooks",
]
