"""What a comparison of an artefact with its model found."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .placing import WRITER

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Row:
    """The difference of one output of one endpoint between an artefact and its model.

    Args:
        endpoint: name of the endpoint.
        output: name of the output.
        difference: max|a - b| / max|a| with a the model and b the artefact, over all values of one
            group of inputs: the group nearest to, or farthest above, its tolerance.
        tolerance: what `difference` may be on that group.
        absolute: max|a - b| of that group, in the output's own unit.
        largest: max|a| of that group.
        inputs: name of that group.
        count: how many values were compared, in all groups.
        float32_error: what the model itself errs by in float32 on that group, max|a - b| / max|a|
            with a the model in float64; None where `difference` was small enough without asking.
    """

    endpoint: str
    output: str
    difference: float
    tolerance: float
    absolute: float
    largest: float
    inputs: str
    count: int
    float32_error: float | None = None

    @property
    def severity(self) -> float:
        """The difference in units of what it may be."""
        return self.difference / self.tolerance

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.difference <= self.tolerance


@dataclass(frozen=True)
class ParityReport:
    """Every output of every endpoint of an artefact, beside the model that it came from.

    Args:
        rows: one for each output.
        tolerance: what `difference` may be on data and extremes; far out, where what is looked for
            is an overflow, and where float32 itself errs by more, it may be more, as the row says.
        details: what else `parity.json` says: kind of artefact, its files with sizes and sha256,
            signatures, precision and versions.
        path: the artefact, once it is in place.
    """

    rows: tuple[Row, ...]
    tolerance: float
    details: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None

    @property
    def failures(self) -> tuple[Row, ...]:
        """The rows above their tolerance."""
        return tuple(row for row in self.rows if not row.passed)

    @property
    def worst(self) -> Row:
        """The row nearest to its tolerance, or farthest above it."""
        return max(self.rows, key=lambda row: row.severity)

    def as_dict(self) -> dict[str, Any]:
        """Returns what `parity.json` contains."""
        rows = [{**asdict(row), "passed": row.passed} for row in self.rows]
        return {
            "written_by": WRITER,
            "format_version": FORMAT_VERSION,
            "tolerance": self.tolerance,
            "passed": not self.failures,
            **self.details,
            "rows": rows,
        }

    def write(self, path: Path) -> None:
        """Writes `parity.json` at the path."""
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(self.as_dict(), indent=1) + "\n", encoding="utf-8")

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{'endpoint':18}{'output':18}{'max|a-b|/max|a|':>16}{'max|a-b|':>12}  inputs"
        for row in self.rows:
            mark = "" if row.passed else f"  above {row.tolerance:g}"
            yield (
                f"{row.endpoint:18}{row.output:18}{row.difference:16.1e}{row.absolute:12.1e}  "
                f"{row.inputs}{mark}"
            )
