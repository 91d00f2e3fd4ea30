"""Training the recipes of the zoo."""

import fnmatch
import sys
from pathlib import Path
from typing import Any

from tfvae_cli.console import console, say, table, title


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
    """Prints the recipes whose names match a pattern; of a single one, all there is to know."""
    from tfvae.zoo.recipe import recipes

    found = [recipe for name, recipe in recipes().items() if fnmatch.fnmatch(name, pattern)]
    if not found:
        raise ValueError(f"No recipe is called {pattern}: `tfvae recipes` lists them all.")
    if len(found) == 1:
        _show(found[0])
        return
    rows = [[recipe.name, recipe.data, str(recipe.epochs)] for recipe in found]
    console.print(table(["recipe", "data", "epochs"], rows, words=2))
    say("`tfvae recipes NAME` shows one, with its prior and the scores to expect.")


def _show(recipe: Any) -> None:
    """Prints a recipe, and what came of it, if that is a bundled preset."""
    title(recipe.name)
    say(recipe.summary)
    rows = [["prior", recipe.prior]]
    rows += [[key.replace("_", " "), _words(value)] for key, value in recipe.describe().items()]
    console.print(table(["", ""], [*rows, *_came_of(recipe.name)], words=2, wraps=1))


def _came_of(name: str) -> list[list[str]]:
    """Returns the scores to expect, and the time that they took."""
    from tfvae import zoo
    from tfvae.zoo.headline import headline_of

    if name not in zoo.list_presets():
        return []
    metadata = zoo.info(name)
    minutes = [f"{run['seconds'] / 60:.0f}" for run in metadata["runs"]]
    seeds = ", ".join(str(run["seed"]) for run in metadata["runs"])
    return [
        *([f"expected: {score}", value] for score, value in headline_of(metadata)),
        ["of seeds", seeds],
        ["minutes of training", ", ".join(minutes)],
        ["hardware", metadata["hardware"]],
    ]


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key.replace('_', ' ')} {_words(one)}" for key, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


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
