"""Quantisers: from vectors of real numbers to codes, and back."""

from tfvae.quantisers.codebook import Codebook
from tfvae.quantisers.quantiser import Quantisation, Quantiser

__all__ = ["Codebook", "Quantisation", "Quantiser"]
