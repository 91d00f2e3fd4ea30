"""A recipe, from training to a preset whose card can be verified."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import tfvae
from tfvae.zoo import recipe as recipes
from tfvae.zoo.card import card, spread, table
from tfvae.zoo.gallery import gallery, sheets
from tfvae.zoo.publishing import publish, verify, write_card
from tfvae.zoo.recipe import Recipe


def small(warmup_steps: int) -> tfvae.VAE:
    return tfvae.VAE(
        tfvae.encoders.MLP((16,)),
        tfvae.decoders.MLP((16,)),
        posterior=tfvae.families.DiagonalNormal(3),
        prior=tfvae.priors.MixtureOfGaussians(4, spread=0.0),
        likelihood=tfvae.families.Bernoulli((8, 8, 1)),
        objective=tfvae.objectives.ELBO(beta=tfvae.objectives.Warmup(warmup_steps)),
    )


RECIPE = Recipe(
    name="small_digits",
    data="digits",
    build=small,
    summary="A small model of digits.",
    prior="4 Gaussians",
    warmup_epochs=1,
    epochs=2,
    batch_size=128,
    learning_rate=1e-3,
    binarization="dynamic",
    num_samples=5,
    seeds=(0, 1),
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory):
    runs, folder = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("zoo") / RECIPE.name
    return publish(RECIPE, runs, folder, verbose=0), runs


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tfvae.zoo.publishing.find", lambda name: RECIPE)


def test_preset_loads_and_its_card_states_the_recorded_scores(published):
    folder, _ = published
    metadata = json.loads((folder / "metadata.json").read_text())
    page = (folder / "README.md").read_text()
    likelihood = -metadata["runs"][0]["scores"]["log_likelihood"]
    assert f"{likelihood:.2f}" in page
    assert "seed 0" in page and "seed 1" in page
    assert (folder / "samples.png").read_bytes().startswith(b"\x89PNG")
    assert tfvae.VAE.from_preset(folder).sample(2, seed=0).shape == (2, 8, 8, 1)
    assert metadata["weights_dtype"] == "float16"


def test_what_was_measured_of_an_export_stays_while_the_weights_do(published, tmp_path):
    folder, runs = published
    mine = tmp_path / RECIPE.name
    shutil.copytree(folder, mine)
    artefact = {"precision": "float32", "bytes": 1000, "milliseconds": {"encode": 0.5}}
    exports = {"artefacts": [artefact], "machine": "one", "litert_version": "2", "command": "it"}
    exports["cores_busy_for_others"] = 0.0
    write_card(mine, exports=exports)
    weights = (mine / "model.weights.h5").read_bytes()
    publish(RECIPE, runs, mine, verbose=0)
    assert (mine / "model.weights.h5").read_bytes() == weights
    metadata = json.loads((mine / "metadata.json").read_text())
    assert (mine / "README.md").read_text() == card(metadata)
    tfvae.zoo.info(mine)
    assert json.loads((mine / "metadata.json").read_text())["exports"] == exports
    publish(RECIPE, tmp_path / "others", mine, verbose=0, seeds=RECIPE.seeds[:1])
    assert "exports" in json.loads((mine / "metadata.json").read_text())
    publish(dataclasses.replace(RECIPE, epochs=1), tmp_path / "shorter", mine, verbose=0)
    assert "exports" not in json.loads((mine / "metadata.json").read_text())


def test_verify_agrees_with_the_card_and_says_where_it_does_not(published, tmp_path):
    folder, _ = published
    assert verify(str(folder), lambda line: None)
    preset = tfvae.zoo.read_preset(folder)
    altered = json.loads(json.dumps(preset.metadata))
    altered["runs"][0]["scores"]["elbo"] += 1.0
    files = {name: folder / name for name in preset.metadata["files"]}
    tfvae.zoo.write_preset(tmp_path / RECIPE.name, files, altered)
    lines: list[str] = []
    assert not verify(str(tmp_path / RECIPE.name), lines.append)
    assert [line.split()[1] for line in lines if line.startswith("DIFFERS")] == ["elbo:"]


@pytest.mark.parametrize("seeds", [(), (1,), (1, 0), (0, 2)])
def test_seeds_are_not_chosen_after_training(seeds, tmp_path):
    with pytest.raises(tfvae.zoo.PresetError, match="chosen before training"):
        publish(RECIPE, tmp_path, tmp_path / "mine", seeds=seeds)


def test_unknown_recipe_is_an_error_of_ours():
    with pytest.raises(tfvae.zoo.PresetNotFoundError, match="no recipe 'gmvae_nmist'"):
        recipes.find("gmvae_nmist")


def test_spread_is_the_sample_standard_deviation():
    runs = [{"scores": {"elbo": value}} for value in (1.0, 2.0, 4.0)]
    mean, deviation = spread(runs, "elbo")
    assert mean == pytest.approx(7.0 / 3.0)
    assert deviation == pytest.approx(np.std([1.0, 2.0, 4.0], ddof=1))
    assert np.isnan(spread(runs[:1], "elbo")[1])


def test_bundled_cards_are_what_their_metadata_makes():
    names = tfvae.zoo.list_presets()
    for name in names:
        folder = tfvae.zoo.resolve(name)
        metadata = json.loads((folder / "metadata.json").read_text())
        assert (folder / "README.md").read_text() == card(metadata)
        assert set(recipes.find(name).seeds) >= {run["seed"] for run in metadata["runs"]}
        assert f"`{name}`" in table([metadata])


def test_the_pages_of_the_presets_are_what_their_metadata_make():
    root = Path(__file__).parents[2]
    presets = [tfvae.zoo.info(name) for name in tfvae.zoo.list_presets()]
    assert (root / "docs" / "gallery.md").read_text("utf-8") == gallery(presets, "../zoo/presets")
    readme = (root / "README.md").read_text("utf-8")
    assert table(presets) in readme
    assert sheets(presets, "zoo/presets") in readme
    for about in presets:
        assert (root / "zoo" / "presets" / about["name"] / "samples.png").is_file()
