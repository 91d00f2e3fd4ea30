"""`tfvae score` with the thresholds that a preset brings."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfvae as library

KNOWN = {"method": "distortion", "num_samples": 16, "thresholds": {"0.05": 30.0, "0.1": 20.0}}
X = np.random.RandomState(0).binomial(1, 0.5, (9, 4, 4, 1)).astype("float32")


def small() -> Any:
    return library.VAE(
        library.encoders.MLP((8,)),
        library.decoders.MLP((8,)),
        posterior=library.families.DiagonalNormal(2),
        likelihood=library.families.Bernoulli((4, 4, 1)),
    )


@pytest.fixture
def given(tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """Writes a preset that knows thresholds of its distortion, around its own, and images."""

    def write(**changed: Any) -> tuple[str, str]:
        vae, path = small(), tmp_path / "x.npy"
        scores = library.evaluate.outlier_scores(vae, X, scores=("distortion",))["distortion"]
        middle = float(np.median(scores))
        thresholds = {"0.05": middle, "0.1": middle - 1.0}
        known = {**KNOWN, "thresholds": thresholds, **changed}
        vae.save_to_preset(tmp_path / "mine", {"outlier_score": known})
        np.save(path, X)
        return str(tmp_path / "mine"), str(path)

    return write


def test_the_presets_score_and_threshold_are_taken(
    tfvae: Callable[..., Any], given: Callable[..., tuple[str, str]]
) -> None:
    found = json.loads(tfvae("score", *given(), "--json").out)
    assert found["method"] == "distortion"
    outliers = [row["outlier"] for row in found["scores"]]
    assert outliers == [row["score"] > found["threshold"] for row in found["scores"]]
    assert sum(outliers) == 4
    said = tfvae("score", *given()).out
    assert "the images held out in training lie above" in " ".join(said.split())


def test_another_rate_is_another_threshold(
    tfvae: Callable[..., Any], given: Callable[..., tuple[str, str]]
) -> None:
    model, data = given()
    strict, loose = (
        json.loads(tfvae("score", model, data, "--json", "--false-positive-rate", rate).out)
        for rate in ("0.05", "0.1")
    )
    assert loose["threshold"] == pytest.approx(strict["threshold"] - 1.0)
    answer = tfvae("score", model, data, "--false-positive-rate", "0.03")
    assert answer.code == 1
    assert "thresholds for false-positive rates of 0.05, 0.1" in " ".join(answer.err.split())


@pytest.mark.parametrize(
    "options", [("--method", "rate"), ("--num-samples", "17"), ("--reference", "x")]
)
def test_thresholds_hold_for_what_they_were_computed_of_alone(
    tfvae: Callable[..., Any], given: Callable[..., tuple[str, str]], options: tuple[str, ...]
) -> None:
    model, data = given()
    options = tuple(data if option == "x" else option for option in options)
    found = json.loads(tfvae("score", model, data, "--json", *options).out)
    known = library.zoo.info(model)["outlier_score"]["thresholds"]["0.05"]
    assert found["threshold"] != known
    assert (found["threshold"] is None) == (options[0] != "--reference")


@pytest.mark.parametrize("broken", [{"thresholds": [1.0]}, {"num_samples": None}, {"method": 3}])
def test_what_cannot_be_read_is_said(
    tfvae: Callable[..., Any], given: Callable[..., tuple[str, str]], broken: dict[str, Any]
) -> None:
    answer = tfvae("score", *given(**broken))
    assert answer.code == 1
    assert "Traceback" not in answer.err
