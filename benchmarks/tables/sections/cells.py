"""The section of docs/results.md on single cells, the preset beside scvi-tools."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.against_scvi import FOLDER
from tfvae import zoo
from tfvae.zoo.recipes.counts_pbmc import RECIPE

COLUMNS = {
    "log_likelihood": ("NLL, nats", -1.0, 2),
    "elbo": ("-ELBO, nats", -1.0, 2),
    "clustering_accuracy": ("accuracy", 1.0, 3),
    "normalised_mutual_information": ("NMI", 1.0, 3),
    "adjusted_rand_index": ("ARI", 1.0, 3),
    "neighbour_accuracy": ("5 neighbours", 1.0, 3),
}
WORDS = {"zinb": "zeros inflated (its default)", "nb": "negative binomial"}

Runs = Sequence[Mapping[str, Any]]


def load(folder: Path = FOLDER) -> dict[str, Runs]:
    """Returns the result files of scvi-tools, by likelihood and in the order of seeds."""
    found: dict[str, list[Mapping[str, Any]]] = {name: [] for name in WORDS}
    for path in folder.glob("*/seed-*.json"):
        one = json.loads(path.read_text("utf-8"))
        found[one["name"]].append(one)
    return {name: sorted(runs, key=lambda run: run["seed"]) for name, runs in found.items()}


def preset() -> Mapping[str, Any] | None:
    """Returns the preset's metadata, if there is one."""
    return zoo.info(RECIPE.name) if RECIPE.name in zoo.list_presets() else None


def section(theirs: Mapping[str, Runs], ours: Mapping[str, Any] | None) -> Iterator[str]:
    """Yields the section's lines; none if either side is missing."""
    if ours is None or not any(theirs.values()):
        return
    examples = ours["data"]
    yield from (
        "## Single cells beside scvi-tools",
        "",
        f"Counts of 765 genes in blood cells: {examples['train_examples']} to train on, "
        f"{examples['test_examples']} to test with, the same for all rows. The likelihood is that "
        "of a cell's counts given their sum; networks have the same sizes, with 10 latents and one "
        f"hidden layer of 128, and {RECIPE.num_samples:,} importance samples. scvi-tools trains by "
        "its defaults; it has no clusters of its own, so they are ten groups by k-means on its "
        "latents; ours are the components of the prior. The kinds of cells are ten, and training "
        "saw none of them. `±` is the standard deviation over seeds.",
        "",
        f"| | {' | '.join(head for head, *_ in COLUMNS.values())} | seeds |",
        "| --- |" + " ---: |" * (len(COLUMNS) + 1),
    )
    for name, value in ours["baselines"].items():
        yield f"| {name}, no latents | {-value:.2f} |" + " |" * len(COLUMNS)
    for name, runs in theirs.items():
        if runs:
            yield _row(f"scvi-tools, {WORDS[name]}", runs)
    yield _row(f"`{ours['name']}`", ours["runs"])
    one = next(run for runs in theirs.values() for run in runs)
    versions = ", ".join(f"{name} {number}" for name, number in one["versions"].items())
    yield from (
        "",
        f"`python -m benchmarks.against_scvi --seed N` ({versions}), and "
        f"`python -m tfvae.zoo train {ours['name']}`.",
    )


def _row(title: str, runs: Runs) -> str:
    """Returns a row of means over seeds, with their standard deviation if there are several."""
    cells = []
    for key, (_, sign, digits) in COLUMNS.items():
        values = [sign * run["scores"][key] for run in runs]
        spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
        cells.append(f"{np.mean(values):.{digits}f}{spread}")
    return f"| {title} | {' | '.join(cells)} | {len(runs)} |"
