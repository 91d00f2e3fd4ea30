"""The public names are pinned, and each is documented."""

import importlib
import inspect
from collections.abc import Iterator

import keras
import pytest

DESCRIPTORS = (property, classmethod, staticmethod)

PUBLIC = {
    "tfvae": {
        "VAE",
        "Inference",
        "Part",
        "Trace",
        "callbacks",
        "decoders",
        "encoders",
        "evaluate",
        "export",
        "families",
        "flows",
        "latents",
        "models",
        "objectives",
        "pipeline",
        "plots",
        "posteriors",
        "priors",
        "quantisers",
        "random",
        "zoo",
    },
    "tfvae.evaluate": {
        "Report",
        "report",
        "Sprites",
        "beta_vae_score",
        "adjusted_rand_index",
        "clustering",
        "FeatureNetwork",
        "annealed_importance_sampling",
        "bits_per_dimension",
        "clustering_accuracy",
        "dci",
        "disentanglement",
        "active_units",
        "clustering_baselines",
        "component_usage",
        "evidence",
        "factor_vae_score",
        "majority_accuracy",
        "gaps",
        "importance_sampling",
        "match_clusters",
        "mutual_information_gap",
        "normalised_mutual_information",
        "posterior_collapse",
        "rate_by_unit",
        "rate_decomposition",
        "reconstruction_error",
        "separated_attribute_predictability",
        "representation",
        "complexity",
        "density_coverage",
        "detection_metrics",
        "frechet_distance",
        "memorisation",
        "nearest_neighbours",
        "one_class",
        "outlier_scores",
        "outliers",
        "precision_recall",
        "sample_quality",
    },
    "tfvae.export": {
        "ArtefactError",
        "BundleReport",
        "Contents",
        "ExportError",
        "ParityReport",
        "bundle",
        "inspect",
        "litert",
        "open_artefact",
        "run_apart",
        "saved_model",
    },
    "tfvae.families": {
        "Autoregressive",
        "Bernoulli",
        "Beta",
        "Categorical",
        "Columns",
        "ContinuousBernoulli",
        "Deterministic",
        "DiagonalNormal",
        "DiscretizedLogistic",
        "Family",
        "FullNormal",
        "Laplace",
        "NegativeBinomial",
        "Normal",
        "NormalMap",
        "Ordinal",
        "Poisson",
        "PowerSpherical",
        "Projection",
        "SharedCovarianceNormal",
        "StudentT",
        "VonMisesFisher",
        "ZeroInflatedNegativeBinomial",
    },
    "tfvae.flows": {
        "Flow",
        "InverseAutoregressive",
        "MaskedAutoregressive",
        "Planar",
        "RealNVP",
    },
    "tfvae.latents": {
        "Clustered",
        "Conditional",
        "Flat",
        "Ladder",
        "Latents",
        "Level",
        "PrecisionWeighted",
        "Quantised",
        "Responsible",
        "Stacked",
        "WarpedMixture",
    },
    "tfvae.models": {
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
    },
    "tfvae.objectives": {
        "CIWAE",
        "DIP",
        "ELBO",
        "IWAE",
        "MIWAE",
        "MMD",
        "PIWAE",
        "Capacity",
        "Cyclical",
        "InvariantInformation",
        "Labelled",
        "Objective",
        "Regularised",
        "Renyi",
        "TotalCorrelation",
        "Warmup",
    },
    "tfvae.plots": {
        "component_samples",
        "image_grid",
        "image_rows",
        "latent_projection",
        "series_grid",
        "series_rows",
        "training_curves",
    },
    "tfvae.posteriors": {
        "Amortised",
        "Flowed",
        "MixtureOfGaussians",
        "Posterior",
        "RelaxedCategorical",
        "StraightThroughCategorical",
        "Strata",
    },
    "tfvae.priors": {
        "AggregatedPosterior",
        "AutoregressiveCodes",
        "CodePrior",
        "Custom",
        "Flowed",
        "MixtureOfGaussians",
        "Prior",
        "StandardNormal",
        "TwoStage",
        "UniformCategorical",
        "UniformCodes",
        "UniformRelaxedCategorical",
        "UniformSphere",
        "VampPrior",
    },
    "tfvae.quantisers": {
        "Codebook",
        "FiniteScalars",
        "Quantisation",
        "Quantiser",
        "ResidualCodebooks",
    },
    "tfvae.zoo": {
        "CachedPreset",
        "DataError",
        "DownloadError",
        "Preset",
        "PresetError",
        "PresetNotFoundError",
        "Schema",
        "bundled",
        "compress_weights",
        "data",
        "describe",
        "drop_optimizer",
        "info",
        "list_cache",
        "list_presets",
        "mirror_site",
        "prune_cache",
        "publish_site",
        "read_preset",
        "resolve",
        "schema",
        "upload_preset",
        "write_preset",
    },
}


def undocumented(owner: type) -> Iterator[str]:
    """The public methods and properties that a class defines without a word on what they do.

    A method that overrides another is documented where it is first defined, if that is ours; what
    Keras defines, Keras documents.
    """
    for name, body in vars(owner).items():
        if name.startswith("_") or not (callable(body) or isinstance(body, DESCRIPTORS)):
            continue
        if not inspect.getdoc(getattr(owner, name)) and not hasattr(keras.Model, name):
            yield f"{owner.__name__}.{name}"


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_pinned(name: str) -> None:
    module = importlib.import_module(name)
    assert len(module.__all__) == len(set(module.__all__))
    assert set(module.__all__) == PUBLIC[name]


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_exist_and_are_listed(name: str) -> None:
    module = importlib.import_module(name)
    for attribute in module.__all__:
        assert getattr(module, attribute) is not None
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_documented(name: str) -> None:
    module = importlib.import_module(name)
    values = {attribute: getattr(module, attribute) for attribute in module.__all__}
    assert [attribute for attribute, value in values.items() if not value.__doc__] == []
    classes = [value for value in values.values() if inspect.isclass(value)]
    assert [method for owner in classes for method in undocumented(owner)] == []


class Base:
    def told(self) -> None:
        """Told."""


class Derived(Base):
    def told(self) -> None:
        pass

    def call(self) -> None:
        pass

    def untold(self) -> None:
        pass

    @classmethod
    def also_untold(cls) -> None:
        pass


def test_a_method_without_docstring_is_found() -> None:
    assert list(undocumented(Derived)) == ["Derived.untold", "Derived.also_untold"]
