"""What a bundle's artefacts were found to do: as an object, as JSON and as a page."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .placing import WRITER
from .precisions import PRECISIONS
from .rendering import megabytes, microseconds, render
from .subject import versions

FORMAT_VERSION = 1


@dataclass(frozen=True)
class BundleReport:
    """Every artefact of a bundle, beside the model that it came from.

    Args:
        path: the bundle.
        artefacts: for each its path, size, `differences` on held-out examples, `quality`, and
            `latency` if that was measured.
        model: what was measured of the Keras model itself.
        held_out: on how many examples.
        limits: how far each precision was allowed to be from the model.
        machine: where times were measured.
        name: what the model is called.
    """

    path: Path
    artefacts: tuple[Mapping[str, Any], ...]
    model: tuple[Mapping[str, Any], ...]
    held_out: int
    limits: Mapping[str, float]
    machine: Mapping[str, Any]
    name: str

    def as_dict(self) -> dict[str, Any]:
        """Returns what `report.json` contains."""
        content = asdict(self)
        del content["path"]
        # JSON has no infinity.
        content["limits"] = {
            name: limit if limit < float("inf") else None for name, limit in self.limits.items()
        }
        units = {name: precision.unit for name, precision in PRECISIONS.items()}
        return {
            "written_by": WRITER,
            "format_version": FORMAT_VERSION,
            **content,
            "units_of_limits": units,
            "versions": versions(),
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        head = ("size", "ELBO, nats", "worst output", "decode one")
        yield f"{'artefact':32}" + "".join(f"{title:>14}" for title in head)
        for one in self.artefacts:
            cells = (megabytes(one["bytes"]), elbo_change(one), worst(one), decode_one(one))
            yield f"{one['path']:32}" + "".join(f"{cell:>14}" for cell in cells)


def elbo_change(artefact: Mapping[str, Any]) -> str:
    """Returns by how much the mean ELBO differs from the model's, in nats."""
    pair = artefact["quality"].get("elbo")
    # Adding zero takes the sign from a zero.
    return f"{round(pair['artefact'] - pair['model'], 4) + 0.0:+.4f}" if pair else "-"


def worst(artefact: Mapping[str, Any]) -> str:
    """Returns the largest relative difference of any output on held-out examples."""
    return f"{max(one['relative'] for one in artefact['differences']):.1e}"


def decode_one(artefact: Mapping[str, Any]) -> str:
    """Returns the median time to decode one latent with one thread."""
    for run in artefact.get("latency", ()):
        for call in run.get("calls", ()):
            if (run["threads"], call["endpoint"], call["batch"]) == (1, "decode", 1):
                return microseconds(call["p50_us"])
    return "-"


def write_report(report: BundleReport, folder: Path) -> None:
    """Writes `report.json` and `report.html`."""
    content = report.as_dict()
    text = json.dumps(content, indent=1, allow_nan=False)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    page = render(
        "report.html",
        report=content,
        elbo_change=elbo_change,
        worst=worst,
        timings=list(_timings(report)),
        ratio=lambda artefact: artefact["bytes"] / _reference(report),
        endpoints=_endpoints(report),
    )
    (folder / "report.html").write_text(page, encoding="utf-8")


def _reference(report: BundleReport) -> int:
    """Returns the size that others are compared with: that of the first float32 TFLite file."""
    files = [one for one in report.artefacts if one["kind"] == "TFLite"] or report.artefacts
    return int(files[0]["bytes"])


def _endpoints(report: BundleReport) -> list[dict[str, Any]]:
    """Returns, for each output, its largest relative difference by artefact."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for artefact in report.artefacts:
        for one in artefact["differences"]:
            key = (one["endpoint"], one["output"])
            row = rows.setdefault(key, {"name": "/".join(key), "cells": []})
            row["cells"].append(one)
    return list(rows.values())


def _timings(report: BundleReport) -> Iterator[dict[str, Any]]:
    """Yields a row for each way to run the model, and each number of threads."""
    sources = [("the Keras model", report.model)]
    sources += [(one["path"], one.get("latency", ())) for one in report.artefacts]
    for name, runs in sources:
        for run in runs:
            ways: dict[str, dict[str, Any]] = {}
            for call in run.get("calls", ()):
                cells = ways.setdefault(call["way"], {})
                cells[f"{call['endpoint']} {call['batch']}"] = call
            for way, cells in ways.items():
                yield {
                    "name": way if name == "the Keras model" else name,
                    "threads": run["threads"],
                    "cells": cells,
                    "first_ms": run["first_ms"] if name != "the Keras model" else None,
                    "peak_mb": run["peak_mb"],
                }
            if "error" in run:
                yield {"name": name, "threads": run["threads"], "error": run["error"]}
