"""What the result files say of trained recipes, whatever was scored of them."""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import sklearn
import tensorflow as tf

import tfvae
from benchmarks.machine import describe_machine
from benchmarks.outcome import write_text
from tfvae.zoo import data
from tfvae.zoo.recipe import Recipe, find
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
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Returns the versions of all that a score may depend on, by package."""
    return {
        "tfvae": tfvae.__version__,
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "scikit-learn": sklearn.__version__,
    }


def score_one(
    scorer: str,
    description: str | None,
    folder: Path,
    score: Callable[[Recipe, Any, int, data.Dataset], Mapping[str, Any]],
) -> None:
    """Scores the trained recipe that the command line names, and writes its result file.

    Args:
        scorer: the module of `benchmarks.tables` that is run.
        description: what its help says.
        folder: where its result files stand.
        score: returns the scores of a recipe's trained model, by its seed, on the recipe's data.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.tables.{scorer}", description=description
    )
    parser.add_argument("recipe")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="as of `tfvae train`")
    arguments = parser.parse_args()
    recipe, seed = find(arguments.recipe), arguments.seed
    vae = load(recipe, seed, arguments.runs)
    began = time.perf_counter()
    found = {
        "scores": score(recipe, vae, seed, data.load(recipe.data)),
        "scoring_seconds": time.perf_counter() - began,
        **described(recipe, vae, seed, arguments.runs, scorer),
    }
    path = folder / recipe.name / f"seed-{seed}.json"
    write_text(path, json.dumps(found, indent=1) + "\n")
    print(f"Written: {path}")


def load_results(folder: Path) -> Results:
    """Returns the result files of all recipes in a folder, by recipe and in the order of seeds."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for path in sorted(folder.glob("*/seed-*.json")):
        one = json.loads(path.read_text("utf-8"))
        found.setdefault(one["name"], []).append(one)
    return {name: sorted(runs, key=lambda run: run["seed"]) for name, runs in found.items()}
