"""The section on single cells: every figure from a file, and scores of latents as defined."""

from typing import Any

import numpy as np
import pytest

from benchmarks.against_scvi import scores
from benchmarks.tables import page
from benchmarks.tables.sections import cells
from tfvae.zoo import data

KEYS = list(cells.COLUMNS)


def run(seed: int, value: float) -> dict[str, Any]:
    return {
        "name": "nb",
        "seed": seed,
        "scores": {key: value for key in KEYS},
        "versions": {"scvi-tools": "1.2.3"},
    }


PRESET = {
    "name": "counts_pbmc",
    "data": {"train_examples": 558, "test_examples": 142},
    "baselines": {"Poisson": -875.25},
    "runs": [run(0, -1.0), run(1, -2.0)],
}


def test_both_sides_stand_in_one_table() -> None:
    text = page.markdown(counted={"nb": [run(0, -3.0)], "zinb": []}, preset=PRESET)
    assert "| Poisson, no latents | 875.25 |" in text
    assert "| scvi-tools, negative binomial | 3.00 | 3.00 | -3.000 | -3.000 |" in text
    assert "| `counts_pbmc` | 1.50 ± 0.71 | 1.50 ± 0.71 | -1.500 ± 0.707 |" in text
    assert "scvi-tools 1.2.3" in text and "zeros inflated" not in text


@pytest.mark.parametrize(("theirs", "ours"), [({"nb": [run(0, 1.0)]}, None), ({}, PRESET)])
def test_with_one_side_alone_there_is_no_section(theirs: Any, ours: Any) -> None:
    assert "Single cells" not in page.markdown(counted=theirs, preset=ours)


def test_latents_that_tell_kinds_apart_are_scored_so() -> None:
    labels = np.repeat(np.arange(3), 20)
    centres = 50.0 * np.eye(3)
    latents = centres[labels] + np.random.default_rng(0).normal(size=(60, 3))
    dataset = data.Dataset(
        "made", latents, labels, latents, labels, ("T", "B", "NK"), "MIT", "nobody", "folder", {}
    )
    each = np.arange(60.0)
    found = scores({"train": latents, "test": latents, "log_likelihood": each}, dataset, 0)
    assert found["log_likelihood"] == 29.5
    assert found["log_likelihood_standard_error"] == pytest.approx(each.std(ddof=1) / 60**0.5)
    others = {key: value for key, value in found.items() if not key.startswith("log")}
    assert others == pytest.approx(dict.fromkeys(others, 1.0)) and len(others) == 4
