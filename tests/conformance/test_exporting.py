"""Every variant as an artefact: the export itself raises where one differs from its model."""

import pytest

import tfvae
from tests.conformance.conftest import every


@pytest.mark.slow
@every
def test_a_saved_model_is_equal_to_its_model(name, trained, tmp_path):
    run = trained(name)
    assert not tfvae.export.saved_model(run.vae, tmp_path / "saved", x=run.x).failures


@pytest.mark.slow
@every
def test_a_tflite_file_is_equal_to_its_model(name, trained, tmp_path):
    run = trained(name)
    assert not tfvae.export.litert(run.vae, tmp_path / "vae.tflite", x=run.x).failures
