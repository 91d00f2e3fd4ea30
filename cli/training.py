"""Training the recipes of the zoo."""

import fnmatch
import sys
from pathlib import Path
from typing import Any

from tfvae_cli.console import console, say, table


def run(name: str, seed: int | None, runs: Path) -> None:
    """Trains one seed of a recipe, or goes on with it, and says how that went.

    Args:
        name: name of the recipe.
        seed: seed of the run; None takes the recipe's first.
        runs: folder of all runs; this one's is `runs/name/seed-N`.
    """
    from tfvae.zoo.recipe import find
    from tfvae.zoo.training import record, train

    recipe = find(name)
    seed = recipe.seeds[0] if seed is None else seed
    folder = runs / name / f"seed-{seed}"
    # A progress bar on a terminal; in a log, a line an epoch.
    train(recipe, seed, folder, verbose="auto" if sys.stdout.isatty() else 2)
    say(_told(record(folder)))
    say(f"The trained model stands in {folder / 'trained.keras'}.")


def show_recipes(pattern: str) -> None:
    """Prints the recipes whose names match a pattern."""
    from tfvae.zoo.recipe import recipes

    found = [recipe for name, recipe in recipes().items() if fnmatch.fnmatch(name, pattern)]
    rows = [[r.name, r.data, r.prior, str(r.epochs), ", ".join(map(str, r.seeds))] for r in found]
    console.print(table(["recipe", "data", "prior", "epochs, at most", "seeds"], rows))


def _told(went: dict[str, Any]) -> str:
    """Returns in a sentence how a run went."""
    reasons = {
        "epochs": "which are all of them",
        "patience": "when validation had ceased to improve",
        "budget": "when its processor time was spent",
    }
    told = f"Trained for {went['epochs']} epochs, {reasons[went['ended']]}"
    told += f", in {went['wall_seconds'] / 60:.0f} minutes"
    if "validation_elbo" in went:
        told += (
            f"; kept epoch {went['kept_epoch']}, with a validation ELBO of "
            f"{went['validation_elbo']:.2f} nats"
        )
    return f"{told}."
