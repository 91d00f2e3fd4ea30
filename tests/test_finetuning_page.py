"""The page on training a preset on runs as it is written, and what it says holds."""

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import tfvae


@pytest.fixture(scope="module")
def blocks(root: Path) -> dict[str, str]:
    """The Python of each section, by its title; that of the beginning has none."""
    text = (root / "docs" / "finetuning.md").read_text("utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    found = {}
    for section in sections:
        title = "" if section.startswith("# ") else section.partition("\n")[0]
        (found[title],) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    return found


@pytest.fixture(scope="module")
def start(blocks: dict[str, str]) -> dict[str, Any]:
    """The names of the beginning; fewer examples do for a test."""
    names: dict[str, Any] = {}
    exec(blocks[""], names)
    assert names["images"].shape == (1438, 28, 28, 1)
    names["images"] = names["images"][:600]
    names["x"] = tfvae.pipeline.Images(names["images"][200:], "dynamic", seed=0)
    return names


@pytest.fixture(scope="module")
def preset() -> Any:
    return tfvae.VAE.from_preset("gmvae_mnist")


def run(block: str, start: dict[str, Any]) -> dict[str, Any]:
    keras.utils.set_random_seed(0)
    names = dict(start)
    exec(block, names)
    return names


def weights(part: Any) -> np.ndarray:
    return np.concatenate([weight.numpy().ravel() for weight in part.weights])


def test_new_data_are_learned(blocks: dict[str, str], start: dict[str, Any], preset: Any) -> None:
    names = run(blocks["New data"], start)
    assert names["after"] > names["before"] + 10.0
    vae = names["vae"]
    assert isinstance(preset.objective.beta, tfvae.objectives.Warmup)
    assert vae.objective.beta == 1.0
    for part in ("encoder", "decoder", "prior"):
        assert not np.array_equal(weights(getattr(vae, part)), weights(getattr(preset, part)))


def test_what_is_frozen_stays(blocks: dict[str, str], start: dict[str, Any], preset: Any) -> None:
    vae = run(blocks["A frozen encoder"], start)["vae"]
    q, expected = (model.encode(start["held_out"]) for model in (vae, preset))
    np.testing.assert_array_equal(q.mode(), expected.mode())
    np.testing.assert_array_equal(q.stddev(), expected.stddev())
    for part in ("decoder", "prior"):
        assert not np.array_equal(weights(getattr(vae, part)), weights(getattr(preset, part)))


def test_the_encoder_alone_can_be_frozen(start: dict[str, Any], preset: Any) -> None:
    vae = tfvae.VAE.from_preset("gmvae_mnist", objective=tfvae.objectives.ELBO())
    vae.encoder.trainable = False
    vae.compile("adam")
    vae.fit(start["x"], batch_size=200, epochs=1, verbose=0)
    np.testing.assert_array_equal(weights(vae.encoder), weights(preset.encoder))
    posteriors = [weights(model.latents.posterior) for model in (vae, preset)]
    assert not np.array_equal(*posteriors)


@pytest.mark.parametrize("title", ["A new latent prior", "Another number of components"])
def test_a_prior_is_replaced_and_all_else_kept_until_training(
    blocks: dict[str, str], start: dict[str, Any], preset: Any, title: str
) -> None:
    block, own = blocks[title], preset.prior.num_components
    untrained = run(block.partition("vae.adapt")[0], start)["vae"]
    x = start["held_out"].x
    np.testing.assert_array_equal(untrained.encode(x).mode(), preset.encode(x).mode())
    np.testing.assert_array_equal(untrained.reconstruct(x), preset.reconstruct(x))
    names = run(block, start)
    vae, components = names["vae"], 50 if title == "A new latent prior" else 20
    assert vae.prior.num_components == components
    assert names.get("picture", np.zeros([4, 28, 28, 1])).shape == (4, 28, 28, 1)
    assert np.isfinite(vae.elbo(x[:20])).all()
    # The model that it was made of keeps its own.
    assert preset.prior.num_components == own


def test_it_is_kept(
    blocks: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, preset: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = run(blocks["Keeping it"], {"vae": preset, "tfvae": tfvae})["vae"]
    np.testing.assert_array_equal(weights(loaded.prior), weights(preset.prior))


def test_the_commands_of_the_page_are_there(root: Path) -> None:
    from typer.main import get_command

    from tfvae_cli.main import app

    text = (root / "docs" / "finetuning.md").read_text("utf-8")
    lines = re.findall(r"```sh\ntfvae finetune (.*?)\n```", text)
    assert len(lines) == 3
    command = get_command(app).commands["finetune"]
    for line in lines:
        assert command.make_context("finetune", line.split()).params["data"] == "images/"
