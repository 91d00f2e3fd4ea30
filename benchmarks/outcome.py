"""What a benchmark gives back: medians, targets and all that was measured, as one JSON file."""

import json
import os
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.alternate import Series
from benchmarks.machine import describe_machine

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Options:
    """How a benchmark is run.

    `quick` tries the machinery on little data, and proves nothing; `whole` extrapolates nothing.
    """

    quick: bool = False
    whole: bool = False
    seed: int = 0
    progress: Callable[[str], None] = print


@dataclass(frozen=True)
class Row:
    """One measured quantity: its median and the value that nine runs in ten do not exceed.

    For a rate, where more is better, `p90` is what nine runs in ten reach.
    """

    what: str
    unit: str
    median: float
    p90: float
    count: int


@dataclass(frozen=True)
class Target:
    """A claim, as a bound on a measured value."""

    what: str
    value: float
    bound: float
    at_least: bool
    unit: str = "x"

    @property
    def holds(self) -> bool:
        """Whether the measured value keeps the bound."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound


@dataclass(frozen=True)
class Outcome:
    """Everything that a benchmark found."""

    title: str
    rows: Sequence[Row]
    targets: Sequence[Target]
    settings: Mapping[str, Any]
    measurements: Mapping[str, Any]
    versions: Mapping[str, str]
    notes: Sequence[str] = field(default_factory=tuple)


def duration_row(what: str, seconds: Sequence[float], unit: str = "s") -> Row:
    """Median and p90 of durations, of which less is better."""
    return Row(what, unit, statistics.median(seconds), percentile_90(seconds), len(seconds))


def rate_row(what: str, rates: Sequence[float], unit: str) -> Row:
    """Median of rates, of which more is better, and the rate that nine runs in ten reach."""
    slowest = -percentile_90([-rate for rate in rates])
    return Row(what, unit, statistics.median(rates), slowest, len(rates))


def percentile_90(values: Sequence[float]) -> float:
    """The 90th percentile, interpolated between neighbours."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=10, method="inclusive")[-1]


def paired_ratios(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """Ratios of measurements that were taken next to each other."""
    return [top / bottom for top, bottom in zip(numerators, denominators, strict=True)]


def merged_versions(series: Mapping[str, Series]) -> dict[str, str]:
    """Versions of all libraries that the workers named."""
    merged: dict[str, str] = {}
    for one in series.values():
        merged.update(one.facts.get("versions", {}))
    return dict(sorted(merged.items()))


def measurements_of(series: Mapping[str, Series]) -> dict[str, Any]:
    """The workers' reports as JSON."""
    return {name: asdict(one) for name, one in series.items()}


def write_outcome(name: str, outcome: Outcome, options: Options, other_cores: float | None) -> Path:
    """Write the result file of a benchmark, all of it or nothing, and return its path."""
    amount = " --quick" if options.quick else " --whole" if options.whole else ""
    report = {
        "name": name,
        "title": outcome.title,
        "command": f"python -m benchmarks {name} --seed {options.seed}{amount}",
        "quick": options.quick,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": options.seed,
        "machine": describe_machine(),
        "cores_busy_for_others": other_cores,
        "versions": dict(outcome.versions),
        "settings": dict(outcome.settings),
        "rows": [asdict(row) for row in outcome.rows],
        "targets": [{**asdict(target), "holds": target.holds} for target in outcome.targets],
        "notes": list(outcome.notes),
        "measurements": dict(outcome.measurements),
    }
    path = RESULTS / f"{name}{'.quick' if options.quick else ''}.json"
    write_text(path, json.dumps(report, indent=1) + "\n")
    return path


def write_text(path: Path, text: str) -> None:
    """Replace a file's text in one step, through a temporary file in the same folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        # mkstemp makes files that only their owner reads; these are for everyone.
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
