"""The demo from end to end, on tiny settings, and what it leaves behind."""

import contextlib
import io
import json
import re
import struct
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

import tfvae
from tfvae import evaluate
from tfvae_cli import artefacts, digits, standalone
from tfvae_cli.artefacts import Artefact
from tfvae_cli.demo import Settings, run
from tfvae_cli.digits import Schedule
from tfvae_cli.errors import DemoError
from tfvae_cli.journey import ITINERARY

PNG = b"\x89PNG\r\n\x1a\n"
SAMPLES = 5


class Trip(NamedTuple):
    """One run of the demo: its folder, what it printed, its figures and its page."""

    folder: Path
    printed: str
    figures: dict[str, Any]
    page: str


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> Trip:
    folder = tmp_path_factory.mktemp("demo") / "left"
    preset = Path(tmp_path_factory.mktemp("zoo")) / "small"
    keras.utils.set_random_seed(0)
    tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=tfvae.families.DiagonalNormal(2),
        prior=tfvae.priors.MixtureOfGaussians(3),
        likelihood=tfvae.families.Bernoulli((8, 8, 1)),
    ).save_to_preset(preset)
    schedule = Schedule(passes=4, warmup_epochs=3, epochs=4)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        report = run(folder, 0, Settings(preset, SAMPLES, schedule))
    assert report == folder / "report.html"
    figures = json.loads((folder / "figures.json").read_text())
    return Trip(folder, printed.getvalue(), figures, report.read_text())


@pytest.fixture(scope="module")
def vae(trip: Trip) -> tfvae.VAE:
    return keras.saving.load_model(trip.folder / "digits.keras")


def by_name(trip: Trip) -> dict[str, dict[str, Any]]:
    return {score["name"]: score for score in trip.figures["scores"]}


def test_every_step_is_announced_and_timed(trip: Trip) -> None:
    for number, step in enumerate(ITINERARY, start=1):
        assert f"{number}/7  {step.title}\n" in trip.printed
    assert set(trip.figures["seconds"]) == {"Import", *(step.title for step in ITINERARY[:-1])}
    assert sum(trip.figures["seconds"].values()) <= trip.figures["total_seconds"] + 0.1


def test_nothing_half_written_stays(trip: Trip) -> None:
    assert [path for path in trip.folder.iterdir() if "partial" in path.name] == []
    for name in ("preset_samples", "training", "samples", "reconstructions", "components"):
        assert (trip.folder / f"{name}.png").read_bytes().startswith(PNG)


def test_the_digits_are_parted_once(trip: Trip) -> None:
    parts = digits.load()
    rows = [part.reshape(len(part), -1) for part in (parts.x_train, parts.x_validation)]
    assert [len(part) for part in (*rows, parts.x_test)] == [1150, 288, 359]
    dataset = tfvae.zoo.data.load("digits")
    whole = dataset.x_train.reshape(len(dataset.x_train), -1)
    np.testing.assert_array_equal(
        np.sort(np.concatenate(rows), axis=0), np.sort(whole, axis=0), strict=True
    )
    np.testing.assert_array_equal(parts.x_test, dataset.x_test)


def test_scores_are_those_of_the_model_that_was_kept(trip: Trip, vae: tfvae.VAE) -> None:
    parts, scores = digits.load(), by_name(trip)
    assert scores["ELBO"]["value"] == pytest.approx(vae.elbo(parts.x_test).mean(), abs=1e-3)
    likelihood = vae.log_likelihood(parts.x_test, SAMPLES).mean()
    assert scores["log-likelihood"]["value"] == pytest.approx(likelihood, abs=1e-3)
    squares = np.square(vae.reconstruct(parts.x_test) - parts.x_test).sum() / 359
    assert scores["reconstruction"]["value"] == pytest.approx(squares, rel=1e-5)
    accuracy = evaluate.clustering_accuracy(parts.y_test, vae.cluster(parts.x_test))
    assert scores["clustering accuracy"]["value"] == pytest.approx(accuracy)


def test_the_other_methods_are_scikit_learns(trip: Trip) -> None:
    parts, scores = digits.load(), by_name(trip)
    train, test = parts.x_train.reshape(-1, 64), parts.x_test.reshape(-1, 64)
    pca = PCA(trip.figures["latent_size"]).fit(train)
    assert scores["log-likelihood"]["other"] == pytest.approx(pca.score(test), rel=1e-4)
    squares = np.square(pca.inverse_transform(pca.transform(test)) - test).sum() / 359
    assert scores["reconstruction"]["other"] == pytest.approx(squares, rel=1e-4)
    clusters = KMeans(10, n_init=10, random_state=0).fit(train).predict(test)
    accuracy = evaluate.clustering_accuracy(parts.y_test, clusters)
    assert scores["clustering accuracy"]["other"] == pytest.approx(accuracy)


def test_artefacts_ran_without_what_they_do_not_need(trip: Trip) -> None:
    saved, tflite = trip.figures["runs"]
    for found in (saved, tflite):
        assert set(found["packages"]).isdisjoint(standalone.ABSENT)
        assert max(found["differences"].values()) <= 1e-5
        assert "sample_component/mean" in found["differences"]
    assert "tensorflow" in saved["packages"]
    assert "ai_edge_litert" in tflite["packages"]
    assert "tensorflow" not in tflite["packages"]


def test_artefacts_draw_what_the_model_draws(trip: Trip, vae: tfvae.VAE) -> None:
    for kind in ("savedmodel", "tflite"):
        with np.load(trip.folder / f"{kind}_outputs.npz") as found:
            drawn = found["sample/mean"]
        np.testing.assert_allclose(drawn, vae.sample(len(drawn), seed=0), atol=1e-4)


def test_an_artefact_of_another_model_is_found_out(trip: Trip, vae: tfvae.VAE) -> None:
    other = keras.models.clone_model(vae)
    tflite = Artefact("TFLite", trip.folder / "digits.tflite", 0, 0.0)
    with pytest.raises(DemoError, match="differs from the model by"):
        artefacts.run_apart(other, digits.load().x_test, [tflite], trip.folder, seed=0)


def test_an_artefact_that_does_not_run_says_why(trip: Trip, vae: tfvae.VAE) -> None:
    missing = Artefact("TFLite", trip.folder / "missing.tflite", 0, 0.0)
    with pytest.raises(DemoError, match=r"did not run in a process of its own: .*missing\.tflite"):
        artefacts.run_apart(vae, digits.load().x_test, [missing], trip.folder, seed=0)


def test_a_reloaded_model_that_differs_is_found_out(
    trip: Trip, vae: tfvae.VAE, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = keras.saving.load_model(trip.folder / "digits.keras")
    weight = changed.weights[0]
    weight.assign(np.nextafter(weight.numpy(), np.float32(np.inf)))
    monkeypatch.setattr(tfvae.VAE, "load", lambda path: changed)
    with pytest.raises(DemoError, match="The weights of the reloaded model"):
        artefacts.save_and_reload(vae, digits.load().x_test, tmp_path / "a.keras")


class Sources(HTMLParser):
    """Collects what a page would load, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [
            value or "" for name, value in attrs if name in ("src", "srcset", "href", "data")
        ]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_holds_all_that_it_shows(trip: Trip) -> None:
    sources = Sources()
    sources.feed(trip.page)
    assert re.findall(r"https?:|url\(|@import|<script|<link", trip.page) == []
    pictures = [
        b64decode(address.removeprefix("data:image/png;base64,")) for address in sources.loaded
    ]
    assert len(pictures) == 12
    assert all(picture.startswith(PNG) for picture in pictures)
    # Each picture twice: the light one is also a file beside the page.
    files = {path.read_bytes() for path in trip.folder.glob("*.png")}
    assert files == set(pictures[1::2])
    assert files.isdisjoint(pictures[::2])


def test_the_page_says_the_sizes_of_its_pictures(trip: Trip) -> None:
    pattern = r'src="data:image/png;base64,([^"]{64})[^"]*" width="(\d+)" height="(\d+)"'
    found = re.findall(pattern, trip.page)
    assert len(found) == 6
    for beginning, width, height in found:
        sizes = struct.unpack(">II", b64decode(beginning)[16:24])
        assert [round(size / 2, 0) for size in sizes] == pytest.approx(
            [int(width), int(height)], abs=1
        )


def test_the_page_has_the_figures_of_this_run(trip: Trip) -> None:
    sources = Sources()
    sources.feed(trip.page)
    scores = by_name(trip)
    assert f"{scores['ELBO']['value']:.2f} ± {scores['ELBO']['error']:.2f}" in sources.text
    assert f"{100 * scores['clustering accuracy']['other']:.1f} %" in sources.text
    for found in trip.figures["runs"]:
        assert f"{found['differences']['encode/loc']:.1e}" in sources.text
    assert f"tensorflow {tf.__version__}" in sources.text
    assert "vae = tfvae.VAE(" in sources.text
