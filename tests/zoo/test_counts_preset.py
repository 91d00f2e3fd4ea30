"""The preset of blood cells: what it gave when it was made, and what it gives when exported."""

from pathlib import Path

import numpy as np
import pytest

import tfvae
from tfvae.export.endpoints import endpoints_of
from tfvae.zoo import DataError, data
from tfvae.zoo.publishing import verify
from tfvae.zoo.tasks.counts import with_library_size

NAME = "counts_pbmc"
# What it gave for `cells()`, and its first rates, when it was made.
ELBOS = [-1312.732, -1372.453, -1218.329]
CLUSTERS = [7, 7, 7]
SAMPLES = [[0.83239, 0.0087863, 0.39802], [0.91802, 0.015078, 0.3869]]


@pytest.fixture(scope="module")
def vae() -> tfvae.VAE:
    return tfvae.VAE.from_preset(NAME)


def cells() -> dict[str, np.ndarray]:
    """Three cells that no one has seen."""
    rates = np.linspace(0.0, 2.0, 765)
    return with_library_size(np.random.RandomState(0).poisson(rates, (3, 765)).astype(np.float32))


def test_it_gives_what_it_gave(vae: tfvae.VAE) -> None:
    x = cells()
    np.testing.assert_allclose(vae.elbo(x), ELBOS, rtol=1e-4)
    assert vae.cluster(x).tolist() == CLUSTERS
    np.testing.assert_allclose(vae.sample(2, component=0, seed=7)[:, :3], SAMPLES, rtol=1e-3)


def test_rates_sum_to_the_library_size(vae: tfvae.VAE) -> None:
    drawn = vae.sample(4, seed=1, library_size=np.float32([10.0, 20.0, 500.0, 1e4]))
    np.testing.assert_allclose(drawn.sum(axis=1), [10.0, 20.0, 500.0, 1e4], rtol=1e-4)


def test_its_metadata_name_the_genes_and_what_it_beats() -> None:
    about = tfvae.zoo.info(NAME)
    assert len(about["genes"]) == 765 and "CD79A" in about["genes"]
    for run in about["runs"]:
        assert run["scores"]["log_likelihood"] > max(about["baselines"].values())
    assert sum(entry["size"] for entry in about["files"].values()) < 10e6


@pytest.mark.slow
def test_its_card_is_verified() -> None:
    try:
        data.load("pbmc68k_reduced")
    except DataError as error:
        pytest.skip(str(error))
    lines: list[str] = []
    assert verify(NAME, lines.append), lines


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["saved_model", "litert"])
def test_it_exports_to_files_that_equal_it(vae: tfvae.VAE, kind: str, tmp_path: Path) -> None:
    export = getattr(tfvae.export, kind)
    report = export(vae, tmp_path / ("vae.tflite" if kind == "litert" else "saved"), x=cells())
    assert not report.failures
    assert {row.endpoint for row in report.rows} == set(endpoints_of(vae))
