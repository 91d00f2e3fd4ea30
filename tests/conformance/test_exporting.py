"""Every variant as an artefact: the export itself raises where one differs from its model."""

import pytest

import tfvae
from tests.conformance.conftest import every, told
from tests.conformance.variants import NOT_EXPORTED
from tfvae.export.endpoints import endpoints_of


def export_or_refusal(name, kind, vae, export):
    """Exports, unless the table says why not: then what it says is what the error says."""
    reason = NOT_EXPORTED.get(name, {}).get(kind)
    if reason is None:
        report = export()
        assert not report.failures
        assert {row.endpoint for row in report.rows} == set(endpoints_of(vae))
        return
    with pytest.raises(tfvae.export.ExportError, match=reason):
        export()


@pytest.mark.slow
@every
def test_a_saved_model_is_equal_to_its_model(name, trained, tmp_path):
    run = trained(name)
    export_or_refusal(
        name,
        "saved_model",
        run.vae,
        lambda: tfvae.export.saved_model(run.vae, tmp_path / "saved", x=told(run.x)[0]),
    )


@pytest.mark.slow
@every
def test_a_tflite_file_is_equal_to_its_model(name, trained, tmp_path):
    run = trained(name)
    export_or_refusal(
        name,
        "litert",
        run.vae,
        lambda: tfvae.export.litert(run.vae, tmp_path / "vae.tflite", x=told(run.x)[0]),
    )
