"""Named models: a name, its paper, and a composition of parts. Each returns a `tfvae.VAE`."""

from tfvae.models.autoencoders import AE, RAE, DenoisingAE, DenoisingVAE
from tfvae.models.bottleneck import VIB
from tfvae.models.bounds import CIWAE, IWAE, MIWAE, PIWAE, RenyiVAE
from tfvae.models.categorical import CategoricalVAE, GumbelSoftmaxVAE
from tfvae.models.clustered import GMVAE, VaDE, WarpedGMVAE
from tfvae.models.conditional import ConditionalVAE
from tfvae.models.flows import IAFVAE, MAFVAE, PlanarVAE, RealNVPVAE
from tfvae.models.labelled import M1M2, M2
from tfvae.models.ladders import HVAE, LadderVAE
from tfvae.models.learned_priors import VampVAE
from tfvae.models.likelihoods import SCVI, SentenceVAE, SigmaVAE, TableVAE
from tfvae.models.linear import FactorAnalysis, ProbabilisticPCA
from tfvae.models.matched import WAE, InfoVAE
from tfvae.models.quantised import FSQVAE, VQVAE, ResidualVQVAE
from tfvae.models.rich_posteriors import SIWAE, MixturePosteriorVAE
from tfvae.models.spherical import SphericalVAE
from tfvae.models.weighted import DIPVAE, BetaTCVAE, BetaVAE, DisentangledBetaVAE

__all__ = [
    "AE",
    "CIWAE",
    "DIPVAE",
    "FSQVAE",
    "GMVAE",
    "HVAE",
    "IAFVAE",
    "IWAE",
    "M1M2",
    "M2",
    "MAFVAE",
    "MIWAE",
    "PIWAE",
    "RAE",
    "SCVI",
    "SIWAE",
    "VIB",
    "VQVAE",
    "WAE",
    "BetaTCVAE",
    "BetaVAE",
    "CategoricalVAE",
    "ConditionalVAE",
    "DenoisingAE",
    "DenoisingVAE",
    "DisentangledBetaVAE",
    "FactorAnalysis",
    "GumbelSoftmaxVAE",
    "InfoVAE",
    "LadderVAE",
    "MixturePosteriorVAE",
    "PlanarVAE",
    "ProbabilisticPCA",
    "RealNVPVAE",
    "RenyiVAE",
    "ResidualVQVAE",
    "SentenceVAE",
    "SigmaVAE",
    "SphericalVAE",
    "TableVAE",
    "VaDE",
    "VampVAE",
    "WarpedGMVAE",
]
