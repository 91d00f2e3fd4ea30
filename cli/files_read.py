"""Files and folders of examples, read in order: pictures, arrays and tables, each with its name."""

import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfvae_cli import tables

# One example a file, in a folder; the others hold any number.
ONE_EACH = (".png", ".npy")
SUFFIXES = (*ONE_EACH, ".npz", *tables.SUFFIXES)


class DataGivenError(ValueError):
    """What was given as data cannot be read as examples."""


class Rows(NamedTuple):
    """Examples as they stand in files.

    Args:
        values: `[N, ...]`, or a single array that may be one example.
        names: of each: its file within the folder, or the number of its row.
        columns: the names of a table's columns.
        side: further arrays of an `.npz` file, by name, each `[N, ...]`.
        cells: of a table in words and units, its cells by name of the column.
    """

    values: np.ndarray
    names: list[str]
    columns: list[str] | None = None
    side: dict[str, np.ndarray] = {}
    cells: dict[str, list[str]] | None = None


def read_rows(path: Path, side: Iterable[str] = (), schema: Any = None) -> Rows:
    """Reads examples in the order of their files' names, and within a file as they stand.

    Args:
        path: a file, or a folder, whose sub-folders are walked too. In a folder, a `.png` or `.npy`
            file is one example; `.npz`, `.csv` and `.parquet` files hold any number. Hidden files
            and those of other kinds are passed over.
        side: names of arrays that an `.npz` file may hold beside x.
        schema: the `tfvae.zoo.Schema` of tables in words and units; None for tables of numbers.

    Raises:
        DataGivenError: if there is nothing to read, or its parts are not alike.
        tfvae.zoo.DataError: if a table is not of that schema.
    """
    if not path.is_dir():
        return _read_file(path, side, schema)
    inside = (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    files = {file.relative_to(path).as_posix(): file for file in inside if file.is_file()}
    names = sorted(name for name in files if not any(p[0] == "." for p in Path(name).parts))
    if not names:
        raise DataGivenError(f"{path} holds no {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} files.")
    return _joined(path, names, [_within_folder(files[name], name, side, schema) for name in names])


def _within_folder(file: Path, name: str, side: Iterable[str], schema: Any) -> Rows:
    rows = _read_file(file, side, schema)
    suffix = file.suffix.lower()
    if suffix == ".npy":
        return Rows(rows.values[np.newaxis], [name])
    return rows._replace(
        names=[name if suffix == ".png" else f"{name}:{row}" for row in rows.names]
    )


def _joined(path: Path, names: list[str], parts: Sequence[Rows]) -> Rows:
    """Returns the examples of several files as those of one."""
    first = parts[0]
    for name, part in zip(names, parts, strict=True):
        shapes = (part.values.shape[1:], first.values.shape[1:])
        if shapes[0] != shapes[1]:
            raise DataGivenError(
                f"The examples in {path} differ in shape: {name} has {shapes[0]}, but {names[0]} "
                f"has {shapes[1]}."
            )
        if (part.columns, sorted(part.side)) != (first.columns, sorted(first.side)):
            raise DataGivenError(f"The files in {path} differ in columns: {names[0]} and {name}.")
    return Rows(
        np.concatenate([part.values for part in parts]),
        [name for part in parts for name in part.names],
        first.columns,
        {key: np.concatenate([part.side[key] for part in parts]) for key in first.side},
        first.cells
        and {key: [c for part in parts for c in (part.cells or {})[key]] for key in first.cells},
    )


def _read_file(path: Path, side: Iterable[str], schema: Any) -> Rows:
    suffix = path.suffix.lower()
    if suffix in tables.SUFFIXES and schema is not None:
        found = tables.read_cells(path)
        values = schema.read(found, str(path))
        cells = {name: found.get(name, [""] * len(values)) for name in schema.names}
        return Rows(values, _numbered(len(values)), schema.names, cells=cells)
    if suffix in tables.SUFFIXES:
        table = tables.read_table(path)
        return Rows(table.values, _numbered(len(table.values)), table.columns)
    if suffix == ".png":
        return Rows(_picture(path)[np.newaxis], [path.name])
    return _arrays(path, side)


def _picture(path: Path) -> np.ndarray:
    import tensorflow as tf

    try:
        return _scaled(tf.io.decode_png(path.read_bytes()).numpy(), path)
    except (OSError, tf.errors.InvalidArgumentError) as error:
        raise DataGivenError(f"{path} is no PNG image that can be read.") from error


def read_named(path: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of an `.npz` file by name; of an `.npy` file, its array by no name.

    Raises:
        DataGivenError: if it cannot be read.
    """
    try:
        # Opened here, for NumPy leaves a damaged archive open.
        with path.open("rb") as file:
            content = np.load(file, allow_pickle=False)
            return {"": content} if isinstance(content, np.ndarray) else dict(content)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise DataGivenError(f"{path} is no .npy or .npz file that can be read.") from error


def _arrays(path: Path, side: Iterable[str]) -> Rows:
    content = read_named(path)
    beside = {name: content.pop(name) for name in side if name in content}
    known: tuple[str, ...] = ("x", "x_test")
    names = [name for name in known if name in content][:1] or list(content)
    if len(names) != 1:
        raise DataGivenError(f"{path} must hold one array, or one named x: {names}.")
    values = _scaled(content[names[0]], path)
    return Rows(values, _numbered(len(values)), None, beside)


def _scaled(array: np.ndarray, path: Path) -> np.ndarray:
    if array.dtype.kind not in "biuf" or array.ndim == 0:
        raise DataGivenError(f"{path} must hold numbers, but is {array.dtype} {array.shape}.")
    values = array.astype(np.float32)
    return values / np.float32(255.0) if array.dtype == np.uint8 else values


def _numbered(count: int) -> list[str]:
    return [str(number) for number in range(count)]
