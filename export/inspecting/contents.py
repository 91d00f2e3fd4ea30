"""What was found in a file or a folder: signatures, operations, weights and sizes."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..running import SERVING_DEFAULT

Shape = tuple[int | None, ...] | None


@dataclass(frozen=True)
class Value:
    """An input or an output of a signature.

    Args:
        name: its name.
        dtype: its type, such as "float32".
        shape: its shape; None for an axis of any size, or for a shape of any rank.
        meaning: what it is, in words; empty where the file does not say.
        limits: the least and the largest value that it may have, or that an example had.
        kind: of noise, "normal" or "uniform".
        scale: where it is stored in integers, what a step of one is worth.
        zero_point: the integer that stands for zero.
    """

    name: str
    dtype: str
    shape: Shape
    meaning: str = ""
    limits: tuple[float, float] | None = None
    kind: str = ""
    scale: float | None = None
    zero_point: int | None = None


@dataclass(frozen=True)
class Signature:
    """A function that may be called by its name.

    Args:
        name: its name; empty for the graph of a file that names none.
        inputs: what it takes.
        outputs: what it returns.
    """

    name: str
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]

    @property
    def tensors(self) -> tuple[tuple[Any, ...], ...]:
        """Names, types and shapes of what it takes and returns."""
        return tuple(
            tuple((one.name, one.dtype, one.shape) for one in values)
            for values in (self.inputs, self.outputs)
        )


@dataclass(frozen=True)
class Operator:
    """A kind of operation; of a Keras model, a class of which it is made.

    Args:
        name: its name.
        count: how many there are, over all signatures.
        types: how many of them compute in each type.
    """

    name: str
    count: int
    types: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Weight:
    """An array that is stored.

    Args:
        name: its name in the file.
        dtype: the type that it is stored in.
        shape: its shape.
        bytes: what it takes.
        quantised: "per channel" or "per tensor", where integers stand for real numbers.
        role: "weight", or "optimiser" for what only training needs.
    """

    name: str
    dtype: str
    shape: Shape
    bytes: int
    quantised: str = ""
    role: str = "weight"

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return 0 if self.shape is None else math.prod(length or 0 for length in self.shape)


@dataclass(frozen=True)
class Contents:
    """What a file or a folder holds.

    Args:
        path: where it is.
        kind: "TFLite", "SavedModel", "Keras" or "preset".
        signatures: the functions that may be called; a Keras model has none before it is exported.
        operators: kinds of operations, the most frequent first.
        weights: the arrays that are stored, the largest first.
        activations: how many tensors are computed in each type.
        sizes: in bytes, "all" and its parts.
        metadata: in bytes, what else a TFLite file carries, by name.
        about: what the artefact says of itself: its model.json, or metadata.json.
        checked_by: where the checksums came from by which the files were found whole.
    """

    path: Path
    kind: str
    signatures: tuple[Signature, ...] = ()
    operators: tuple[Operator, ...] = ()
    weights: tuple[Weight, ...] = ()
    activations: Mapping[str, int] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    metadata: Mapping[str, int] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    checked_by: tuple[str, ...] = ()

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The names of the signatures, sorted; without a default one that is one of the others."""
        named = {one.name: one.tensors for one in self.signatures if one.name}
        others = [tensors for name, tensors in named.items() if name != SERVING_DEFAULT]
        if named.get(SERVING_DEFAULT) in others:
            del named[SERVING_DEFAULT]
        return tuple(sorted(named))

    @property
    def precisions(self) -> dict[str, dict[str, int]]:
        """For each type of the weights, their number, how many numbers they have, and bytes."""
        found: dict[str, dict[str, int]] = {}
        for one in self.weights:
            name = ", ".join(filter(None, (one.dtype, one.quantised)))
            name = name if one.role == "weight" else f"{name} ({one.role})"
            row = found.setdefault(name, {"weights": 0, "numbers": 0, "bytes": 0})
            row["weights"] += 1
            row["numbers"] += one.size
            row["bytes"] += one.bytes
        return found

    def as_dict(self) -> dict[str, Any]:
        """Returns all of it as JSON has it."""
        found = {**asdict(self), "path": str(self.path)}
        return {**found, "endpoints": list(self.endpoints), "precisions": self.precisions}


def by_count(counts: Mapping[str, int], types: Mapping[str, Mapping[str, int]]) -> Any:
    """Returns kinds of operations, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Operator(name, count, dict(types.get(name, {}))) for name, count in ordered)


def by_size(weights: list[Weight]) -> tuple[Weight, ...]:
    """Returns weights, the largest first."""
    return tuple(sorted(weights, key=lambda one: (-one.bytes, one.name)))
