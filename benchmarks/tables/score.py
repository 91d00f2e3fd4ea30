"""Score a trained recipe on the test images: `python -m benchmarks.tables.score RECIPE --seed N`.

What `tfvae train` left in the folder of runs is scored, and the result written to
`benchmarks/results/models/RECIPE/seed-N.json`; `python -m benchmarks.tables.page` makes a page of
all such files. The test images are looked at here alone: they choose nothing.
"""

import argparse
import json
import time
from pathlib import Path

from benchmarks.outcome import RESULTS, write_text
from benchmarks.tables.trained import described, load
from tfvae.zoo import data
from tfvae.zoo.recipe import find
from tfvae.zoo.scoring import scores

FOLDER = RESULTS / "models"


def main() -> None:
    """Score one trained model and write the result file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables.score", description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="as of `tfvae train`")
    arguments = parser.parse_args()
    recipe, seed = find(arguments.recipe), arguments.seed
    vae = load(recipe, seed, arguments.runs)
    began = time.perf_counter()
    measured = scores(recipe, vae, data.load(recipe.data))
    found = {
        **described(recipe, vae, seed, arguments.runs, "score"),
        "scores": measured,
        "scoring_seconds": time.perf_counter() - began,
    }
    path = FOLDER / recipe.name / f"seed-{seed}.json"
    write_text(path, json.dumps(found, indent=1) + "\n")
    print(f"Written: {path}")


if __name__ == "__main__":
    main()
