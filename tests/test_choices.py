"""Choices: scored on what was held out of training, by a seed of their own, and shown as scored."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfvae
from benchmarks import choices
from benchmarks.tables import page
from tfvae.zoo import data
from tfvae.zoo.recipe import Recipe, find


def small(warmup_steps: int) -> tfvae.VAE:
    return tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        tfvae.families.DiagonalNormal(2),
        tfvae.families.Bernoulli((8, 8, 1)),
    )


def seen(recipe: Recipe, vae: Any, dataset: data.Dataset) -> choices.Scores:
    x = recipe.task.held_out(recipe, dataset)[0]
    return {"elbo": float(np.mean(vae.elbo(x))), "examples": float(len(x.x))}


def built(recipe: Recipe) -> tfvae.VAE:
    return recipe.build(10, *([recipe.first.build(10)] if recipe.first else []))


@pytest.mark.parametrize("name", choices.CHOICES)
def test_variants_are_recipes_that_hold_examples_out(name: str) -> None:
    choice = choices.CHOICES[name]
    recipes = [changed(find(choice.recipe)) for changed in choice.variants.values()]
    assert all(recipe.validation > 0 for recipe in recipes)
    assert all(choices.SEED not in recipe.seeds for recipe in recipes)
    if name in ("smiles_beta", "outlier_score"):
        assert len({built(recipe).count_params() for recipe in recipes}) == 1
    else:
        assert len({recipe.build for recipe in recipes}) == len(recipes)


class Sorted:
    """Stands for a model: the group of an image is how bright it is, moved or not."""

    def elbo(self, x: Any) -> np.ndarray:
        return np.full(len(x.x), -3.0)

    def cluster(self, x: np.ndarray) -> np.ndarray:
        return (x.sum(axis=(1, 2, 3)) > 100.0).astype(int)

    def responsibilities(self, x: np.ndarray) -> np.ndarray:
        return np.eye(2, dtype="float32")[self.cluster(x)]


def test_groups_that_motion_does_not_change_share_all_information() -> None:
    recipe = find("invariant_mnist_clusters")
    x = np.zeros([40, 28, 28, 1], "float32")
    x[::2, 7:21, 7:21] = 1.0
    labels = np.tile([3, 8], 20)
    images = replace(data.load("digits"), name="mnist", x_train=x, y_train=labels, x_test=x[:4])
    found = choices.groups_held_out(replace(recipe, validation=20), Sorted(), images)
    assert found["elbo"] == -3.0 and found["accuracy"] == 100.0
    np.testing.assert_allclose(found["information_of_views"], np.log(2.0), rtol=1e-5)


def test_a_choice_is_trained_and_scored_on_what_was_held_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(
        find("vae_mnist_short"),
        data="digits",
        build=small,
        warmup_epochs=0,
        epochs=1,
        validation=300,
    )
    variants = {
        str(rate): lambda one, rate=rate: replace(one, learning_rate=rate) for rate in (0, 1)
    }
    choice = choices.Choice("The learning rate.", recipe.name, variants, seen)
    monkeypatch.setitem(choices.CHOICES, "rate", choice)
    monkeypatch.setattr(choices, "find", lambda name: recipe)
    path = tmp_path / "rate.json"
    choices.compare("rate", tmp_path, path)
    found = json.loads(path.read_text("utf-8"))
    assert found["scores"]["0"]["examples"] == 300.0
    assert found["scores"]["0"]["elbo"] != found["scores"]["1"]["elbo"]
    text = page.markdown(chosen=[found])
    assert f"| 0 | {found['scores']['0']['elbo']:.3f} | 300.000 |" in text
    assert "`python -m benchmarks.choices rate`: seed 100" in text
    # What the file has is not trained again, and what it lacks is.
    trained = found["scores"].pop("1")
    found["scores"]["0"]["elbo"] = -1.0
    path.write_text(json.dumps(found))
    choices.compare("rate", tmp_path, path)
    again = json.loads(path.read_text("utf-8"))["scores"]
    assert again == {"0": found["scores"]["0"], "1": trained}
