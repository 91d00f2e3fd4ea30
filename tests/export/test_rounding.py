"""An artefact may be as far from its model as float32 is from the model, and no farther."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import tfvae
from tests.export.models import COVERING, Shelf, build, images
from tests.export.test_parity import ECHO, Echo, case
from tfvae.export import ExportError
from tfvae.export.endpoints import endpoints_of
from tfvae.export.parity import cases, compare, run
from tfvae.export.rounding import Rounding
from tfvae.export.subject import compared, prepare


@keras.saving.register_keras_serializable(package="tests")
class Cancelling(keras.Layer):
    """Adds a large number and takes it away again: what is left has few digits in float32."""

    def call(self, inputs: Any) -> Any:
        return (inputs + 1000.0) - 1000.0


@keras.saving.register_keras_serializable(package="tests")
class Single(keras.Layer):
    """Has a constant in float32, whatever the model computes in."""

    def call(self, inputs: Any) -> Any:
        return inputs * np.float32(2.0) + keras.ops.zeros([1], "float32")


def behind(layer: keras.Layer) -> tfvae.VAE:
    return tfvae.VAE(
        keras.Sequential([keras.layers.Flatten(), layer, keras.layers.Dense(8)]),
        tfvae.decoders.MLP((8,)),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
    )


def rounding_of(vae: tfvae.VAE) -> Rounding:
    return Rounding(vae, endpoints_of(vae), cases(vae))


@pytest.mark.parametrize("parts", COVERING, ids=str)
def test_every_endpoint_has_an_error_of_the_size_of_float32s(parts: Any) -> None:
    vae = build(parts)
    rounding = rounding_of(vae)
    given = cases(vae)[2].values
    for name, endpoint in endpoints_of(vae).items():
        for output, values in run(endpoint, given).items():
            error = rounding.error(name, output, "data")
            if np.issubdtype(values.dtype, np.floating):
                assert 0.0 < error < 1e-5, (name, output)
            else:
                assert error == 0.0, (name, output)


def test_digits_that_cancel_are_seen() -> None:
    rounding = rounding_of(behind(Cancelling()))
    assert rounding.error("encode", "loc", "data") > 1e-5
    assert rounding.error("decode", "mean", "data") < 1e-6


def test_a_model_that_float64_cannot_hold_has_no_error_to_tell() -> None:
    assert rounding_of(behind(Single())).error("encode", "loc", "data") == 0.0


def test_ten_times_the_error_of_float32_is_allowed_and_not_eleven() -> None:
    batches = [case([[1.0, 8.0]]), case([[2.0, 4.0]], "extremes")]

    def float32_error(endpoint: str, output: str, inputs: str) -> float:
        assert (endpoint, output, inputs) == ("echo", "y", "data")
        return 1e-3

    quiet = [batches[0]]
    (row,) = compare(ECHO, Echo(1.0099), quiet, 1e-5, float32_error).rows
    assert row.passed and (row.tolerance, row.float32_error) == (1e-2, 1e-3)
    with pytest.raises(ExportError, match=r"above the tolerance of 0.01\..*errs there by 1.0e-03"):
        compare(ECHO, Echo(1.011), quiet, 1e-5, float32_error)
    # What is equal is not asked about.
    assert compare(ECHO, Echo(), batches, 1e-5, float32_error).worst.float32_error is None


def test_a_lenient_kind_of_inputs_does_not_excuse_another() -> None:
    batches = [case([[1.0, 8.0]]), case([[2.0, 4.0]], "extremes")]
    with pytest.raises(ExportError, match="on extremes") as caught:
        compare(ECHO, Echo(1.001), batches, 1e-5, lambda e, o, kind: 0.1 * (kind == "data"))
    assert caught.value.report.worst.float32_error == 0.0


def test_a_sabotaged_weight_is_found_all_the_same(shelf: Shelf) -> None:
    subject = prepare(shelf.vae, images(17), 1e-5)
    weight = shelf.vae.decoder.weights[-1]
    value = weight.numpy()
    artefact = tfvae.export.open_artefact(shelf.tflite)
    assert compared(subject, artefact, 1e-5).failures == ()
    weight.assign(value + 1e-3)
    try:
        with pytest.raises(ExportError, match="tolerance of 1e-05.*in float32"):
            compared(subject, artefact, 1e-5)
    finally:
        weight.assign(value)


@pytest.mark.slow
def test_a_preset_whose_bound_cancels_can_be_exported(tmp_path: Path) -> None:
    vae = tfvae.VAE.from_preset("table_diamonds")
    report = tfvae.export.litert(vae, tmp_path / "vae.tflite")
    assert {row.endpoint for row in report.rows if row.float32_error} <= {"elbo", "anomaly_score"}
