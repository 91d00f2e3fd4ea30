"""What a result file says of a trained recipe, whatever was scored of it."""

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
