"""Write docs/results.md from the result files: `python -m benchmarks.tables.page`."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.outcome import write_text
from benchmarks.tables import clusters as clusters_scored
from benchmarks.tables import score
from benchmarks.tables.sections import cells, choices, clusters, evidence, few_labels, linear
from benchmarks.tables.trained import Results, load_results

PAGE = Path(__file__).parents[2] / "docs" / "results.md"
NOTHING: Mapping[Any, Any] = MappingProxyType({})


def markdown(
    models: Results = NOTHING,
    clustered: Results = NOTHING,
    linears: Sequence[Mapping[str, Any]] = (),
    classifiers: Mapping[int, Mapping[str, Any]] = NOTHING,
    counted: Results = NOTHING,
    preset: Mapping[str, Any] | None = None,
    chosen: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Returns the page; rows that were not trained yet say so."""
    with_labels = few_labels.names()
    sections = [
        evidence.section({name: runs for name, runs in models.items() if name not in with_labels}),
        few_labels.section(models, classifiers),
        clusters.section(clustered),
        linear.section(linears),
        cells.section(counted, preset),
        choices.section(chosen),
    ]
    lines = ["# Results"]
    for section in map(list, sections):
        lines += ["", *section] if section else []
    return "\n".join(lines) + "\n"


def whole_page() -> str:
    """Returns the page of all result files in the repository."""
    return markdown(
        load_results(score.FOLDER),
        load_results(clusters_scored.FOLDER),
        linear.load(),
        few_labels.load_classifiers(),
        cells.load(),
        cells.preset(),
        choices.load(),
    )


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables.page", description=__doc__)
    parser.add_argument("--output", type=Path, default=PAGE)
    write_text(parser.parse_args().output, whole_page())


if __name__ == "__main__":
    main()
