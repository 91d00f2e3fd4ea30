"""The precisions that a bundle may have, and how far each may be from its model."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import ExportError

RELATIVE, NATS = "max|a-b|/max|a|", "nats of ELBO"


@dataclass(frozen=True)
class Precision:
    """One way to store and compute.

    Args:
        name: what it is called.
        limit: how far an artefact may be from its model before the export fails.
        unit: in what: of each output, or of the mean ELBO of held-out examples.
        meaning: in words.
    """

    name: str
    limit: float
    unit: str
    meaning: str


PRECISIONS = {
    precision.name: precision
    for precision in (
        Precision("float32", 1e-5, RELATIVE, "weights and arithmetic in float32"),
        Precision("float16", 1e-2, RELATIVE, "weights in float16, arithmetic in float32"),
        Precision("int8-weights", 0.5, NATS, "weights in int8, arithmetic in float32"),
        Precision("int8", 2.0, NATS, "weights and arithmetic of the networks in int8"),
    )
}


def checked_precisions(names: Sequence[str]) -> tuple[str, ...]:
    """Returns the names without repetition, in the order of this table.

    Raises:
        ExportError: if one is unknown, or there is none.
    """
    given = [names] if isinstance(names, str) else list(names)
    unknown = [name for name in given if name not in PRECISIONS]
    if unknown or not given:
        raise ExportError(
            f"`precisions` must be some of {', '.join(PRECISIONS)}, but "
            f"{', '.join(map(repr, unknown)) or 'none'} was given."
        )
    return tuple(name for name in PRECISIONS if name in given)


def checked_limits(limits: Mapping[str, Any] | None) -> dict[str, float]:
    """Returns the limit of every precision, the given ones in place of their own.

    Raises:
        ExportError: if a precision is unknown, or a limit no number above zero.
    """
    for name, limit in (limits or {}).items():
        checked_precisions([name])
        number = isinstance(limit, int | float) and not isinstance(limit, bool)
        if not (number and limit > 0.0 and not math.isnan(limit)):
            raise ExportError(
                f"The limit of {name} must be a number above zero, in {PRECISIONS[name].unit}, but "
                f"is {limit!r}."
            )
    return {name: one.limit for name, one in PRECISIONS.items()} | dict(limits or {})
