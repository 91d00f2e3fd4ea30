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
            group of inputs: the largest of the groups.
        absolute: max|a - b| of that group, in the output's own unit.
        largest: max|a| of that group.
        inputs: name of that group.
        count: how many values were compared, in all groups.
    """

    endpoint: str
    output: str
    difference: float
    absolute: float
    largest: float
    inputs: str
    count: int


@dataclass(frozen=True)
class ParityReport:
    """Every output of every endpoint of an artefact, beside the model that it came from.

    Args:
        rows: one for each output.
        tolerance: what `difference` of a row may be.
        details: what else `parity.json` says: kind of artefact, its files with sizes and sha256,
            signatures, precision and versions.
        path: the artefact, once it is in place.
    """

    rows: tuple[Row, ...]
    tolerance: float
    details: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None

    def passes(self, row: Row) -> bool:
        """Whether a row is within the tolerance; one that is not a number is not."""
        return row.difference <= self.tolerance

    @property
    def failures(self) -> tuple[Row, ...]:
        """The rows above the tolerance."""
        return tuple(row for row in self.rows if not self.passes(row))

    @property
    def worst(self) -> Row:
        """The row with the largest difference."""
        return max(self.rows, key=lambda row: (row.difference != row.difference, row.difference))

    def as_dict(self) -> dict[str, Any]:
        """Returns what `parity.json` contains."""
        rows = [{**asdict(row), "passed": self.passes(row)} for row in self.rows]
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
            mark = "" if self.passes(row) else f"  above {self.tolerance:g}"
            yield (
                f"{row.endpoint:18}{row.output:18}{row.difference:16.1e}{row.absolute:12.1e}  "
                f"{row.inputs}{mark}"
            )
