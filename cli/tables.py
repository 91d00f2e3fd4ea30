"""Tables of numbers as files: CSV by the standard library, Parquet by pyarrow where it is there."""

import csv
import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

SUFFIXES = (".csv", ".parquet")
DELIMITERS = ",;\t"
MISSING = {"", "na", "nan", "null", "none"}
# How pandas writes an index that has no name.
INDEX = re.compile(r"__index_level_\d+__")
# Of a CSV file: the number of each line, and its cells.
Lines = Iterator[tuple[int, list[str]]]


class TableError(ValueError):
    """A file is no table of numbers, or cannot be written."""


class Table(NamedTuple):
    """A table of numbers.

    Args:
        values: float32 `[N, columns]`; NaN where a value is missing.
        columns: their names; x0, x1, ... where the file has none.
    """

    values: np.ndarray
    columns: list[str]


def read_cells(path: Path) -> dict[str, list[str]]:
    """Reads a table whose cells may be words: the text of each column, by its name.

    Args:
        path: as for `read_table`; a `.csv` file must have a line of names.

    Raises:
        TableError: if it is none: empty, ragged, with two columns of one name.
    """
    if path.suffix.lower() == ".parquet":
        table = _parquet(path)
        names = [name for name in table.column_names if not INDEX.fullmatch(name)]
        values = {name: table.column(name).to_pylist() for name in names}
        cells = {
            name: ["" if value is None else str(value) for value in column]
            for name, column in values.items()
        }
    else:
        names, rows = _csv_cells(path)
        cells = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    if not cells or not next(iter(cells.values())):
        raise TableError(f"{path} holds no rows below a line of names.")
    return cells


def read_table(path: Path) -> Table:
    """Reads a table whose columns are all numbers, each row an example.

    Args:
        path: a `.csv` file, its values between commas, semicolons or tabs, with a line of names or
            without; or a `.parquet` file. Missing values are NaN.

    Raises:
        TableError: if it is none: empty, ragged, with a column that is not of numbers.
    """
    found = _read_parquet(path) if path.suffix.lower() == ".parquet" else _read_csv(path)
    if not found.values.size:
        raise TableError(f"{path} holds no rows of numbers.")
    return found


def write_table(path: Path, columns: Mapping[str, np.ndarray], suffix: str) -> None:
    """Writes columns of equal length.

    Args:
        path: the file.
        columns: values by name of the column, in order.
        suffix: `.csv` or `.parquet`.
    """
    if suffix == ".parquet":
        arrow = pyarrow()
        arrow.parquet.write_table(arrow.table(dict(columns)), path)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def pyarrow() -> Any:
    """Returns the library that reads and writes Parquet.

    Raises:
        TableError: if it is not installed.
    """
    try:
        importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise TableError(
            "Parquet files need the package pyarrow: pip install 'tfvae[parquet]'"
        ) from error
    return importlib.import_module("pyarrow")


def _read_csv(path: Path) -> Table:
    return _of_csv(path, lambda lines: _numbers(path, lines))


def _of_csv(path: Path, made_of: Callable[[Lines], Any]) -> Any:
    """Returns what is made of the lines of a CSV file: numbers of lines, with their cells."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            first = file.readline()
            # Of several that divide it, a comma may stand within quotes.
            delimiter = max(DELIMITERS, key=re.sub(r'"[^"]*"', "", first).count)
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            return made_of((reader.line_num, cells) for cells in reader if cells)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path} is no CSV file that can be read.") from error


def _csv_cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """Returns the names of a CSV file's columns, and the cells of each row."""

    def read(lines: Lines) -> tuple[list[str], list[list[str]]]:
        names = _names(path, next(lines, (0, []))[1])
        return names, [_checked(path, number, cells, names) for number, cells in lines]

    return _of_csv(path, read)


def _numbers(path: Path, lines: Lines) -> Table:
    """Returns the numbers of a CSV file, line by line."""
    number, cells = next(lines, (0, []))
    columns, rows = [f"x{place}" for place in range(len(cells))], []
    if all(_number(cell) is not None for cell in cells):
        rows.append(_row(path, number, cells, columns))
    else:
        columns = _names(path, cells)
    rows += [_row(path, number, cells, columns) for number, cells in lines]
    return Table(np.stack(rows) if rows else np.zeros([0, len(columns)], np.float32), columns)


def _names(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip() or f"x{place}" for place, cell in enumerate(cells)]
    if len(set(names)) < len(names):
        raise TableError(f"{path} has two columns of one name: {', '.join(names[:10])}.")
    return names


def _checked(path: Path, line: int, cells: list[str], columns: list[str]) -> list[str]:
    if len(cells) != len(columns):
        raise TableError(
            f"{path} has {len(cells)} values in line {line}, but {len(columns)} columns."
        )
    return cells


def _row(path: Path, line: int, cells: list[str], columns: list[str]) -> np.ndarray:
    _checked(path, line, cells, columns)
    numbers = [_number(cell) for cell in cells]
    if None in numbers:
        place = numbers.index(None)
        raise TableError(
            f"{path} has {cells[place]!r} in line {line}, column {columns[place]!r}, which is no "
            "number. Leave out columns that are not of numbers."
        )
    return np.array(numbers, np.float32)


def _number(cell: str) -> float | None:
    """Returns the number that a cell holds, NaN if it is empty, or None if it is something else."""
    cell = cell.strip().lower()
    if cell in MISSING:
        return float("nan")
    try:
        # Python alone takes 1_000 for a number.
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def _parquet(path: Path) -> Any:
    """Returns the table of a Parquet file."""
    arrow = pyarrow()
    try:
        return arrow.parquet.ParquetFile(path).read()
    except (OSError, arrow.ArrowException) as error:
        raise TableError(f"{path} is no Parquet file that can be read.") from error


def _read_parquet(path: Path) -> Table:
    arrow, table = pyarrow(), _parquet(path)
    names = [name for name in table.column_names if not INDEX.fullmatch(name)]
    arrays = []
    for name in names:
        column, types = table.column(name), arrow.types
        kind = column.type
        numeric = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
        if not any(is_kind(kind) for is_kind in numeric):
            raise TableError(
                f"{path} has a column {name!r} of type {kind}, which is not of numbers. Leave out "
                "columns that are not of numbers."
            )
        arrays.append(column.cast(arrow.float64(), safe=False).to_numpy().astype(np.float32))
    values = np.stack(arrays, axis=1) if arrays else np.zeros([0, 0], np.float32)
    return Table(values, names)
