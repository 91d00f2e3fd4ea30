"""The comparison finds what differs, and says where."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.export.models import EVENT, LATENT_SIZE, SMALL, Shelf, build, images
from tfvae.export import ExportError, open_artefact
from tfvae.export.endpoints import Endpoint, endpoints_of
from tfvae.export.parity import Case, cases, compare
from tfvae.export.report import ParityReport, Row
from tfvae.export.running import Artefact


class Echo(Artefact):
    """Stands for an artefact: returns its input times a factor."""

    def __init__(self, factor: float = 1.0, output: str = "y") -> None:
        super().__init__(Path("echo"), {"echo": {"x": ((None, 2), np.float32)}})
        self.factor, self.output = factor, output

    def _call(self, endpoint: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {self.output: np.float32(self.factor) * arrays["x"]}


ECHO = {"echo": Endpoint({"x": None}, lambda x: {"y": x})}


def case(values: list, inputs: str = "data", leniency: float = 1.0) -> Case:
    return Case(inputs, {"x": np.array(values, np.float32)}, leniency)


def test_the_difference_is_relative_to_the_largest_value_of_its_kind() -> None:
    batches = [case([[0.5, -2.0]]), case([[1.0, 8.0]]), case([[64.0, 0.0]], "extremes")]
    report = compare(ECHO, Echo(1.25), batches, 0.3)
    (row,) = report.rows
    assert (row.difference, row.count, report.worst) == (0.25, 6, row)
    assert (row.absolute, row.largest, row.inputs) == (2.0, 8.0, "data")


@pytest.mark.parametrize(
    ("factor", "leniency", "passes"),
    [(1.0, 1.0, True), (1.001, 1.0, False), (1.001, 1000.0, True), (np.nan, 1000.0, False)],
)
def test_far_out_more_is_allowed_but_no_overflow(
    factor: float, leniency: float, passes: bool
) -> None:
    batches = [case([[3.0, 4.0]], "far out", leniency)]
    if passes:
        assert compare(ECHO, Echo(factor), batches, 1e-5).failures == ()
        return
    with pytest.raises(ExportError, match="output `y` of `echo`.* on far out") as caught:
        compare(ECHO, Echo(factor), batches, 1e-5)
    assert caught.value.report.worst.inputs == "far out"


def test_a_model_that_is_not_finite_on_data_is_not_compared() -> None:
    with pytest.raises(ExportError, match="`y` of `echo` is not finite on data"):
        compare(ECHO, Echo(), [case([[np.nan, 1.0]])], 1e-5)


def test_where_model_and_artefact_overflow_alike_they_agree() -> None:
    batches = [case([[np.inf, 1.0]], "extremes")]
    assert compare(ECHO, Echo(), batches, 1e-5).worst.difference == 0.0


def test_an_output_under_another_name_is_found() -> None:
    with pytest.raises(ExportError, match=r"outputs of `echo` .*\['z'\], where .*\['y'\]"):
        compare(ECHO, Echo(output="z"), [case([[1.0, 2.0]])], 1e-5)


def test_an_endpoint_that_is_missing_is_found(shelf: Shelf) -> None:
    endpoints = endpoints_of(shelf.vae)
    del endpoints["cluster"]
    with pytest.raises(ExportError, match="endpoints of the artefact are .*cluster"):
        compare(endpoints, open_artefact(shelf.tflite), cases(shelf.vae), 1e-5)


@pytest.mark.parametrize(
    ("kind", "layer", "endpoint", "output"),
    [
        ("tflite", "encoder", "encode", "loc"),
        ("tflite", "decoder", "decode", "mean"),
        ("tflite", "prior", "cluster", "responsibilities"),
        ("saved_model", "decoder", "sample", "mean"),
    ],
)
def test_a_sabotaged_weight_is_found(
    shelf: Shelf, kind: str, layer: str, endpoint: str, output: str
) -> None:
    weight = getattr(shelf.vae, layer).weights[-1]
    value = weight.numpy()
    weight.assign(value + 0.01 * np.arange(value.size).reshape(value.shape))
    try:
        with pytest.raises(ExportError, match=r"above the tolerance of 1e-05") as caught:
            compare(
                endpoints_of(shelf.vae),
                open_artefact(getattr(shelf, kind)),
                cases(shelf.vae, images(17)),
                1e-5,
            )
    finally:
        weight.assign(value)
    assert (endpoint, output) in {(r.endpoint, r.output) for r in caught.value.report.failures}


def test_the_inputs_hold_real_data_and_extremes() -> None:
    vae = build(SMALL)
    x = images(40)
    made = cases(vae, x)
    real = [case.values for case in made if case.inputs == "data"]
    assert [len(values["x"]) for values in real] == [1, 5, 17]
    np.testing.assert_array_equal(real[2]["x"], x[:17])
    (extreme,) = [case.values for case in made if case.inputs == "extremes"]
    assert not extreme["x"][0].any() and extreme["x"][1].all()
    assert (extreme["noise"].min(), extreme["noise"].max()) == (-6.0, 6.0)
    limits = np.iinfo(np.int32)
    assert {limits.min, limits.max, -1, 0} <= set(extreme["seed"].tolist())
    (far,) = [case.values for case in made if case.inputs == "far out"]
    assert np.abs(vae.decode_parameters(far["z"])["logits"]).max() > 90.0
    for values in [*real, extreme, far]:
        assert values["z"].shape[1:] == values["noise"].shape[1:] == (LATENT_SIZE,)
        assert values["component"].max() < vae.latents.num_components


def test_without_data_the_model_draws_them() -> None:
    vae = build(SMALL)
    np.testing.assert_allclose(cases(vae)[2].values["x"], vae.sample(17, seed=0), atol=1e-6)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros([3, 5, 5, 1]), "examples of shape"),
        (np.full([3, *EVENT], 255.0), "from 0 to 1"),
        (np.full([3, *EVENT], np.nan), "not finite"),
        (np.zeros([0, *EVENT]), "`x` must be an array of examples"),
        (np.array(3.0), "`x` must be an array of examples"),
        (["a", "b"], "`x` must be an array of examples"),
    ],
)
def test_data_that_are_no_examples_are_refused(x: object, message: str) -> None:
    with pytest.raises(ExportError, match=message):
        cases(build(SMALL), x)


def test_examples_may_lack_the_axis_of_channels() -> None:
    vae, x = build(SMALL), images(17)
    np.testing.assert_array_equal(cases(vae, x[..., 0])[2].values["x"], x)


def test_a_report_prints_and_writes_what_failed(tmp_path: Path) -> None:
    good = Row("encode", "loc", 1e-7, 1e-5, 2e-7, 2.0, "data", 10)
    bad = Row("elbo", "elbo", 3e-4, 1e-5, 3e-2, 100.0, "extremes", 5)
    report = ParityReport((good, bad), 1e-5, {"artefact": "TFLite"})
    assert (report.failures, report.worst) == ((bad,), bad)
    lines = str(report).splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["encode", "loc"], ["elbo", "elbo"]]
    assert "above 1e-05" in lines[2] and "above" not in lines[1]
    report.write(tmp_path / "made" / "parity.json")
    stored = json.loads((tmp_path / "made" / "parity.json").read_text())
    assert stored["artefact"] == "TFLite" and not stored["passed"]
    assert [row["passed"] for row in stored["rows"]] == [True, False]
