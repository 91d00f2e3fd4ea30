"""The simple kin of VAEs: linear models."""

from tests.conformance.variants.base import Rows, Variant, vectors
from tfvae import models

NAMED: Rows = {
    "ProbabilisticPCA": lambda: Variant(models.ProbabilisticPCA(2, (5,)), vectors()),
    "FactorAnalysis": lambda: Variant(models.FactorAnalysis(2, (5,)), vectors()),
}
