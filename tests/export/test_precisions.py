"""Each precision: near to the model, small, and in integers only where that does no harm."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

import tfvae
from tests.export.bundles import Made
from tfvae.export import ExportError, open_artefact
from tfvae.export.endpoints import endpoints_of
from tfvae.export.evidence import check_elbo, chimeras
from tfvae.export.given import given_to
from tfvae.export.litert_files import TFLiteFile, file_name, write_smaller
from tfvae.export.marking import BETWEEN, WEIGHTED, mark, weight_groups
from tfvae.export.precisions import NATS, PRECISIONS
from tfvae.export.quantising import Job, QuantisingError, quantise
from tfvae.export.subject import prepare
from tfvae.export.tflite_file import (
    compact,
    holds_data,
    operators,
    read_tflite,
    restore_outputs,
    store_tflite,
)

TYPES = schema.TensorType
BATCHES = [None, 1]
WEIGHTS = {"float32": TYPES.FLOAT32, "float16": TYPES.FLOAT16, "int8-weights": TYPES.INT8}
WEIGHTS["int8"] = TYPES.INT8


def entry(made: Made, precision: str, batch: int | None) -> Any:
    name = file_name(precision, batch)
    return next(one for one in made.report.artefacts if one["path"] == name)


def kernels(made: Made, precision: str, batch: int | None) -> Iterator[Any]:
    """The constants of the size of the networks' weights."""
    model = read_tflite(made.folder / file_name(precision, batch))
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            if holds_data(model, tensor) and np.prod(tensor.shape) >= 4 * 96:
                yield tensor


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_every_output_is_that_of_the_model(made: Made, precision: str, batch: int | None) -> None:
    limit = {"float32": 1e-5, "float16": 1e-2}[precision]
    differences = {one["output"]: one for one in entry(made, precision, batch)["differences"]}
    assert differences and all(one["relative"] <= limit for one in differences.values())
    if precision == "float16":
        assert differences["loc"]["relative"] > 1e-5


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize(("precision", "limit"), [("int8-weights", 0.5), ("int8", 2.0)])
def test_integers_cost_less_than_their_limit(
    made: Made, precision: str, limit: float, batch: int | None
) -> None:
    found = entry(made, precision, batch)
    quality = found["quality"]
    elbo = made.vae.elbo(made.x, num_samples=8).mean()
    assert quality["elbo"]["model"] == pytest.approx(elbo, abs=0.3)
    assert 0.0 < abs(quality["elbo"]["artefact"] - quality["elbo"]["model"]) < limit
    assert quality["cluster_agreement"] > 0.95
    assert quality["anomaly_auroc"]["artefact"] == pytest.approx(
        quality["anomaly_auroc"]["model"], abs=0.02
    )
    assert (
        quality["reconstruction_error"]["artefact"] < 1.1 * quality["reconstruction_error"]["model"]
    )
    # The component is drawn by the same integers: a draw from another would be far off.
    assert quality["sample_difference"] < 0.05
    for key in ("sample_density", "sample_coverage"):
        assert quality[key]["artefact"] == pytest.approx(quality[key]["model"], abs=0.02)
    held = entry(made, "float32", batch)["quality"]["sample_coverage"]
    assert 0.0 < held["model"] <= 1.0 and held["artefact"] == held["model"]


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("precision", list(WEIGHTS))
def test_every_weight_is_in_its_precision_and_there_once(
    made: Made, precision: str, batch: int | None
) -> None:
    found = list(kernels(made, precision, batch))
    assert {tensor.type for tensor in found} == {WEIGHTS[precision]}
    # Encoder 64 x 192, heads 96 x 4 twice, decoder 4 x 192, head 96 x 64: used by many signatures.
    sizes = {tensor.buffer: int(np.prod(tensor.shape)) for tensor in found}
    assert sorted(sizes.values()) == [384, 384, 768, 6144, 12288]
    assert len(found) > 3 * len(sizes)


def test_a_smaller_precision_is_a_smaller_file(made: Made) -> None:
    sizes = {name: entry(made, name, None)["bytes"] for name in WEIGHTS}
    assert sizes["int8-weights"] < sizes["float16"] < sizes["float32"]
    for name, size in sizes.items():
        assert size == (made.folder / file_name(name, None)).stat().st_size


def test_densities_and_random_numbers_stay_as_they_are(made: Made) -> None:
    model = read_tflite(made.folder / "model_int8.tflite")
    graphs = {one.signatureKey.decode(): one.subgraphIndex for one in model.signatureDefs}
    eight = {TYPES.INT8, TYPES.UINT8, TYPES.INT16}
    for graph, operator, name in operators(model):
        tensors = [graph.tensors[number] for number in (*operator.inputs, *operator.outputs)]
        if name in ("LOG", "EXP", "SUM", "SQUARE", "COS", "SIN", "BITWISE_XOR", "RIGHT_SHIFT"):
            assert not {tensor.type for tensor in tensors} & eight
    products = [
        graph.tensors[operator.outputs[0]].type
        for graph, operator, name in operators(model)
        if name == "FULLY_CONNECTED" and graph is model.subgraphs[graphs["decode"]]
    ]
    assert products == [TYPES.INT8] * 2
    assert not {one.type for one in model.subgraphs[graphs["elbo"]].tensors} <= eight


@pytest.mark.parametrize("precision", list(WEIGHTS))
def test_a_file_for_batches_of_one_has_no_other(made: Made, precision: str) -> None:
    path = made.folder / file_name(precision, 1)
    interpreter = Interpreter(str(path))
    for name in interpreter.get_signature_list():
        runner = interpreter.get_signature_runner(name)
        for one in (*runner.get_input_details().values(), *runner.get_output_details().values()):
            assert one["shape_signature"][0] == 1
    # It is run row by row.
    z = np.random.default_rng(0).normal(size=(3, 4))
    means = open_artefact(path).run("decode", z=z)["mean"]
    whole = open_artefact(made.folder / file_name(precision, None)).run("decode", z=z)["mean"]
    np.testing.assert_allclose(means, whole, atol=0.1 if "int8" in precision else 1e-5)


def test_inputs_and_outputs_may_be_integers_too(made: Made, tmp_path: Path) -> None:
    source = shutil.copy(made.folder / "model_float32.tflite", tmp_path)
    subject = prepare(made.vae, made.x, 1e-5)
    given = given_to(subject.model, made.x, 100)
    sources = [TFLiteFile(Path(source), "float32", None)]
    (file,) = write_smaller(subject, sources, ["int8"], given, integer=True)
    runner = Interpreter(str(file.path)).get_signature_runner
    types = {
        name: {
            key: one["dtype"]
            for side in (runner(name).get_input_details(), runner(name).get_output_details())
            for key, one in side.items()
        }
        for name in ("decode", "elbo", "sample")
    }
    assert types["decode"] == {"z": np.int8, "mean": np.int8}
    # One number an example has more than 256 values.
    assert types["elbo"] == {"x": np.int8, "noise": np.int8, "elbo": np.float32}
    assert types["sample"] == {"seed": np.int32, "index": np.int32, "mean": np.int8}
    artefact = open_artefact(file.path)
    assert artefact.inputs["decode"]["z"] == ((None, 4), np.float32)
    scale, zero = artefact.quantisation()["decode"]["inputs"]["z"]
    assert scale > 0.0 and -128 <= zero <= 127
    z = given["z"][:20]
    found = artefact.run("decode", z=z)["mean"]
    assert np.abs(found - made.vae.decode(z).mean()).mean() < 0.02


def test_only_networks_are_marked(made: Made) -> None:
    model = read_tflite(made.folder / "model_float32.tflite")
    names = (made.vae.encoder.name, made.vae.decoder.name)
    heads = (made.vae.latents.name, made.vae.likelihood.name)
    products = mark(model, names, heads)
    total = sum(name == "FULLY_CONNECTED" for _, _, name in operators(model))
    marked: dict[str, set[str]] = {WEIGHTED: set(), BETWEEN: set()}
    for graph, operator, name in operators(model):
        for number in operator.outputs:
            text = graph.tensors[number].name.decode()
            for prefix, found in marked.items():
                if text.startswith(prefix):
                    found.add(name)
    assert marked[WEIGHTED] == {"FULLY_CONNECTED"}
    assert marked[BETWEEN] == {"LOGISTIC", "MUL", "RESHAPE", "SPLIT"}
    assert 0 < products <= total
    every = [tensor.name for graph in model.subgraphs for tensor in graph.tensors]
    assert len(set(every)) == len(every)
    groups = weight_groups(model).values()
    assert max(map(len, groups)) > 3
    # A network of another name has none.
    assert mark(read_tflite(made.folder / "model_float32.tflite"), ["other"], ["none"]) == 0


def test_what_is_made_smaller_computes_the_same(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "compact.tflite"
    model = read_tflite(made.folder / "model_float32.tflite")
    compact(model)
    store_tflite(model, path)
    assert path.stat().st_size < (made.folder / "model_float32.tflite").stat().st_size
    ours, theirs = (open_artefact(each) for each in (made.folder / "model_float32.tflite", path))
    for call in (("sample", {"seed": [3, 4], "index": [0, 1]}), ("decode", {"z": np.ones([2, 4])})):
        np.testing.assert_array_equal(
            ours.run(call[0], **call[1])["mean"], theirs.run(call[0], **call[1])["mean"]
        )
    content = path.read_bytes()
    for buffer in schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0)).buffers:
        if buffer.data is not None and len(buffer.data) > 64:
            assert content.find(bytes(buffer.data)) % 16 == 0


def test_outputs_of_a_graph_are_those_that_its_signature_names() -> None:
    def signature(graph: int, *numbers: int) -> schema.SignatureDefT:
        outputs = [schema.TensorMapT(tensorIndex=number) for number in numbers]
        return schema.SignatureDefT(subgraphIndex=graph, outputs=outputs)

    graphs = [schema.SubGraphT(outputs=outputs) for outputs in ([7, 5, 6], [2, 3])]
    signatures = [signature(1, 3, 2), signature(0, 6, 1, 7)]
    model = schema.ModelT(subgraphs=graphs, signatureDefs=signatures)
    restore_outputs(model)
    assert [list(graph.outputs) for graph in graphs] == [[7, 1, 6], [2, 3]]


def test_a_quantiser_that_fails_says_what_it_wrote(tmp_path: Path) -> None:
    (tmp_path / "vae.tflite").write_bytes(b"no model")
    job = Job(str(tmp_path / "vae.tflite"), str(tmp_path / "small.tflite"), "float16", [])
    with pytest.raises(QuantisingError, match=r"\w+"):
        quantise([job])
    assert not (tmp_path / "small.tflite").exists()


@pytest.mark.parametrize(("difference", "fails"), [(0.4, False), (0.6, True), (np.nan, True)])
def test_a_file_above_its_limit_in_nats_is_refused(difference: float, fails: bool) -> None:
    quality = {"elbo": {"model": -80.0, "artefact": -80.0 - difference}}
    if not fails:
        check_elbo(quality, "int8-weights", 0.5, "model.tflite")
        return
    with pytest.raises(ExportError, match=r"model.tflite differs.*`elbo`.*limit of 0.5"):
        check_elbo(quality, "int8-weights", 0.5, "model.tflite")


def test_a_chimera_has_the_values_of_two() -> None:
    x = np.arange(24.0).reshape(2, 3, 4, 1)
    found = chimeras(x)
    np.testing.assert_array_equal(found[0].ravel()[:6], x[0].ravel()[:6])
    np.testing.assert_array_equal(found[0].ravel()[6:], x[1].ravel()[6:])


@pytest.mark.slow
def test_normalisation_and_convolutions_stay_near(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((200, 8, 8, 1)).astype(np.float32)
    encoder = keras.Sequential(
        [
            keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(32),
            keras.layers.LayerNormalization(),
            keras.layers.Activation("gelu"),
        ]
    )
    vae = tfvae.VAE(
        encoder,
        tfvae.decoders.Conv((8, 8), (8,), dense=16),
        posterior=tfvae.families.FullNormal(3),
        likelihood=tfvae.families.Normal((8, 8, 1), 0.5),
    )
    vae.compile("adam")
    vae.fit(x, epochs=3, verbose=0)
    report = tfvae.export.bundle(
        vae, tmp_path / "dist", x, to="litert", batch="static", measure=False
    )
    assert [one["precision"] for one in report.artefacts] == list(WEIGHTS)
    costs = [
        abs(one["quality"]["elbo"]["artefact"] - one["quality"]["elbo"]["model"])
        for one in report.artefacts
    ]
    assert costs[0] < 1e-3 and costs[3] < 2.0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cluster_mnist", "gmvae_mnist", "gmvae_fashion_mnist"])
def test_the_presets_keep_what_the_table_of_precisions_promises(name: str, tmp_path: Path) -> None:
    vae = tfvae.VAE.from_preset(name)
    report = tfvae.export.bundle(vae, tmp_path / "dist", to="litert", measure=False)
    sizes = {(one["precision"], one["batch"]): one["bytes"] for one in report.artefacts}
    for batch in BATCHES:
        assert sizes["int8", batch] <= 0.28 * sizes["float32", batch]
        assert sizes["int8-weights", batch] <= 0.28 * sizes["float32", batch]
        assert sizes["float16", batch] <= 0.51 * sizes["float32", batch]
    for one in report.artefacts:
        elbo, unit = one["quality"]["elbo"], PRECISIONS[one["precision"]].unit
        limit = PRECISIONS[one["precision"]].limit if unit == NATS else 0.01
        assert abs(elbo["artefact"] - elbo["model"]) < limit
        assert one["quality"]["cluster_agreement"] > 0.95
        assert {row["endpoint"] for row in one["differences"]} == set(endpoints_of(vae))


@pytest.mark.slow
def test_an_output_that_integers_read_is_kept(tmp_path: Path) -> None:
    """The lower level's features are an output, and here they are the pixels that a layer reads."""
    vae = tfvae.models.HVAE(
        keras.layers.Flatten(),
        tfvae.decoders.GatedJoin((3,), 8),
        tfvae.families.Bernoulli((4, 4, 1)),
        latent_sizes=(3, 2),
        units=8,
    )
    x = np.random.RandomState(0).randint(0, 2, (64, 4, 4, 1)).astype("float32")
    tfvae.export.bundle(vae, tmp_path / "d", x, "litert", ["int8"], batch="static", measure=False)
    found = open_artefact(tmp_path / "d" / file_name("int8", 1)).run("encode", x=x)
    assert any(np.array_equal(values, x.reshape(64, -1)) for values in found.values())


@pytest.mark.slow
@pytest.mark.parametrize("batch", ["dynamic", "static"])
def test_the_steps_of_a_loop_have_small_weights_too(batch: str, tmp_path: Path) -> None:
    vae = tfvae.models.SentenceVAE(
        keras.Sequential([keras.layers.Embedding(6, 4), keras.layers.Flatten()]),
        tfvae.decoders.MLP((16,)),
        tfvae.families.DiagonalNormal(2),
        length=7,
        num_classes=6,
        units=16,
        network=keras.layers.GRU(32, return_sequences=True),
    )
    x = np.random.RandomState(0).randint(0, 6, (64, 7)).astype("float32")
    report = tfvae.export.bundle(
        vae, tmp_path / "d", x, "litert", ["float32", "int8"], batch=batch, measure=False
    )
    model = read_tflite(tmp_path / "d" / file_name("int8", report.artefacts[0]["batch"]))
    signatures = {one.subgraphIndex for one in model.signatureDefs}
    kinds = set()
    for graph in (one for n, one in enumerate(model.subgraphs) if n not in signatures):
        for tensor in graph.tensors:
            if holds_data(model, tensor) and np.prod(tensor.shape) >= 16 * 32:
                kinds.add(tensor.type)
    assert kinds == {TYPES.INT8}
