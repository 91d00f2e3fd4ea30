"""Normalising flows: invertible maps of vectors, whose determinants are cheap."""

from tfvae.flows.autoregressive import InverseAutoregressive, MaskedAutoregressive
from tfvae.flows.coupling import RealNVP
from tfvae.flows.flow import Flow
from tfvae.flows.planar import Planar

__all__ = [
    "Flow",
    "InverseAutoregressive",
    "MaskedAutoregressive",
    "Planar",
    "RealNVP",
]
