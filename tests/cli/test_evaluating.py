"""`tfvae evaluate`: a table or JSON, files where asked for, and one line of what is wrong."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tfvae
from tfvae_cli.main import app

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    vae = tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=tfvae.families.DiagonalNormal(2),
        prior=tfvae.priors.MixtureOfGaussians(3),
        likelihood=tfvae.families.Bernoulli((8, 8, 1)),
    )
    path = tmp_path_factory.mktemp("model") / "small.keras"
    vae.save(path)
    return str(path)


def test_json_is_all_that_is_printed(model: str, tmp_path: Path) -> None:
    arguments = ["evaluate", model, "--data", "digits", "--limit", "40", "--num-samples", "100"]
    result = RUNNER.invoke(app, [*arguments, "-o", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["about"]["num_examples"] == 40
    assert found["scores"]["evidence"]["binarization_seed"] == 777
    assert json.loads((tmp_path / "report.json").read_text()) == found
    assert (tmp_path / "sheet.png").exists()


def test_an_unknown_data_set_is_named(model: str) -> None:
    result = RUNNER.invoke(app, ["evaluate", model, "--data", "digit"])
    assert result.exit_code == 1
    assert "Did you mean 'digits'?" in str(result.exception)


def test_too_few_samples_are_told_in_a_line(model: str) -> None:
    arguments = ["evaluate", model, "--data", "digits", "--limit", "30", "--num-samples", "10"]
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "30 test examples of digits" in result.stdout
    assert "samples: left out, needs `network`" in result.stdout
    lines = [line for line in result.stderr.splitlines() if line.startswith("tfvae: For ")]
    assert len(lines) <= 1 and "importance.py" not in result.stderr
