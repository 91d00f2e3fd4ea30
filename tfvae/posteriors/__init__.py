"""Posteriors: q(z given features), with the noise from which it is sampled."""

from tfvae.posteriors.amortised import Amortised
from tfvae.posteriors.posterior import Posterior

__all__ = ["Amortised", "Posterior"]
