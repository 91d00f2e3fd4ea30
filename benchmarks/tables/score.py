"""Score a trained recipe on the test images: `python -m benchmarks.tables.score RECIPE --seed N`.

What `tfvae train` left in the folder of runs is scored, and the result written to
`benchmarks/results/models/RECIPE/seed-N.json`; `python -m benchmarks.tables.page` makes a page of
all such files. The test images are looked at here alone: they choose nothing.
"""

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

import tfvae
from benchmarks.machine import describe_machine
from benchmarks.outcome import RESULTS, write_text
from tfvae.zoo import data
from tfvae.zoo.recipe import Recipe, find
from tfvae.zoo.scoring import scores
from tfvae.zoo.training import record

FOLDER = RESULTS / "models"


def score(recipe: Recipe, seed: int, runs: Path) -> dict[str, Any]:
    """Returns all that a result file says of one trained seed of a recipe."""
    folder = runs / recipe.name / f"seed-{seed}"
    vae = tfvae.VAE.load(folder / "trained.keras")
    began = time.perf_counter()
    found = scores(recipe, vae, data.load(recipe.data))
    return {
        "name": recipe.name,
        "prior": recipe.prior,
        "seed": seed,
        "recipe": recipe.describe(),
        "run": record(folder),
        "scores": found,
        "scoring_seconds": time.perf_counter() - began,
        "parameters": vae.count_params(),
        "commands": [
            f"tfvae train {recipe.name} --seed {seed}",
            f"python -m benchmarks.tables.score {recipe.name} --seed {seed}",
        ],
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "versions": {
            "tfvae": tfvae.__version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
        },
    }


def main() -> None:
    """Score one trained model and write the result file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables.score", description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="as of `tfvae train`")
    arguments = parser.parse_args()
    found = score(find(arguments.recipe), arguments.seed, arguments.runs)
    path = FOLDER / arguments.recipe / f"seed-{arguments.seed}.json"
    write_text(path, json.dumps(found, indent=1) + "\n")
    print(f"Written: {path}")


if __name__ == "__main__":
    main()
