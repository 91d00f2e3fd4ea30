"""The models that are named after their objective."""

from tests.conformance.variants.base import COUNT, Rows, named
from tfvae import models

NAMED: Rows = {
    "BetaVAE": lambda: named(models.BetaVAE, beta=2.0),
    "DisentangledBetaVAE": lambda: named(
        models.DisentangledBetaVAE, capacity=3.0, warmup_steps=20, gamma=2.0
    ),
    "BetaTCVAE": lambda: named(models.BetaTCVAE, data_size=COUNT, beta=4.0),
    "DIPVAE": lambda: named(models.DIPVAE, full=True, off_diagonal=0.5, kind=2),
    "IWAE": lambda: named(models.IWAE, num_samples=3, gradient="doubly_reparametrised"),
    "MIWAE": lambda: named(models.MIWAE, full=True, num_bounds=2, samples_each=3),
    "PIWAE": lambda: named(models.PIWAE, num_bounds=2, samples_each=3),
    "CIWAE": lambda: named(models.CIWAE, num_samples=4, beta=0.3),
    "RenyiVAE": lambda: named(models.RenyiVAE, full=True, num_samples=4),
    "InfoVAE": lambda: named(models.InfoVAE, full=True, alpha=0.5, scale=5.0),
    "WAE": lambda: named(models.WAE, scale=5.0),
}
