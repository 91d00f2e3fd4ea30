"""Models of the zoo that are of no images go to servers and phones, equal to themselves."""

from pathlib import Path

import numpy as np
import pytest

import tfvae
from tfvae.export.endpoints import endpoints_of
from tfvae.zoo.recipe import find

NAMES = ("series_japanese_vowels", "table_diamonds")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["saved_model", "litert"])
def test_models_of_other_data_export(name: str, kind: str, tmp_path: Path) -> None:
    vae = find(name).build(1)
    x = vae.sample(16, seed=0)
    export = {"saved_model": tfvae.export.saved_model, "litert": tfvae.export.litert}[kind]
    report = export(vae, tmp_path / ("saved" if kind == "saved_model" else "vae.tflite"), x=x)
    assert not report.failures
    assert {row.endpoint for row in report.rows} == set(endpoints_of(vae))


@pytest.mark.slow
def test_a_phone_fills_in_the_holes_of_a_row(tmp_path: Path) -> None:
    vae = find("table_diamonds").build(1)
    x = vae.sample(4, seed=0)
    tfvae.export.litert(vae, tmp_path / "vae.tflite", x=x)
    artefact = tfvae.export.open_artefact(tmp_path / "vae.tflite")
    holes = x.copy()
    holes[:, 3] = np.nan
    (spec,) = vae.latents.noise().values()
    noise = np.zeros([4, *spec.shape], np.float32)
    given = {"x": holes, "mask": (~np.isnan(holes)).astype(np.float32), "noise": noise}
    filled = artefact.run("impute", **given)["x"]
    np.testing.assert_array_equal(filled[~np.isnan(holes)], x[~np.isnan(holes)])
    assert np.isfinite(filled).all()
