"""Write the result files as Markdown: `python -m benchmarks.report [--update README.md]`.

Writes `docs/speed.md`, the whole report. With `--update`, its first table, claims beside their
targets, also replaces the text between the file's lines `<!-- benchmarks:begin -->` and
`<!-- benchmarks:end -->`.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import MANY_CORES
from benchmarks.outcome import RESULTS, write_text

BEGIN = "<!-- benchmarks:begin -->"
END = "<!-- benchmarks:end -->"
PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
# A report for readers: these rows, where a result has many more.
ROWS_SHOWN = 7
LIBRARY_NAMES = {
    "tfvae": "tfvae",
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "ai-edge-litert": "LiteRT",
    "numpy": "NumPy",
    "pythae": "pythae",
    "torch": "PyTorch",
    "python": "Python",
}


def load_results(folder: Path = RESULTS) -> list[dict[str, Any]]:
    """All results that make a claim, by name; quick trials are left out."""
    reports = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    return [report for report in reports if not report["quick"]]


def claims(results: Sequence[dict[str, Any]]) -> str:
    """The table of targets, and whether they were reached.

    Raises:
        ValueError: If there are no results.
    """
    if not results:
        raise ValueError("There are no results to report: run `python -m benchmarks` first.")
    targets = [target_cells(target) for report in results for target in report["targets"]]
    return as_table(["claim", "target", "measured", "holds"], targets)


def markdown(results: Sequence[dict[str, Any]]) -> str:
    """The page: claims, medians with p90, and where and when they were measured.

    Raises:
        ValueError: If there are no results.
    """
    rows = [row_cells(report, row) for report in results for row in report["rows"][:ROWS_SHOWN]]
    parts = [
        "# Speed",
        claims(results),
        as_table(["benchmark", "", "median", "p90", "runs"], rows),
        *sorted({provenance(report) for report in results}),
        "`make bench` measures it all again, pythae in an environment of its own.",
    ]
    return "\n\n".join(parts) + "\n"


def target_cells(target: dict[str, Any]) -> list[str]:
    """One claim as the cells of a row."""
    relation = "at least" if target["at_least"] else "at most"
    bound = f"{relation} {_quantity(target['bound'], target['unit'])}"
    measured = f"**{_quantity(target['value'], target['unit'])}**"
    return [target["what"], bound, measured, "yes" if target["holds"] else "no"]


def row_cells(report: dict[str, Any], row: dict[str, Any]) -> list[str]:
    """One measured quantity as the cells of a row."""
    median, p90 = (_quantity(row[key], row["unit"]) for key in ("median", "p90"))
    return [f"`{report['name']}`", row["what"], median, p90, str(row["count"])]


def provenance(report: dict[str, Any]) -> str:
    """Machine, versions and date of a result, in a sentence."""
    machine = report["machine"]
    versions = report["versions"]
    named = [f"{label} {versions[key]}" for key, label in LIBRARY_NAMES.items() if key in versions]
    return (
        f"`{report['command']}`: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']:.0f} GiB, {machine['system']}; {', '.join(named)}; "
        f"{report['date'][:10]}{_disturbance(report['cores_busy_for_others'])}."
    )


def as_table(header: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    names = list(header)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def update(path: Path, text: str, begin: str = BEGIN, end: str = END) -> None:
    """Replace the text between the markers of a file.

    Raises:
        ValueError: If the file does not have each marker once, in their order.
    """
    document = path.read_text("utf-8")
    before, found_begin, rest = document.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end or document.count(begin) + document.count(end) != 2:
        raise ValueError(
            f"{path.name} must contain the lines {begin} and {end} once each, in this order; "
            "add them where the table belongs."
        )
    write_text(path, f"{before}{begin}\n{text}\n{end}{after}")


def _disturbance(other_cores: float | None) -> str:
    if other_cores is None or other_cores < MANY_CORES:
        return ""
    return f"; other programs took {other_cores:.1f} cores meanwhile"


def _quantity(value: float, unit: str) -> str:
    if unit == "x":
        return f"{value:.2f}x"
    if unit == "%":
        return f"{value:.0f} %"
    figures = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{figures} {unit}"


def main() -> None:
    """Write the page, and the claims into another file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("--update", type=Path, metavar="FILE", help="replace the claims in FILE")
    arguments = parser.parse_args()
    results = load_results()
    write_text(PAGE, markdown(results))
    if arguments.update:
        update(arguments.update, claims(results))


if __name__ == "__main__":
    main()
