"""What the columns of a table are, in words and units; and the numbers that a model reads."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from .errors import DataError, PresetError
from .molecule_schema import MoleculeSchema

MISSING = frozenset({"", "na", "nan", "null", "none", "?"})


@dataclass(frozen=True)
class Number:
    r"""A column of positive numbers, which a model reads as standardised logarithms.

    $$(\log value - loc) / scale$$

    Args:
        name: of the column.
        step: the distance between neighbouring values, to which they were rounded.
        loc: mean of the logarithm.
        scale: its standard deviation.
    """

    name: str
    step: float
    loc: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Checks what a file may state."""
        if not (self.step > 0.0 and self.scale > 0.0 and math.isfinite(self.loc)):
            raise ValueError(f"{self.name}: `step` and `scale` must be above 0, `loc` finite.")

    @property
    def expected(self) -> str:
        """What a cell may hold, in words."""
        return "a number above 0"

    def standardised(self, values: Any) -> Any:
        """Returns what a model reads for values above 0."""
        return (np.log(values) - self.loc) / self.scale

    def read(self, cell: str) -> float:
        """Returns what a model reads for a cell.

        Raises:
            ValueError: if it is no number above 0.
        """
        # Python alone takes 1_000 for a number.
        value = float("inf" if "_" in cell else cell)
        if not 0.0 < value < math.inf:
            raise ValueError(self.expected)
        return float(self.standardised(np.float64(value)))

    def write(self, values: np.ndarray) -> list[str]:
        """Returns cells for what a model gave, rounded as the column's values were; "" for NaN."""
        digits = max(0, -math.floor(math.log10(self.step)))
        whole = np.exp(np.asarray(values, np.float64) * self.scale + self.loc) / self.step
        # What is below half a step would be 0, which the column cannot hold.
        rounded = np.maximum(np.round(whole), 1.0) * self.step
        return ["" if math.isnan(value) else f"{value:.{digits}f}" for value in rounded]


@dataclass(frozen=True)
class Grade:
    """A column of words in an order, which a model reads as codes 0, 1, ...

    Args:
        name: of the column.
        levels: the words, from the lowest to the highest.
    """

    name: str
    levels: tuple[str, ...]

    def __post_init__(self) -> None:
        """Checks what a file may state."""
        if len(set(self.levels)) != len(self.levels) or len(self.levels) < 2:
            raise ValueError(f"{self.name}: `levels` must be two words at least, no two alike.")

    @property
    def expected(self) -> str:
        """What a cell may hold, in words."""
        return f"one of {', '.join(self.levels)}"

    def read(self, cell: str) -> float:
        """Returns the code of a word.

        Raises:
            ValueError: if it is none of the levels.
        """
        if cell not in self.levels:
            raise ValueError(self.expected)
        return float(self.levels.index(cell))

    def write(self, values: np.ndarray) -> list[str]:
        """Returns the words of codes, the nearest level's; "" for NaN."""
        last = len(self.levels) - 1
        return [
            "" if math.isnan(code) else self.levels[min(max(round(float(code)), 0), last)]
            for code in values
        ]


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in the order in which a model reads them.

    Args:
        columns: each a `Number` or a `Grade`.

    Example:
        >>> schema = Schema((Number("price", step=1.0), Grade("cut", ("Fair", "Good"))))
        >>> x = schema.read({"cut": ["Good", ""], "price": ["20", "1"]}, "a table")
        >>> x.shape, bool(np.isnan(x[1, 1]))
        ((2, 2), True)
        >>> schema.write(x)
        {'price': ['20', '1'], 'cut': ['Good', '']}
    """

    columns: tuple[Number | Grade, ...]

    @classmethod
    def from_metadata(cls, described: Any) -> Self:
        """Returns the schema that a preset's metadata describe.

        Raises:
            PresetError: if they describe none.
        """
        try:
            return cls(
                tuple(
                    Grade(each["name"], tuple(map(str, each["levels"])))
                    if "levels" in each
                    else Number(**each)
                    for each in described
                )
            )
        except (TypeError, ValueError, KeyError) as error:
            raise PresetError(
                f"The preset's metadata describe no columns of a table ({error}). Fetch or save "
                "the preset again."
            ) from error

    def describe(self) -> list[dict[str, Any]]:
        """Returns what a preset's metadata say of the columns."""
        return [asdict(column) for column in self.columns]

    def facts(self) -> dict[str, Any]:
        """Returns what a preset's metadata say of the table."""
        return {"columns": self.describe()}

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    def read(self, cells: Mapping[str, Sequence[str]], where: str) -> np.ndarray:
        """Returns what a model reads for a table of text.

        Args:
            cells: the text of each column, by name, in any order; a column that is not there is
                missing in all rows, and empty cells (also `NA`, `NaN` and the like) are missing.
            where: what the table is called, in messages.

        Returns:
            float32 `[N, columns]`, NaN where a value is missing.

        Raises:
            DataError: if a name is none of the table's, or a value none of its column's.
        """
        unknown = [name for name in cells if name not in self.names]
        if unknown or not cells:
            raise DataError(
                f"{where} has the column {unknown[0] if unknown else ''!r}, but the model's are "
                f"{', '.join(self.names)}. Leave others out."
            )
        rows = len(next(iter(cells.values())))
        empty = [""] * rows
        columns = [_read(column, cells.get(column.name, empty), where) for column in self.columns]
        return np.stack(columns, axis=1).astype(np.float32)

    def write(self, x: np.ndarray) -> dict[str, list[str]]:
        """Returns the cells of what a model gave, `[N, columns]`, by name of the column."""
        pairs = zip(self.columns, np.asarray(x).T, strict=True)
        return {column.name: column.write(values) for column, values in pairs}

    def typed(self, cells: Mapping[str, Sequence[str]]) -> dict[str, np.ndarray]:
        """Returns cells as arrays: numbers as float64, NaN where one is missing; words as text."""
        return {
            column.name: np.array([float(cell or "nan") for cell in cells[column.name]])
            if isinstance(column, Number)
            else np.array(cells[column.name])
            for column in self.columns
        }


def schema_of(metadata: Mapping[str, Any]) -> Schema | MoleculeSchema | None:
    """Returns what stands in tables of a preset's examples; None if it says nothing of tables.

    Raises:
        PresetError: if what it says cannot be.
    """
    if "columns" in metadata:
        return Schema.from_metadata(metadata["columns"])
    if "tokens" in metadata:
        return MoleculeSchema.from_metadata(metadata["tokens"], metadata.get("length"))
    return None


def schema(handle: str | Path) -> Schema | MoleculeSchema:
    """Returns what stands in the table that a preset is a model of.

    Args:
        handle: as for `tfvae.zoo.resolve`.

    Returns:
        A `Schema` of columns, or a `MoleculeSchema`; either reads and writes text.

    Raises:
        PresetError: if there is no such preset, it is damaged, or it is not of a table.

    Example:
        >>> schema("gmvae_mnist")
        Traceback (most recent call last):
        tfvae.zoo.errors.PresetError: gmvae_mnist is no preset of a table...
    """
    from .hub import info

    found = schema_of(info(handle))
    if found is None:
        raise PresetError(f"{handle} is no preset of a table: it says nothing of columns.")
    return found


def _read(column: Number | Grade, cells: Sequence[str], where: str) -> np.ndarray:
    values = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        text = cell.strip()
        if text.lower() in MISSING:
            continue
        try:
            values[row] = column.read(text)
        except ValueError as error:
            raise DataError(
                f"{where} has {text!r:.40} in row {row + 1} of the column {column.name!r}, but "
                f"expected is {column.expected}, or nothing where it is missing."
            ) from error
    return values
