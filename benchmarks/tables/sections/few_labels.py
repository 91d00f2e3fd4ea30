"""The section of docs/results.md on digits of which few have a label."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tables.published import FEW_LABELS, LABEL_TARGETS, Published
from benchmarks.tables.sections.commands import block
from benchmarks.tables.semi import FOLDER
from tfvae.zoo.recipes.few_labels import COUNTS, TABLE

HEAD = [
    "learned by", "published", "target", "stretch", "error, %", "of each label set", "minutes",
    "cores",
]  # fmt: skip
# What is aimed at: M2 is, by itself and on M1.
AIMING = ("m2", "m1m2")
WORDS = {
    "m2_labelled_alone": "M2 without the other images",
    "m2": "M2",
    "m1m2": "M1+M2",
}
ELSEWHERE = {"pyro": "M2 in Pyro's examples"}
# Of a row that misses its target, by recipe, in words.
TRIED: Mapping[str, str] = {}

Runs = Sequence[Mapping[str, Any]]


def names() -> set[str]:
    """Returns the names of the recipes that this section tells of."""
    return {recipe.name for recipe in TABLE}


def load_classifiers(folder: Path = FOLDER) -> dict[int, Mapping[str, Any]]:
    """Returns the result files of the classifiers on pixels, by number of labels."""
    found = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    return {one["count"]: one for one in found}


def section(
    results: Mapping[str, Runs], classifiers: Mapping[int, Mapping[str, Any]]
) -> Iterator[str]:
    """Yields the lines of the section; rows that were not trained yet say so."""
    yield from (
        "## Few labels",
        "",
        "Handwritten digits of which few have a label: as many of each class, drawn by the seed "
        "among 50,000 training images; the other labels are not looked at. Error on the 10,000 "
        "test images, `±` its standard deviation over label sets. Networks, weights and motions "
        "were chosen by the error of one more label set, seed 100, on 10,000 training images held "
        "out, in runs of at most 12 epochs; the seeds below chose nothing, nor did test images. "
        "Training images without a label are read by M2 and M1+M2 alone. `missed` marks a mean "
        "above the target, which was set before any training.",
    )
    for count in COUNTS:
        yield from (
            "",
            f"### {count:,} labels",
            "",
            *_table(results, classifiers.get(count), count),
        )
    yield from ("", _sources(), "", *_commands(results, classifiers))


def _table(
    results: Mapping[str, Runs], classifiers: Mapping[str, Any] | None, count: int
) -> Iterator[str]:
    yield f"| {' | '.join(HEAD)} |"
    yield "| --- |" + " ---: |" * (len(HEAD) - 1)
    for name, errors in (classifiers or {"errors": {}})["errors"].items():
        yield _row([f"{name}, pixels", "", "", "", *_spread(errors)])
    for kind, words in ELSEWHERE.items():
        yield _row([words, _stated(FEW_LABELS[count].get(kind))])
    notes = []
    for kind, words in WORDS.items():
        name = recipe_name(kind, count)
        runs = results.get(name, ())
        errors = [run["scores"]["error"] for run in runs]
        aims = _aims(count, errors) if kind in AIMING else ["", ""]
        measured = [*_spread(errors), *_times(runs)] if runs else ["not trained yet"]
        yield _row([words, _stated(FEW_LABELS[count].get(kind)), *aims, *measured])
        if "missed" in aims[0] and name in TRIED:
            notes.append(f"- {words}, tried: {TRIED[name]}")
    if notes:
        yield from ("", *notes)


def recipe_name(kind: str, count: int) -> str:
    """Returns the name of the recipe of a row."""
    kind, _, rest = kind.partition("_")
    return "_".join(part for part in (kind, "mnist", str(count), rest) if part)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join([*cells, *[''] * (len(HEAD) - len(cells))])} |"


def _stated(published: Published | None) -> str:
    if published is None:
        return ""
    spread = "" if published.spread is None else f" ± {published.spread:.2f}"
    return f"{published.mean:.2f}{spread}"


def _aims(count: int, errors: Sequence[float]) -> list[str]:
    aims = LABEL_TARGETS[count]
    reached = [not errors or np.mean(errors) <= aim for aim in aims]
    return [f"{aim:.1f}{'' if met else ', missed'}" for aim, met in zip(aims, reached, strict=True)]


def _spread(errors: Sequence[float]) -> list[str]:
    spread = f" ± {np.std(errors, ddof=1):.2f}" if len(errors) > 1 else ""
    return [f"{np.mean(errors):.2f}{spread}", ", ".join(f"{error:.2f}" for error in errors)]


def _times(runs: Runs) -> list[str]:
    wall = np.array([run["run"]["wall_seconds"] for run in runs])
    processor = np.array([run["run"]["processor_seconds"] for run in runs])
    minutes = ", ".join(f"{seconds / 60:.0f}" for seconds in wall)
    return [minutes, f"{processor.sum() / wall.sum():.1f}"]


def _sources() -> str:
    named = {one.source for rows in FEW_LABELS.values() for one in rows.values()}
    return f"Published: {'; '.join(sorted(named))}."


def _commands(
    results: Mapping[str, Runs], classifiers: Mapping[int, Mapping[str, Any]]
) -> Iterator[str]:
    trained = [results.get(recipe_name(kind, count), ()) for kind in WORDS for count in COUNTS]
    others = [one["command"] for one in classifiers.values()][:1]
    if others or any(trained):
        yield from ("Each label set of each row, by these commands:", "", *block(trained, others))
