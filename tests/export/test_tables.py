"""Tables of a prior are stored in float16, once, and nothing else is changed."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

import tfvae
from tfvae.export import open_artefact
from tfvae.export.given import given_to
from tfvae.export.litert_files import TFLiteFile, write_smaller
from tfvae.export.subject import prepare
from tfvae.export.tables import FEWEST_BYTES, halve_tables
from tfvae.export.tflite_file import compact, holds_data, read_tflite, store_tflite

COMPONENTS, SIZE = 300, 6


@pytest.fixture(scope="module")
def vae() -> tfvae.VAE:
    vae = tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        tfvae.families.DiagonalNormal(SIZE),
        tfvae.families.Bernoulli((4, 4, 1)),
        tfvae.priors.MixtureOfGaussians(COMPONENTS),
    )
    vae.prior.log_scale.assign(np.random.RandomState(0).normal(size=(COMPONENTS, SIZE)))
    return vae


@pytest.fixture(scope="module")
def file(vae: tfvae.VAE, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables") / "vae.tflite"
    tfvae.export.litert(vae, path)
    return path


def halved(file: Path, path: Path) -> Path:
    model = read_tflite(file)
    halve_tables(model)
    compact(model)
    store_tflite(model, path)
    return path


def tables(path: Path) -> list[tuple[int, tuple[int, ...]]]:
    """The type and shape of each large constant, once."""
    model = read_tflite(path)
    found = {
        tensor.buffer: (tensor.type, tuple(tensor.shape))
        for graph in model.subgraphs
        for tensor in graph.tensors
        if holds_data(model, tensor) and np.prod(tensor.shape) >= FEWEST_BYTES // 4
    }
    return sorted(found.values())


def test_locations_and_scales_are_all_that_a_file_holds_of_a_mixture(file: Path) -> None:
    assert tables(file) == [(schema.TensorType.FLOAT32, (COMPONENTS, SIZE))] * 2


def test_they_are_stored_in_float16_and_rounded_no_more_than_that(
    file: Path, tmp_path: Path
) -> None:
    small = halved(file, tmp_path / "small.tflite")
    assert tables(small) == [(schema.TensorType.FLOAT16, (COMPONENTS, SIZE))] * 2
    # Two tables of half the bytes, and a few operations that restore them.
    saved = file.stat().st_size - small.stat().st_size
    assert saved > 2 * 2 * COMPONENTS * SIZE - 1000
    random = np.random.RandomState(1)
    x, z = random.uniform(size=(5, 4, 4, 1)), random.normal(size=(5, SIZE))
    ours, theirs = open_artefact(small), open_artefact(file)
    rows = {"seed": np.arange(5), "index": np.arange(5)}
    for name, given in {
        "sample": rows,
        "elbo": {"x": x, "noise": z},
        "cluster": {"x": x},
        "sample_component": {**rows, "component": np.arange(5) * 50},
    }.items():
        for output, values in theirs.run(name, **given).items():
            np.testing.assert_allclose(ours.run(name, **given)[output], values, atol=2e-3)
    np.testing.assert_array_equal(
        ours.run("decode", z=z)["mean"], theirs.run("decode", z=z)["mean"]
    )


@pytest.mark.parametrize("integer", [False, True])
def test_float16_is_in_no_file_of_integers_throughout(
    integer: bool, vae: tfvae.VAE, file: Path, tmp_path: Path
) -> None:
    subject = prepare(vae, None, 1e-5)
    source = TFLiteFile(Path(shutil.copy(file, tmp_path)), "float32", None)
    given = given_to(subject.model, None, 64)
    (made,) = write_smaller(subject, [source], ["int8"], given, integer=integer)
    kind = schema.TensorType.FLOAT32 if integer else schema.TensorType.FLOAT16
    assert tables(made.path) == [(kind, (COMPONENTS, SIZE))] * 2


@pytest.mark.parametrize(
    ("values", "fits"),
    [
        (np.linspace(-3.0, 3.0, 2000), True),
        (np.append(np.linspace(-3.0, 3.0, 2000), 1e-9), True),
        (np.linspace(0.1, 3.0, 2000), True),
        (np.append(np.linspace(0.1, 3.0, 2000), 1e-6), False),
        (np.append(np.linspace(-3.0, 3.0, 2000), 1e5), False),
        (np.append(np.linspace(-3.0, 3.0, 2000), np.nan), False),
        (np.linspace(-3.0, 3.0, FEWEST_BYTES // 4 - 1), False),
    ],
)
def test_what_float16_cannot_hold_stays(values: np.ndarray, fits: bool) -> None:
    data = schema.BufferT(data=values.astype(np.float32).view(np.uint8))
    table = schema.TensorT(name=b"table", shape=[len(values)], buffer=1)
    graph = schema.SubGraphT(tensors=[table], operators=[], outputs=[])
    model = schema.ModelT(
        buffers=[schema.BufferT(), data],
        operatorCodes=[],
        signatureDefs=[schema.SignatureDefT(subgraphIndex=0)],
        subgraphs=[graph],
    )
    halve_tables(model)
    assert [tensor.type for tensor in graph.tensors] == (
        [schema.TensorType.FLOAT32, schema.TensorType.FLOAT16][: 1 + fits]
    )
    assert holds_data(model, table) is not fits
