"""Recipes are listed, and one is shown with what came of it."""

from collections.abc import Callable
from typing import Any

import tfvae as library
from tfvae.zoo.recipe import find, recipes


def test_recipes_are_listed_by_pattern(tfvae: Callable[..., Any]) -> None:
    answer = tfvae("recipes", "cluster_*")
    assert (answer.code, answer.err) == (0, "")
    names = [line.split()[0] for line in answer.out.splitlines()[1:-1]]
    assert names == [name for name in recipes() if name.startswith("cluster_")]
    assert len(tfvae("recipes").out.splitlines()) > len(recipes())


def test_a_recipe_is_shown_with_the_scores_to_expect(tfvae: Callable[..., Any]) -> None:
    answer = tfvae("recipes", "cluster_mnist")
    assert (answer.code, answer.err) == (0, "")
    recipe, metadata = find("cluster_mnist"), library.zoo.info("cluster_mnist")
    assert recipe.summary in answer.out and recipe.prior in answer.out
    for title, value in metadata["headline"]:
        (line,) = (line for line in answer.out.splitlines() if f"expected: {title}" in line)
        assert line.rstrip().endswith(f"  {value}")
    (line,) = (line for line in answer.out.splitlines() if "minutes of training" in line)
    assert line.count(",") == len(metadata["runs"]) - 1


def test_a_recipe_that_is_no_preset_is_shown_without_scores(tfvae: Callable[..., Any]) -> None:
    answer = tfvae("recipes", "vae_mnist_long")
    assert answer.code == 0 and "patience" in answer.out and "expected" not in answer.out


def test_a_name_that_no_recipe_has_is_refused(tfvae: Callable[..., Any]) -> None:
    answer = tfvae("recipes", "vae_mnits")
    assert answer.code == 1 and "No recipe is called vae_mnits" in answer.err
