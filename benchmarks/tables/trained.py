"""What the result files say of trained recipes, whatever was scored of them."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import sklearn
import tensorflow as tf

import tfvae
from benchmarks.machine import describe_machine
from tfvae.zoo.recipe import Recipe
from tfvae.zoo.training import record

Runs = Sequence[Mapping[str, Any]]
Results = Mapping[str, Runs]


def folder_of(recipe: Recipe, seed: int, runs: Path) -> Path:
    """Returns where `tfvae train` left a seed of a recipe."""
    return runs / recipe.name / f"seed-{seed}"


def load(recipe: Recipe, seed: int, runs: Path) -> Any:
    """Returns the trained model."""
    return tfvae.VAE.load(folder_of(recipe, seed, runs) / "trained.keras")


def described(recipe: Recipe, vae: Any, seed: int, runs: Path, scorer: str) -> dict[str, Any]:
    """Returns all but the scores.

    Args:
        recipe: the recipe.
        vae: its trained model.
        seed: seed of the run.
        runs: folder of all runs.
        scorer: the module of `benchmarks.tables` that scores it.
    """
    return {
        "name": recipe.name,
        "prior": recipe.prior,
        "seed": seed,
        "recipe": recipe.describe(),
        "run": record(folder_of(recipe, seed, runs)),
        "parameters": vae.count_params(),
        "commands": [
            f"tfvae train {recipe.name} --seed {seed}",
            f"python -m benchmarks.tables.{scorer} {recipe.name} --seed {seed}",
        ],
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "versions": {
            "tfvae": tfvae.__version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "scikit-learn": sklearn.__version__,
        },
    }


def load_results(folder: Path) -> Results:
    """Returns the result files of all recipes in a folder, by recipe and in the order of seeds."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for path in sorted(folder.glob("*/seed-*.json")):
        one = json.loads(path.read_text("utf-8"))
        found.setdefault(one["name"], []).append(one)
    return {name: sorted(runs, key=lambda run: run["seed"]) for name, runs in found.items()}
