"""The presets that are of no images load, and mean what they meant when they were published."""

import os
from pathlib import Path

import numpy as np
import pytest

import tfvae
from tfvae.zoo import data
from tfvae.zoo.publishing import verify

NAMES = ("series_japanese_vowels", "table_diamonds")


def wheel_of(name: str) -> Path:
    source = data.SOURCES[tfvae.zoo.info(name)["data"]["name"]]
    return Path(os.environ.get("TFVAE_DATA", ".")) / "wheels" / source.wheel


@pytest.mark.parametrize("name", NAMES)
def test_what_a_preset_draws_it_explains(name: str) -> None:
    vae = tfvae.VAE.from_preset(name)
    x = vae.sample(200, seed=1)
    assert x.shape[1:] == vae.event_shape
    stated = tfvae.zoo.info(name)["runs"][0]["scores"]
    # Means of p(x given z) are likelier than examples, and of the same rate.
    assert np.mean(vae.elbo(x)) > stated["elbo"]


def test_the_columns_of_series_are_stated() -> None:
    channels = tfvae.zoo.info("series_japanese_vowels")["channels"]
    assert len(channels) == 12 and all(channel["scale"] > 0.0 for channel in channels)


@pytest.mark.parametrize("name", NAMES)
def test_the_first_figures_of_a_card_hold(name: str) -> None:
    if not wheel_of(name).is_file():
        pytest.skip("needs the wheel of its data in the folder wheels of TFVAE_DATA")
    dataset = data.load(tfvae.zoo.info(name)["data"]["name"])
    stated = tfvae.zoo.info(name)["runs"][0]["scores"]
    found = np.mean(tfvae.VAE.from_preset(name).elbo(dataset.x_test))
    assert found == pytest.approx(stated["elbo"], rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_figure_of_a_card_holds(name: str) -> None:
    if not wheel_of(name).is_file():
        pytest.skip("needs the wheel of its data in the folder wheels of TFVAE_DATA")
    lines: list[str] = []
    assert verify(name, lines.append), lines
