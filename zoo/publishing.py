"""From a recipe to a preset: train its seeds, score them, write the folder; and score it again."""

import json
import os
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from . import data
from .card import card
from .errors import PresetError
from .hub import info, resolve
from .provenance import hardware
from .recipe import VALIDATION_SEED, Recipe, find
from .scoring import scores
from .training import train, wall_seconds

# Rounding to another machine's arithmetic moves a mean by less than this, relative to its size.
TOLERANCE = 1e-3
LICENCE = "Apache-2.0"


def publish(recipe: Recipe, runs: Path, folder: Path, verbose: Any = "auto") -> Path:
    """Trains every seed of a recipe and writes the first as a preset, with its card.

    Args:
        recipe: the recipe.
        runs: where the runs are kept, one folder a seed; finished ones are not trained again.
        folder: where the preset shall stand.
        verbose: as in `fit`.

    Returns:
        The preset's folder.
    """
    dataset = data.load(recipe.data)
    # All are trained before any is scored: scores choose nothing.
    models = [train(recipe, seed, runs / f"seed-{seed}", verbose) for seed in recipe.seeds]
    first = models[0] = _as_stored(models[0])
    found = [
        _run(recipe, seed, vae, dataset, runs / f"seed-{seed}")
        for seed, vae in zip(recipe.seeds, models, strict=True)
    ]
    metadata = {**_about(recipe, dataset), "runs": found}
    page = card({**metadata, "parameter_count": first.count_params()})
    files = {"README.md": page.encode(), "samples.png": _sheet(first)}
    first.save_to_preset(folder, metadata, files, half_precision=True)
    return folder


def verify(name: str, show: Callable[[str], None] = print) -> bool:
    """Computes the figures of a preset's card again, and says whether they agree.

    Args:
        name: name of a bundled preset that a recipe made, or its folder.
        show: takes each line of the comparison.

    Returns:
        True if every figure is within 0.1 % of the one in the card, or, for counts of matched
        examples, within 1 in 1,000.

    Raises:
        PresetError: if the preset has no recorded scores.
    """
    import tfvae

    about = info(name)
    if not about.get("runs"):
        raise PresetError(f"{name} has no recorded scores to verify.")
    recipe = find(about["name"])
    dataset = data.load(recipe.data)
    again = scores(recipe, tfvae.VAE.from_preset(resolve(name)), dataset)
    agree = True
    for key, stated in about["runs"][0]["scores"].items():
        close = abs(again[key] - stated) <= TOLERANCE * max(1.0, abs(stated))
        agree = agree and close
        show(f"{'agrees ' if close else 'DIFFERS'}  {key}: card {stated:.5f}, now {again[key]:.5f}")
    return agree


def _as_stored(vae: Any) -> Any:
    """Returns the model as its preset will give it: its weights rounded to float16."""
    with tempfile.TemporaryDirectory() as folder:
        vae.save_to_preset(Path(folder) / "preset", half_precision=True)
        return type(vae).from_preset(Path(folder) / "preset")


def _run(
    recipe: Recipe, seed: int, vae: Any, dataset: data.Dataset, folder: Path
) -> dict[str, Any]:
    """Returns seed, seconds and scores of a trained run; scores are computed once and kept."""
    kept = folder / f"scores-{recipe.num_samples}.json"
    if not kept.exists():
        temporary = kept.with_suffix(".partial")
        temporary.write_text(json.dumps(scores(recipe, vae, dataset)))
        os.replace(temporary, kept)
    return {"seed": seed, "seconds": wall_seconds(folder), "scores": json.loads(kept.read_text())}


def _about(recipe: Recipe, dataset: data.Dataset) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "summary": recipe.summary,
        "prior": recipe.prior,
        "licence": LICENCE,
        "recipe": recipe.describe(),
        "data": {
            "name": dataset.name,
            "licence": dataset.licence,
            "citation": dataset.citation,
            "sha256": dict(dataset.sha256),
            "train_examples": len(dataset.x_train),
            "test_examples": len(dataset.x_test),
            "test_binarization_seed": VALIDATION_SEED,
        },
        "hardware": hardware(),
    }


def _sheet(vae: Any) -> bytes:
    """Returns a picture of samples, one row a component, the heaviest first."""
    from tfvae import plots

    picture = BytesIO()
    plots.component_samples(vae, seed=0).savefig(picture, format="png", dpi=110)
    return picture.getvalue()
