"""What the files hold: builtin operations, each weight once, no optimiser; the right numbers."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from scipy import special, stats

import tfvae
from tests.export.models import (
    COMPONENTS,
    COVERING,
    EVENT,
    LATENT_SIZE,
    SEED,
    SHARP,
    Parts,
    Shelf,
    images,
    weight_bytes,
)
from tfvae.export import open_artefact
from tfvae.export.endpoints import endpoints_of

NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if name[0] != "_"}


def model_of(tflite: Path) -> Any:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(tflite.read_bytes(), 0))


@pytest.mark.parametrize("parts", COVERING, ids=str)
def test_a_tflite_file_has_builtin_operations_alone(
    shelves: Mapping[Parts, Shelf], parts: Parts
) -> None:
    model = model_of(shelves[parts].tflite)
    names = {NAMES[code.builtinCode] for code in model.operatorCodes}
    assert "FULLY_CONNECTED" in names and "BITWISE_XOR" in names
    # Flex operations are custom ones.
    assert "CUSTOM" not in names
    assert [code.customCode for code in model.operatorCodes if code.customCode] == []
    floats = {tensor.type for graph in model.subgraphs for tensor in graph.tensors}
    assert not floats & {schema.TensorType.FLOAT16, schema.TensorType.FLOAT64}


def test_the_weights_are_in_the_tflite_file_once(shelf: Shelf) -> None:
    size = weight_bytes(shelf.vae)
    buffers = [
        buffer.data.nbytes for buffer in model_of(shelf.tflite).buffers if buffer.data is not None
    ]
    assert size <= sum(buffers) < 1.05 * size
    assert shelf.tflite.stat().st_size < 1.2 * size


def test_a_saved_model_has_the_weights_once_and_no_optimiser(shelf: Shelf) -> None:
    variables = dict(tf.train.list_variables(str(shelf.saved_model / "variables" / "variables")))
    shapes = [tuple(shape) for name, shape in variables.items() if name.endswith("VARIABLE_VALUE")]
    assert Counter(shapes) == Counter(tuple(weight.shape) for weight in shelf.vae.weights)
    assert len(shelf.vae.optimizer.variables) > len(shapes)


@pytest.mark.parametrize("kind", ["saved_model", "tflite"])
def test_the_inputs_have_names_and_a_batch_of_any_size(shelf: Shelf, kind: str) -> None:
    artefact = open_artefact(getattr(shelf, kind))
    floats, integers = np.float32, np.int32
    x, noise = ((None, *EVENT), floats), ((None, LATENT_SIZE), floats)
    draws = {"seed": ((None,), integers), "index": ((None,), integers)}
    assert artefact.inputs == {
        "encode": {"x": x},
        "decode": {"z": noise},
        "reconstruct": {"x": x, "noise": noise},
        "elbo": {"x": x, "noise": noise},
        "anomaly_score": {"x": x, "noise": noise},
        "impute": {"x": x, "noise": noise, "mask": x},
        "interpolate": {"a": x, "b": x, "fraction": ((None,), floats)},
        "cluster": {"x": x},
        "sample": draws,
        "sample_component": {**draws, "component": ((None,), integers)},
    }


@pytest.mark.parametrize("kind", ["saved_model", "tflite"])
def test_a_row_does_not_depend_on_the_others(shelf: Shelf, kind: str) -> None:
    artefact = open_artefact(getattr(shelf, kind))
    together = artefact.run("sample", seed=[SEED] * 5, index=range(5))["mean"]
    alone = artefact.run("sample", seed=[SEED], index=[3])["mean"]
    np.testing.assert_allclose(alone[0], together[3], atol=1e-6)
    assert np.abs(np.diff(together, axis=0)).max() > 0.01


@pytest.mark.parametrize("kind", ["saved_model", "tflite"])
def test_the_bound_is_what_the_other_endpoints_make_it(shelf: Shelf, kind: str) -> None:
    """log p(x|z) + log p(z) - log q(z|x) by SciPy in float64, of the artefact's own outputs."""
    artefact = open_artefact(getattr(shelf, kind))
    x = images(6)
    noise = np.random.default_rng(3).normal(size=(6, LATENT_SIZE)).astype(np.float32)
    q = artefact.run("encode", x=x)
    z = (q["loc"] + q["scale"] * noise).astype(np.float32)
    mean = artefact.run("decode", z=z)["mean"].astype(np.float64)
    prior = shelf.vae.prior
    weights = special.softmax(prior.logits.numpy().astype(np.float64))
    by_component = stats.norm.logpdf(
        z[:, None], prior.loc.numpy(), np.exp(prior.log_scale.numpy().astype(np.float64))
    ).sum(-1)
    expected = (
        stats.bernoulli.logpmf(x, mean).sum((1, 2, 3))
        + special.logsumexp(by_component, b=weights, axis=1)
        - stats.norm.logpdf(z, q["loc"], q["scale"]).sum(-1)
    )
    np.testing.assert_allclose(artefact.run("elbo", x=x, noise=noise)["elbo"], expected, rtol=1e-5)


def test_thresholds_between_components_are_alike_everywhere(
    shelves: Mapping[Parts, Shelf],
) -> None:
    """Every row lies at a threshold: one bit of difference would draw another component."""
    rows = COMPONENTS - 1
    for parts in (COVERING[1], COVERING[4]):
        shelf = shelves[parts]
        expected = shelf.vae.sample(rows, seed=SEED)
        for path in (shelf.saved_model, shelf.tflite):
            found = open_artefact(path).run("sample", seed=[SEED] * rows, index=range(rows))
            np.testing.assert_allclose(found["mean"], expected, atol=1e-5)


def test_a_sharp_posterior_keeps_its_bound(shelves: Mapping[Parts, Shelf]) -> None:
    """Scales of 1e-4: log(1 + exp(x)), which LiteRT computes for log1p(exp(x)), loses them."""
    shelf = shelves[SHARP]
    x, noise = images(8), np.ones([8, LATENT_SIZE], np.float32)
    assert np.max(shelf.vae.infer_parameters(x)["scale"]) < 1e-3
    expected = shelf.vae.elbo_from(x, {"z": tf.constant(noise)}).numpy()
    found = open_artefact(shelf.tflite).run("elbo", x=x, noise=noise)["elbo"]
    assert np.max(np.abs(found - expected)) / np.max(np.abs(expected)) < 1e-6


@pytest.mark.parametrize("parts", COVERING, ids=str)
def test_no_endpoint_bears_a_name_that_hides_the_others(
    shelves: Mapping[Parts, Shelf], parts: Parts
) -> None:
    assert not {"serve", "serving_default"} & set(open_artefact(shelves[parts].tflite).endpoints)


def test_thresholds_between_components_survive_xla(shelves: Mapping[Parts, Shelf]) -> None:
    vae, rows = shelves[COVERING[4]].vae, COMPONENTS - 1
    sample = endpoints_of(vae)["sample"].function
    compiled = tf.function(sample, jit_compile=True, autograph=False)
    found = compiled(*tfvae.random.rows(SEED, rows))["mean"]
    np.testing.assert_allclose(found, vae.sample(rows, seed=SEED), atol=1e-5)
