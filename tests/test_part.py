"""Every part of a model: a config of its constructor's arguments, and an equal part made of it."""

import inspect
import json

import keras
import numpy as np
import pytest

import tfvae
from tests.priors.student_t import student_t
from tfvae import (
    decoders,
    encoders,
    families,
    flows,
    latents,
    models,
    objectives,
    posteriors,
    priors,
    quantisers,
)
from tfvae.part import Configured, Part, checked_shape, positive_integer, registered

SCHEDULES = keras.optimizers.schedules
VECTOR, IMAGE, LATENT, CODES = (None, 6), (None, 7, 9, 2), (None, 3), (None, 3, 4)
SAME_STEPS = keras.layers.GRU(4, return_sequences=True)
VECTOR, IMAGE, LATENT = (None, 6), (None, 7, 9, 2), (None, 3)

# Each with arguments that are not the defaults, and with a shape to build it by.
PARTS = {
    "Projection": (families.Projection((4, 2), bias=0.5, depth=3), VECTOR),
    "DiagonalNormal": (families.DiagonalNormal(3), VECTOR),
    "FullNormal": (families.FullNormal(3), VECTOR),
    "Deterministic": (families.Deterministic(3), VECTOR),
    "SharedCovarianceNormal": (families.SharedCovarianceNormal(3), VECTOR),
    "NormalMap": (families.NormalMap((3, 2, 2)), (None, 3, 2, 5)),
    "Bernoulli": (families.Bernoulli((4, 2, 1)), VECTOR),
    "ContinuousBernoulli": (families.ContinuousBernoulli([4, 2]), VECTOR),
    "Normal, fixed": (families.Normal((4,), 0.1), VECTOR),
    "Normal, shared": (families.Normal((4,), "shared"), VECTOR),
    "Normal, per pixel": (families.Normal((4, 2), "per_pixel"), VECTOR),
    "Normal, calibrated": (families.Normal((4, 2), "calibrated"), VECTOR),
    "VonMisesFisher": (families.VonMisesFisher(3), VECTOR),
    "PowerSpherical": (families.PowerSpherical(3), VECTOR),
    "UniformSphere": (priors.UniformSphere(), LATENT),
    "Laplace": (families.Laplace((4, 2), "per_pixel"), VECTOR),
    "StudentT": (families.StudentT((4, 2), 0.5), VECTOR),
    "StudentT, fixed": (families.StudentT((4, 2), degrees_of_freedom=4), VECTOR),
    "DiscretizedLogistic": (families.DiscretizedLogistic((4, 2), 3, num_levels=16), VECTOR),
    "Categorical": (families.Categorical((4, 2), 3), VECTOR),
    "Poisson": (families.Poisson((4, 2), library_size=True), VECTOR),
    "NegativeBinomial": (families.NegativeBinomial((4,), "per_element"), VECTOR),
    "ZeroInflatedNegativeBinomial": (
        families.ZeroInflatedNegativeBinomial((4,), library_size=True),
        VECTOR,
    ),
    "Beta": (families.Beta((4, 2)), VECTOR),
    "Autoregressive": (families.Autoregressive((5,), 3, units=4), VECTOR),
    "Autoregressive, network": (
        families.Autoregressive((5,), 3, 4, SAME_STEPS),
        VECTOR,
    ),
    "Ordinal": (families.Ordinal((4, 2), 5), VECTOR),
    "Columns": (families.Columns([families.Normal((3,)), families.Ordinal((2,), 4)]), VECTOR),
    "StandardNormal": (priors.StandardNormal(), LATENT),
    "MixtureOfGaussians": (priors.MixtureOfGaussians(4), LATENT),
    "MixtureOfGaussians, all": (
        priors.MixtureOfGaussians(
            4, "full", learned=("loc",), spread=2.0, start="mixture", seed=7, name="mine"
        ),
        LATENT,
    ),
    "MixtureOfGaussians, shared": (priors.MixtureOfGaussians(4, "shared"), LATENT),
    "Custom": (
        priors.Custom(student_t, {"loc": [0.0, 1.0, 0.5], "log_scale": [0.0, 0.0, 0.0]}),
        LATENT,
    ),
    # Of a model's encoder: alone it cannot be built.
    "VampPrior": (
        priors.VampPrior(4, learned=("weights",), start="kmeans", bounds=(-1.0, 2.0), seed=7),
        None,
    ),
    "RealNVP": (flows.RealNVP(2, (5, 4), 3, "tanh"), LATENT),
    "MaskedAutoregressive": (flows.MaskedAutoregressive(2, (5, 4), 3, "tanh"), LATENT),
    "InverseAutoregressive": (flows.InverseAutoregressive(3, (5, 4), 3, "tanh"), LATENT),
    "Planar": (flows.Planar(3), LATENT),
    "Flowed, prior": (priors.Flowed(flows.MaskedAutoregressive(2, (5,))), LATENT),
    "Flowed, posterior": (
        posteriors.Flowed(families.FullNormal(3), flows.InverseAutoregressive(2, (5,), 4)),
        VECTOR,
    ),
    "AutoregressiveCodes": (priors.AutoregressiveCodes(8, depth=1, heads=2), (None, 3, 5)),
    "UniformCodes": (priors.UniformCodes(), (None, 3, 5)),
    "Codebook": (quantisers.Codebook(5, 3), LATENT),
    "Codebook, all": (
        quantisers.Codebook(5, 3, 0.5, decay=None, restart_after=None, seed=7),
        LATENT,
    ),
    "FiniteScalars": (quantisers.FiniteScalars([5, 2, 4]), LATENT),
    "ResidualCodebooks": (quantisers.ResidualCodebooks(quantisers.Codebook(5, 3), 2), LATENT),
    "ResidualCodebooks, own": (
        quantisers.ResidualCodebooks(quantisers.Codebook(5, 3, seed=3), 4, shared=False),
        LATENT,
    ),
    "AggregatedPosterior": (
        priors.AggregatedPosterior(families.FullNormal(3), 4, seed=1),
        LATENT,
    ),
    "TwoStage": (
        priors.TwoStage(models.ProbabilisticPCA(2, (3,))),
        LATENT,
    ),
    "Amortised": (posteriors.Amortised(families.FullNormal(3)), VECTOR),
    "posteriors.MixtureOfGaussians": (posteriors.MixtureOfGaussians(3, num_components=2), VECTOR),
    "RelaxedCategorical": (posteriors.RelaxedCategorical(3, 4, temperature=0.7), VECTOR),
    "StraightThroughCategorical": (posteriors.StraightThroughCategorical(3, 4, 0.7), VECTOR),
    "UniformCategorical": (priors.UniformCategorical(), CODES),
    "UniformRelaxedCategorical": (priors.UniformRelaxedCategorical(0.3), CODES),
    "Flat": (latents.Flat(families.DiagonalNormal(3)), VECTOR),
    "Flat, mixture": (
        latents.Flat(
            posteriors.Amortised(families.DiagonalNormal(3)), priors.MixtureOfGaussians(2)
        ),
        VECTOR,
    ),
    "Quantised": (latents.Quantised(quantisers.Codebook(5, 3)), IMAGE),
    "Quantised, all": (
        latents.Quantised(quantisers.Codebook(5, 3), priors.UniformCodes(), positions=[4, 2]),
        VECTOR,
    ),
    "Level": (
        latents.Level(families.DiagonalNormal(3), posterior=encoders.MLP((4,))),
        (None, VECTOR),
    ),
    "Level, below": (
        latents.Level(
            families.DiagonalNormal(3),
            down=encoders.MLP((4,)),
            prior=encoders.MLP((2,)),
            posterior=encoders.MLP((5,)),
            onward=encoders.MLP((6,)),
        ),
        (LATENT, VECTOR),
    ),
    "PrecisionWeighted": (
        latents.PrecisionWeighted(
            families.DiagonalNormal(3), encoders.MLP((4,)), encoders.MLP((5,))
        ),
        (LATENT, VECTOR),
    ),
    "Ladder": (
        latents.Ladder(
            [latents.Level(families.DiagonalNormal(3)), families.FullNormal(2)],
            priors.MixtureOfGaussians(2),
        ),
        VECTOR,
    ),
    "ELBO": (objectives.ELBO(), None),
    "ELBO, all": (objectives.ELBO(0.5, free_bits=0.1, num_samples=3), None),
    "ELBO, warm-up": (objectives.ELBO(objectives.Warmup(10, final=2.0)), None),
    "ELBO, schedule": (objectives.ELBO(SCHEDULES.CosineDecay(1.0, 10)), None),
    "ELBO, cycles": (objectives.ELBO(objectives.Cyclical(10, 2, 0.3, 2.0)), None),
    "ELBO, landing": (objectives.ELBO(gradient="sticking_the_landing"), None),
    "Capacity": (objectives.Capacity(3.0, gamma=5.0), None),
    "Capacity, schedule": (objectives.Capacity(objectives.Warmup(9, 4.0)), None),
    "IWAE": (objectives.IWAE(7, "doubly_reparametrised"), None),
    "MIWAE": (objectives.MIWAE(2, 3), None),
    "PIWAE": (objectives.PIWAE(2, 3), None),
    "CIWAE": (objectives.CIWAE(5, beta=0.5), None),
    "Renyi": (objectives.Renyi(-0.5, 3), None),
    "TotalCorrelation": (objectives.TotalCorrelation(100, 4.0, 0.5, 2.0), None),
    "DIP": (objectives.DIP(3.0, kind=2), None),
    "MMD": (objectives.MMD(3.0, 0.5, "gaussian"), None),
    "Regularised": (objectives.Regularised(0.1, 0.2, 0.3), None),
    "encoders.ReplacementNoise": (encoders.ReplacementNoise(0.3, (0.0, 1.0), seed=1), IMAGE),
    "encoders.RandomAffine": (encoders.RandomAffine(9.0, 0.1, 0.2, 1.5, 0.5, seed=1), IMAGE),
    "InvariantInformation": (objectives.InvariantInformation(3.0, objectives.ELBO(0.5)), None),
    "InvariantInformation, change": (
        objectives.InvariantInformation(change=encoders.RandomAffine(9.0, seed=1)),
        None,
    ),
    "Labelled": (objectives.Labelled(2.0, objectives.IWAE(3)), None),
    "Clustered": (latents.Clustered(families.DiagonalNormal(3), num_classes=4), VECTOR),
    "Clustered, mixture": (
        latents.Clustered(
            families.FullNormal(3),
            priors.MixtureOfGaussians(2, "full"),
            network=keras.layers.Dense(3),
        ),
        VECTOR,
    ),
    "WarpedMixture": (
        latents.WarpedMixture(3, 2, style_size=4, network=keras.layers.Dense(5)),
        VECTOR,
    ),
    "Stacked": (
        latents.Stacked(
            families.DiagonalNormal(3),
            latents.Clustered(families.DiagonalNormal(2), num_classes=4),
            encoders.MLP((5,)),
            decoders.MLP((4,)),
        ),
        VECTOR,
    ),
    "ELBO, floors": (objectives.ELBO(free_bits=(0.0, 0.5)), None),
    "Responsible": (
        latents.Responsible(families.DiagonalNormal(3), priors.MixtureOfGaussians(2)),
        VECTOR,
    ),
    "Conditional": (latents.Conditional(families.DiagonalNormal(3), num_classes=4), VECTOR),
    "Conditional, image": (
        latents.Conditional(
            families.DiagonalNormal(3),
            condition_shape=(7, 9, 1),
            embedding=keras.layers.Conv2D(2, 3, padding="same"),
            network=keras.layers.Flatten(),
        ),
        IMAGE,
    ),
    "encoders.MLP": (encoders.MLP((5, 4), "tanh"), IMAGE),
    "encoders.MLP, linear": (encoders.MLP(()), VECTOR),
    "encoders.GatedDense": (encoders.GatedDense(5), VECTOR),
    "encoders.GatedJoin": (encoders.GatedJoin((2, 1), 5), VECTOR),
    "encoders.GatedMLP": (encoders.GatedMLP([5, 4]), IMAGE),
    "ResidualBlock": (encoders.ResidualBlock(3, 5, "gelu"), IMAGE),
    "ResidualPyramid": (encoders.ResidualPyramid((3, 5), 2, 5, "gelu"), IMAGE),
    "ResidualMap": (decoders.ResidualMap((13, 18), 3, 2, 5, "gelu"), IMAGE),
    "encoders.LogCounts": (encoders.LogCounts(encoders.MLP((5,))), VECTOR),
    "encoders.Observed": (encoders.Observed(encoders.MLP((5,))), VECTOR),
    "encoders.Conv": (encoders.Conv((3, 5), dense=4, kernel_size=5, activation="gelu"), IMAGE),
    "decoders.Conv": (
        decoders.Conv((7, 9), (3, 2), dense=4, kernel_size=5, activation="gelu"),
        LATENT,
    ),
}
ABSTRACT = {
    "CodePrior",
    "Family",
    "Flow",
    "Latents",
    "Objective",
    "Posterior",
    "Prior",
    "Quantiser",
}
every = pytest.mark.parametrize(("part", "shape"), PARTS.values(), ids=PARTS)


def through_json(part):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(part)))
    return keras.saving.deserialize_keras_object(config)


def shapes_of(part):
    return [(weight.name, tuple(weight.shape), weight.trainable) for weight in part.weights]


def test_every_part_is_in_the_table():
    modules = (families, flows, priors, posteriors, latents, quantisers, objectives)
    public = {
        name
        for module in (*modules, encoders, decoders)
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, Part) and value is not Part
    }
    assert public - ABSTRACT == {type(part).__name__ for part, _ in PARTS.values()}


@every
def test_a_config_passes_through_json_and_makes_an_equal_part(part, shape):
    again = through_json(part)
    assert type(again) is type(part)
    # Compared as JSON, which has no tuples.
    assert json.dumps(again.get_config()) == json.dumps(part.get_config())
    assert again.name == part.name
    if shape is not None:
        part.build_once(shape)
        again.build_once(shape)
        assert shapes_of(again) == shapes_of(part)


@every
def test_each_argument_of_the_constructor_is_in_the_config(part, shape):
    signature = inspect.signature(type(part).__init__).parameters.values()
    named = {p.name for p in signature if p.kind is p.POSITIONAL_OR_KEYWORD} - {"self"}
    assert named <= set(part.get_config())
    assert set(part.arguments()) == named


@every
def test_a_copy_by_config_is_independent(part, shape):
    if shape is not None:
        part.build_once(shape)
    config = part.get_config()
    again = type(part).from_config(config)
    if shape is not None:
        again.build_once(shape)
    shared = {id(weight) for weight in part.weights} & {id(weight) for weight in again.weights}
    assert shared == set()
    assert config == part.get_config()


def test_the_name_and_the_precision_are_kept():
    part = encoders.MLP((3,), name="mine", dtype="mixed_bfloat16")
    again = through_json(part)
    assert (again.name, again.dtype_policy.name) == ("mine", "mixed_bfloat16")
    assert again.stack[0].compute_dtype == "bfloat16"


def test_a_frozen_part_stays_frozen():
    part = encoders.MLP((3,))
    part.trainable = False
    again = through_json(part)
    again.build(VECTOR)
    assert again.trainable_weights == []


@registered()
class UsersPart(Part):
    """A user's part: nothing but a constructor."""

    def __init__(self, inner, *, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.inner, self.factor = inner, factor


def test_a_users_part_needs_no_config_of_its_own():
    part = UsersPart(families.DiagonalNormal(2), factor=3.0)
    again = through_json(part)
    assert (again.inner.latent_size, again.factor) == (2, 3.0)
    assert part.arguments() == {"inner": part.inner, "factor": 3.0}


def test_arguments_are_tracked_once():
    part = UsersPart(families.DiagonalNormal(2))
    part.inner.build(VECTOR)
    assert len(part.weights) == len({id(weight) for weight in part.weights}) == 4


def test_every_class_is_registered_under_the_packages_name():
    for part, _ in PARTS.values():
        assert keras.saving.get_registered_name(type(part)).startswith("tfvae>")
        assert isinstance(part, Configured)
    assert keras.saving.get_registered_name(tfvae.VAE) == "tfvae>VAE"


@pytest.mark.parametrize("value", [1, np.int64(7), np.array(3)])
def test_whole_numbers_of_any_kind_are_accepted(value):
    result = positive_integer(value, "size")
    assert (type(result), result) == (int, int(value))


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", None, True, [1]])
def test_what_is_no_whole_number_is_refused_by_name(value):
    with pytest.raises(ValueError, match="`size` must be a whole number of at least 1, but is"):
        positive_integer(value, "size")


def test_shapes():
    assert checked_shape([28, np.int64(28), 1]) == (28, 28, 1)
    assert checked_shape(5) == (5,)
    with pytest.raises(ValueError, match="`event_shape` must have at least one size"):
        checked_shape(())
    with pytest.raises(ValueError, match="`image_size` must be a whole number"):
        checked_shape((28, 0), "image_size")
