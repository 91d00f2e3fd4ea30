"""Data made from known factors."""

from tfvae.evaluate.factors.sprites import Sprites

__all__ = ["Sprites"]
