"""Artefacts whose batch has one size."""

from pathlib import Path

import numpy as np

from tests.export.models import SMALL, build, images
from tfvae.export import open_artefact
from tfvae.export.endpoints import endpoints_of, fixed_batch
from tfvae.export.to_litert import write_tflite
from tfvae.export.to_saved_model import write_saved_model


def test_a_file_of_one_batch_size_has_the_same_signatures_and_values(tmp_path: Path) -> None:
    vae = build(SMALL)
    endpoints = fixed_batch(endpoints_of(vae), 2)
    write_saved_model(endpoints, tmp_path / "saved")
    write_tflite(tmp_path / "saved", list(endpoints), tmp_path / "vae.tflite")
    artefact = open_artefact(tmp_path / "vae.tflite")
    assert set(artefact.endpoints) == set(endpoints_of(vae))
    shapes = [shape for inputs in artefact.inputs.values() for shape, _ in inputs.values()]
    assert {shape[0] for shape in shapes} == {2}
    x = images(2)
    found = artefact.run("cluster", x=x)["responsibilities"]
    np.testing.assert_allclose(found, vae.responsibilities(x), atol=1e-5)
    found = artefact.run("sample", seed=[7, 7], index=[0, 1])["mean"]
    np.testing.assert_allclose(found, vae.sample(2, seed=7), atol=1e-5)
