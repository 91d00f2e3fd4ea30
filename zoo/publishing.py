"""From a recipe to a preset: train its seeds, score them, write the folder; and score it again."""

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from . import data
from .card import LATENT_MAP, SHEET, card, headline
from .errors import PresetError
from .folder import METADATA, WEIGHTS, read_json
from .hub import info, resolve
from .provenance import hardware
from .recipe import Recipe, find
from .training import train, wall_seconds
from .writing import write_preset

# Rounding to another machine's arithmetic moves a mean by less than this, relative to its size.
TOLERANCE = 1e-3
LICENCE = "Apache-2.0"
CARD = "README.md"
EXPORTS = "exports"


def publish(
    recipe: Recipe,
    runs: Path,
    folder: Path,
    verbose: Any = "auto",
    seeds: Sequence[int] | None = None,
) -> Path:
    """Trains every seed of a recipe and writes the first as a preset, with its card.

    Args:
        recipe: the recipe.
        runs: where the runs are kept, one folder a seed; finished ones are not trained again.
        folder: where the preset shall stand.
        verbose: as in `fit`.
        seeds: the first seeds of the recipe, where not all can be trained; the card says so.

    Returns:
        The preset's folder.

    Raises:
        PresetError: if these are not the recipe's first seeds.
    """
    seeds = recipe.seeds if seeds is None else tuple(seeds)
    if not seeds or seeds != recipe.seeds[: len(seeds)]:
        raise PresetError(
            f"{recipe.name} has the seeds {recipe.seeds}, chosen before training: train the first "
            f"of them, in that order, not {seeds}."
        )
    dataset = data.load(recipe.data)
    # All are trained before any is scored: scores choose nothing.
    models = [train(recipe, seed, runs / f"seed-{seed}", verbose) for seed in seeds]
    first = models[0] = _as_stored(models[0])
    found = [
        _run(recipe, seed, vae, dataset, runs / f"seed-{seed}")
        for seed, vae in zip(seeds, models, strict=True)
    ]
    facts = recipe.task.facts(recipe, first, dataset)
    metadata = {**_about(recipe, dataset), "runs": found, **facts}
    return _write(folder, first, metadata, _pictures(recipe, first, dataset))


def write_card(folder: Path, **more: Any) -> Path:
    """Writes the card of a preset that a recipe made anew, from its metadata.

    Args:
        folder: the preset's folder.
        more: what else the metadata shall say from now on.

    Returns:
        The folder.
    """
    metadata = {**read_json(folder / METADATA), **more}
    # For those that list presets, without what computes scores.
    metadata["headline"] = [list(pair) for pair in headline(metadata)]
    files = {name: folder / name for name in metadata["files"] if name != CARD}
    return write_preset(folder, {**files, CARD: card(metadata).encode()}, metadata)


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
    again = recipe.task.scores(recipe, tfvae.VAE.from_preset(resolve(name)), dataset)
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


def _write(folder: Path, vae: Any, metadata: dict[str, Any], pictures: dict[str, bytes]) -> Path:
    """Writes a preset; weights that are the same stay, and with them the figures of exports."""
    if not _is_of(folder, vae):
        vae.save_to_preset(folder, metadata, pictures, half_precision=True)
        return write_card(folder)
    # Stored anew, equal weights have other bytes: layers are numbered as they are made.
    weights = (folder / WEIGHTS).read_bytes()
    exports = {key: value for key, value in info(folder).items() if key == EXPORTS}
    vae.save_to_preset(folder, metadata, pictures, half_precision=True)
    about = read_json(folder / METADATA)
    files = {name: folder / name for name in about["files"]}
    write_preset(folder, {**files, WEIGHTS: weights}, about)
    return write_card(folder, **exports)


def _is_of(folder: Path, vae: Any) -> bool:
    """Returns whether the preset in a folder has the weights of the model."""
    try:
        former = type(vae).from_preset(folder).get_weights()
    except (PresetError, TypeError, ValueError):
        return False
    ours = vae.get_weights()
    return len(ours) == len(former) and all(map(np.array_equal, ours, former))


def _run(
    recipe: Recipe, seed: int, vae: Any, dataset: data.Dataset, folder: Path
) -> dict[str, Any]:
    """Returns seed, seconds and scores of a trained run; scores are computed once and kept."""
    kept = folder / f"scores-{recipe.num_samples}.json"
    if not kept.exists():
        temporary = kept.with_suffix(".partial")
        temporary.write_text(json.dumps(recipe.task.scores(recipe, vae, dataset)))
        os.replace(temporary, kept)
    return {"seed": seed, "seconds": wall_seconds(folder), "scores": json.loads(kept.read_text())}


def _about(recipe: Recipe, dataset: data.Dataset) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "summary": recipe.summary,
        "task": recipe.task.name,
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
        },
        "hardware": hardware(),
    }


def _pictures(recipe: Recipe, vae: Any, dataset: data.Dataset) -> dict[str, bytes]:
    """Returns the pictures of the card, by file name."""
    found = {
        SHEET: recipe.task.sheet(recipe, vae, dataset),
        LATENT_MAP: recipe.task.latent_map(recipe, vae, dataset),
    }
    return {name: _as_png(figure) for name, figure in found.items() if figure is not None}


def _as_png(figure: Any) -> bytes:
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    return picture.getvalue()
