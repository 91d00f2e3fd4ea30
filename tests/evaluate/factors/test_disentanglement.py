"""All scores of a model whose latents are known: where the sprite is, and nothing at all."""

import math

import numpy as np
import pytest

import tfvae
from tests.latents.coded import make as quantised
from tfvae import evaluate
from tfvae.evaluate import Sprites

SCORES = {
    "mutual_information_gap",
    "separated_attribute_predictability",
    "disentanglement",
    "completeness",
    "informativeness",
    "factor_vae_score",
    "beta_vae_score",
}
# Upright squares at a scale: where the white pixels are in the mean is where the square is.
PLACES = Sprites(size=64, fixed={"shape": 0, "scale": 3, "orientation": 0})


def model(size: int, latent_size: int) -> tfvae.VAE:
    return tfvae.VAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP(()),
        posterior=tfvae.families.DiagonalNormal(latent_size),
        likelihood=tfvae.families.Bernoulli((size, size, 1)),
    )


def locating(turn: float = 0.0) -> tfvae.VAE:
    """A linear encoder whose q has the centroid for its mean, turned by an angle."""
    vae = model(64, 2)
    area = PLACES.images([[0, 0]]).sum()
    rows, columns = np.indices([64, 64]).reshape(2, -1)
    centred = np.stack([columns - 31.5, rows - 31.5], axis=1) / (8.0 * area)
    cos, sin = math.cos(turn), math.sin(turn)
    for weight in vae.trainable_weights:
        if weight.path.endswith("loc/dense/kernel"):
            weight.assign(centred @ [[cos, sin], [-sin, cos]])
    return vae


def test_a_model_that_finds_the_sprite() -> None:
    found = evaluate.disentanglement(locating(), PLACES, 2000, (0, 1), group_size=16)
    assert {name for name in found if f"{name}_standard_deviation" in found} == SCORES
    # 32 positions in 20 bins: 12 bins hold two of them.
    told = -(24 / 32) * math.log(2 / 32) - (8 / 32) * math.log(1 / 32)
    # Of 2,000 examples, the latent of the other position seems to tell something.
    gap = (told - 19 * 31 / (2 * 2000)) / math.log(32)
    expected = {**dict.fromkeys(SCORES, 1.0), "mutual_information_gap": gap}
    assert {name: found[name] for name in SCORES} == pytest.approx(expected, abs=0.01)
    assert (found["num_examples"], found["num_latents"], found["seeds"]) == (2000, 2, [0, 1])


def test_a_model_that_finds_it_along_the_diagonals() -> None:
    found = evaluate.disentanglement(locating(math.pi / 4), PLACES, 2000, (0,), group_size=16)
    assert found["informativeness"] > 0.95
    for name in ("mutual_information_gap", "separated_attribute_predictability"):
        assert found[name] < 0.1
    for name in ("disentanglement", "completeness"):
        assert found[name] < 0.3
    # Half by chance.
    assert found["factor_vae_score"] == pytest.approx(0.5, abs=0.1)


def test_the_spread_is_over_seeds() -> None:
    sprites, vae = Sprites(16, fixed={"orientation": 0, "y": 15}), model(16, 3)
    arguments = {"num_examples": 500, "group_size": 4}
    both = evaluate.disentanglement(vae, sprites, seeds=(3, 8), **arguments)
    each = [evaluate.disentanglement(vae, sprites, seeds=(seed,), **arguments) for seed in (3, 8)]
    for name in SCORES:
        values = [one[name] for one in each]
        assert both[name] == pytest.approx(np.mean(values))
        assert both[f"{name}_standard_deviation"] == pytest.approx(np.std(values, ddof=1))
        assert math.isnan(each[0][f"{name}_standard_deviation"])
    assert both["completeness_standard_deviation"] > 0.0


def test_codes_are_those_of_each_image_however_they_are_batched() -> None:
    sprites, vae = Sprites(16, fixed={"orientation": 0}), model(16, 3)
    factors = sprites.draw(2500, seed=0)
    means = np.asarray(vae.encode(sprites.images(factors)).mean())
    # More than are rendered at once, in batches that do not divide them.
    found = evaluate.disentanglement(vae, sprites, 2500, (0,), group_size=8, batch_size=100)
    expected = evaluate.mutual_information_gap(means, factors)
    assert found["mutual_information_gap"] == pytest.approx(expected, abs=1e-3)


def test_latents_of_any_shape_are_taken_in_a_row() -> None:
    sprites = Sprites(4)
    vae = quantised(positions=(3,))
    found = evaluate.disentanglement(vae, sprites, 1000, (0,), group_size=2)
    assert found["num_latents"] == np.prod(vae.latents.event_shape)


def test_what_cannot_be_scored_is_refused() -> None:
    vae = model(16, 3)
    with pytest.raises(ValueError, match="examples of shape"):
        evaluate.disentanglement(vae, Sprites(12), 100)
    for seeds in ((), 3):
        with pytest.raises(ValueError, match="`seeds` must be a sequence of at least one seed"):
            evaluate.disentanglement(vae, Sprites(16), 100, seeds)
    with pytest.raises(ValueError, match="64 examples must share a value"):
        evaluate.disentanglement(vae, Sprites(16), 100)
    with pytest.raises(ValueError, match="`num_examples` must be a whole number"):
        evaluate.disentanglement(vae, Sprites(16), 0)
    with pytest.raises(ValueError, match="at least two latents"):
        evaluate.disentanglement(model(16, 1), Sprites(16), 100)
