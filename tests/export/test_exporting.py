"""The two public functions, from a model to files in their place."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import tfvae
from tests.export.models import SMALLEST, Erf, Shelf, build, images
from tfvae.export import ExportError, open_artefact, to_litert, to_saved_model
from tfvae.export.converting import ConversionError


@pytest.fixture
def vae() -> tfvae.VAE:
    return build(SMALLEST)


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_saved_model_comes_with_its_report(vae: tfvae.VAE, tmp_path: Path) -> None:
    report = tfvae.export.saved_model(vae, tmp_path / "new" / "saved", images(20))
    assert report.path == tmp_path / "new" / "saved"
    stored = json.loads((report.path / "assets.extra" / "parity.json").read_text())
    assert stored["passed"] and stored["rebuilt_from"] is None
    assert [row["endpoint"] for row in stored["rows"]] == [row.endpoint for row in report.rows]
    found = contents(report.path)
    assert found.pop("assets.extra/parity.json")
    assert {name: file["sha256"] for name, file in stored["files"].items()} == found
    # Nothing beside it, and a second export replaces it.
    assert [entry.name for entry in report.path.parent.iterdir()] == ["saved"]
    vae.decoder.weights[0].assign(2.0 * vae.decoder.weights[0])
    tfvae.export.saved_model(vae, report.path)
    found = open_artefact(report.path).run("sample", seed=[7] * 3, index=range(3))["mean"]
    np.testing.assert_allclose(found, vae.sample(3, seed=7), atol=1e-6)
    assert [entry.name for entry in report.path.parent.iterdir()] == ["saved"]


def test_a_tflite_file_of_a_half_precision_model(tmp_path: Path, capfd: Any) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    vae = build(SMALLEST)
    before = [weight.numpy() for weight in vae.variables]
    report = tfvae.export.litert(vae, tmp_path / "vae.tflite")
    assert sorted(contents(tmp_path)) == ["vae.parity.json", "vae.tflite"]
    stored = json.loads((tmp_path / "vae.parity.json").read_text())
    assert stored["rebuilt_from"] == "mixed_bfloat16" and stored["precision"] == "float32"
    assert stored["files"]["vae.tflite"]["sha256"] == contents(tmp_path)["vae.tflite"]
    assert report.path == tmp_path / "vae.tflite" and report.failures == ()
    # The original is as it was, and the artefact is near to it.
    assert keras.config.dtype_policy().name == vae.encoder.dtype_policy.name == "mixed_bfloat16"
    for old, weight in zip(before, vae.variables, strict=True):
        np.testing.assert_array_equal(old, weight.numpy())
    found = open_artefact(tmp_path / "vae.tflite").run("decode", z=np.ones([2, 3]))["mean"]
    np.testing.assert_allclose(found, vae.decode(np.ones([2, 3])).mean(), atol=0.02)
    written = capfd.readouterr()
    assert written.out + written.err == ""


def sabotage(module: Any, monkeypatch: pytest.MonkeyPatch, shelf: Shelf) -> None:
    """Lets an export write the artefact of another model."""
    if module is to_saved_model:
        monkeypatch.setattr(
            module, "write_saved_model", lambda _, made: shutil.copytree(shelf.saved_model, made)
        )
    else:
        monkeypatch.setattr(module, "write_saved_model", lambda *_: None)
        monkeypatch.setattr(
            module, "write_tflite", lambda _, __, made: shutil.copyfile(shelf.tflite, made)
        )


@pytest.mark.parametrize("module", [to_saved_model, to_litert])
def test_an_artefact_that_differs_is_not_written(
    module: Any, plain_shelf: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shelf = plain_shelf
    public: Callable = module.saved_model if module is to_saved_model else module.litert
    sabotage(module, monkeypatch, shelf)
    target = tmp_path / "new" / "vae.tflite"
    assert public(shelf.vae, target).failures == ()
    before = contents(tmp_path)
    weight = shelf.vae.decoder.weights[-1]
    value = weight.numpy()
    weight.assign(value + 0.1)
    try:
        with pytest.raises(ExportError, match="differs from the model: output `") as caught:
            public(shelf.vae, target)
        assert {row.output for row in caught.value.report.failures} >= {"mean", "elbo"}
        # The old artefact is as it was, and where there was none there is none.
        assert contents(tmp_path) == before
        with pytest.raises(ExportError, match="differs from the model"):
            public(shelf.vae, tmp_path / "other" / "vae.tflite")
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["new"]
    finally:
        weight.assign(value)


@pytest.mark.parametrize("export", ["saved_model", "litert"])
@pytest.mark.parametrize("tolerance", [0.0, -1.0, np.nan, np.inf, "1e-5", True])
def test_a_tolerance_is_a_number_above_zero(
    shelf: Shelf, export: str, tolerance: object, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match="`tolerance` must be a number above zero"):
        getattr(tfvae.export, export)(shelf.vae, tmp_path / "vae.tflite", tolerance=tolerance)
    assert contents(tmp_path) == {}


def test_a_model_that_cannot_be_exported_says_why(vae: tfvae.VAE, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="A tfvae.VAE can be exported, but a Dense was given"):
        tfvae.export.saved_model(keras.layers.Dense(3), tmp_path / "saved")
    weight = vae.decoder.weights[0]
    weight.assign(np.full(weight.shape, np.nan))
    with pytest.raises(ExportError, match=f"The weight {weight.path} has values"):
        tfvae.export.litert(vae, tmp_path / "vae.tflite")
    assert contents(tmp_path) == {}


def test_what_the_converter_says_of_missing_operations_is_read() -> None:
    log = (
        "error: 'tf.Erf' op is neither a custom op nor a flex op\n"
        "Some ops are not supported by the native TFLite runtime ... Flex ops: FlexErf, FlexQr\n"
    )
    assert ConversionError(log).lacking == ["Erf", "Qr"]
    assert ConversionError("Segmentation fault").lacking == []


@pytest.mark.parametrize("lacking", [True, False])
def test_a_failed_conversion_is_an_error_of_ours(
    vae: tfvae.VAE, lacking: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(jobs: object) -> None:
        raise ConversionError("'tf.Erf' op is neither" if lacking else "Aborted (core dumped)")

    monkeypatch.setattr(to_litert, "convert", fail)
    message = "no builtin operation.* Erf" if lacking else "wrote last: Aborted"
    with pytest.raises(ExportError, match=message):
        tfvae.export.litert(vae, tmp_path / "vae.tflite")
    assert contents(tmp_path) == {}


@pytest.mark.slow
def test_an_operation_that_litert_lacks_is_named(tmp_path: Path) -> None:
    vae = tfvae.VAE(
        keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(4), Erf()]),
        tfvae.decoders.MLP((4,)),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
    )
    with pytest.raises(ExportError, match="no builtin operation for .* Erf"):
        tfvae.export.litert(vae, tmp_path / "vae.tflite")
    assert contents(tmp_path) == {}
    assert tfvae.export.saved_model(vae, tmp_path / "saved").failures == ()
