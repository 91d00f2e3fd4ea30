"""The report: its figures are those of the functions that it names, and what is missing is told."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfvae
from tfvae import evaluate

COUNT = 60


def images(count: int = COUNT, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two classes of binary images, told apart by their brightness."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    share = 0.2 + 0.6 * labels[:, None, None, None]
    return (generator.uniform(size=[count, 4, 4, 1]) < share).astype("float32"), labels


def model(**arguments: Any) -> tfvae.VAE:
    return tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        **arguments,
    )


@pytest.fixture(scope="module")
def whole() -> tuple[tfvae.VAE, evaluate.Report]:
    vae = model(prior=tfvae.priors.MixtureOfGaussians(3, seed=1))
    x, labels = images()
    x_train, labels_train = images(80, seed=1)
    return vae, evaluate.report(
        vae,
        x,
        labels,
        x_train=x_train,
        labels_train=labels_train,
        num_samples=2000,
        seed=4,
        progress=False,
    )


def test_figures_are_those_of_the_functions(whole: Any) -> None:
    vae, found = whole
    x, labels = images()
    assert found.scores["evidence"] == evaluate.evidence(vae, x, 2000, seed=4)
    agreement = evaluate.clustering(labels, vae.cluster(x))
    assert found.scores["clustering"]["accuracy"] == agreement.accuracy
    assert found.scores["components"]["in_use"] == evaluate.component_usage(vae, x).count
    error = evaluate.reconstruction_error(x, vae.reconstruct(x))
    assert found.scores["reconstruction"]["squared_error"] == pytest.approx(error)
    assert found.scores["representation"]["linear on pixels, 20 labels"] > 0.8
    assert found.about["num_examples"] == COUNT
    assert found.left_out == {"samples": "needs `network`"}


def test_what_a_model_lacks_is_left_out_and_said() -> None:
    found = evaluate.report(model(), images()[0], num_samples=5, progress=False)
    assert found.left_out["clustering"] == "needs `components` and `labels`"
    assert found.left_out["representation"].count("`") == 6
    assert set(found.scores) == {"evidence", "gaps", "latent space", "reconstruction"}


def test_it_is_written_whole_as_json_and_a_picture(whole: Any, tmp_path: Path) -> None:
    _, found = whole
    found.save(tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "report.json",
        "sheet.png",
    ]
    read = json.loads((tmp_path / "new" / "report.json").read_text())
    assert read["scores"]["evidence"]["elbo"] == found.scores["evidence"]["elbo"]
    assert (tmp_path / "new" / "sheet.png").read_bytes().startswith(b"\x89PNG")


def test_every_number_of_it_can_be_read(whole: Any) -> None:
    _, found = whole
    rows = {(part, name): value for part, name, value in found.rows()}
    elbo = found.scores["evidence"]["elbo"]
    assert rows["evidence", "elbo"].startswith(f"{elbo:.4g} ± ")
    assert "evidence: elbo" in str(found) and "samples: needs `network`" in str(found)


def test_data_that_do_not_fit_are_an_error() -> None:
    with pytest.raises(ValueError, match="divide by 255"):
        evaluate.report(model(), 255.0 * images()[0], progress=False)
    with pytest.raises(ValueError, match="`num_samples`"):
        evaluate.report(model(), images()[0], num_samples=0, progress=False)
