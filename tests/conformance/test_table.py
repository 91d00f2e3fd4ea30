"""Nothing is missing from the table of variants: every part, and every choice that a part has."""

import inspect

import keras
import pytest

from tests.conformance.variants import NAMED, VARIANTS
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
from tfvae.families import Projection
from tfvae.objectives.gradients import Gradient
from tfvae.part import Part

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


@pytest.fixture(scope="module")
def parts():
    """Every layer of every variant's model, those in lists and those in other parts included."""
    models = [make().vae for make in VARIANTS.values()]
    return [layer for model in models for layer in model._flatten_layers()]


@pytest.mark.parametrize(
    "module",
    [families, flows, priors, posteriors, latents, quantisers, objectives, encoders, decoders],
)
def test_every_part_occurs(parts, module):
    public = {
        value
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, Part) and name not in {*ABSTRACT, "Part"}
    }
    assert public - {Projection}
    assert {kind.__name__ for kind in public - {type(part) for part in parts}} == set()


def test_every_named_model_occurs():
    assert set(models.__all__) == set(NAMED)


def choices(parts, kind, attribute):
    return {getattr(part, attribute) for part in parts if isinstance(part, kind)}


def test_every_choice_of_a_part_occurs(parts):
    mixture = priors.MixtureOfGaussians
    assert choices(parts, mixture, "covariance") == {"diagonal", "full", "shared"}
    assert choices(parts, mixture, "start") == {"kmeans", "mixture"}
    assert len(choices(parts, mixture, "learned")) >= 3
    assert choices(parts, families.Normal, "scale") >= {"shared", "per_pixel", "calibrated", 0.25}
    elbos = choices(parts, objectives.ELBO, "beta")
    schedule = keras.optimizers.schedules.LearningRateSchedule
    assert {type(beta) for beta in elbos} > {float, objectives.Warmup}
    assert any(isinstance(beta, schedule) for beta in elbos)
    assert len(choices(parts, objectives.ELBO, "free_bits")) > 1
    assert len(choices(parts, objectives.Objective, "num_samples")) > 2
    assert choices(parts, objectives.Objective, "gradient") == set(Gradient)


def test_users_networks_of_every_kind_occur():
    networks = [make().vae.encoder for make in VARIANTS.values()]
    assert any(isinstance(network, keras.Sequential) for network in networks)
    assert any(type(network).__name__ == "Functional" for network in networks)
    assert any(type(network).__module__.startswith("tests") for network in networks)
