"""What a command leaves behind: arrays, tables or pictures, whole or not at all."""

import json
import math
import os
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfvae_cli import tables

FOLDER = ""
PICTURE = ".png"
ARRAYS, TABLES, PICTURES = (".npy", ".npz"), tables.SUFFIXES, (PICTURE, FOLDER)
# One picture of more could neither be drawn nor looked at.
MOST_IN_PICTURE = 1000


class OutputError(ValueError):
    """The place for a result cannot be written, or does not say what to write."""


def check_place(
    path: Path,
    suffixes: Sequence[str],
    shape: tuple[int, ...] | None = None,
    is_series: bool = False,
) -> str:
    """Returns the suffix of a file to write, `""` for a folder, before anything is computed.

    Args:
        path: where the result goes.
        suffixes: which there may be.
        shape: of one example, which pictures need.
        is_series: whether examples are series, which one picture can show, but no folder of them.

    Raises:
        OutputError: if the suffix is none of these, or the place is taken by something else.
    """
    suffix = path.suffix.lower()
    if is_series:
        suffixes, shape = [each for each in suffixes if each != FOLDER], None
    if suffix not in suffixes:
        known = ", ".join(each for each in suffixes if each)
        other = " or a folder" if FOLDER in suffixes else ""
        raise OutputError(f"-o {path}: the result can be {known}{other}, but not {suffix!r}.")
    if suffix in PICTURES and shape is not None and not is_image(shape):
        others = ", ".join(each for each in suffixes if each not in PICTURES)
        raise OutputError(
            f"-o {path}: examples of shape {shape} are no pictures of one or three channels. Write "
            f"them as {others}."
        )
    if suffix == ".parquet":
        tables.pyarrow()
    if path.is_dir() and (suffix or any(path.iterdir())):
        raise OutputError(f"-o {path}: there is a folder of that name, with files in it.")
    if not suffix and path.is_file():
        raise OutputError(f"-o {path}: there is a file of that name.")
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not (above.is_dir() and os.access(above, os.W_OK)):
        raise OutputError(f"-o {path}: {above} is no folder that can be written.")
    return suffix


def check_count(path: Path, suffix: str, count: int) -> None:
    """Raises if so many images are too many for one picture."""
    if suffix == PICTURE and count > MOST_IN_PICTURE:
        raise OutputError(
            f"-o {path}: one picture holds {MOST_IN_PICTURE:,} images, but there are {count:,}. "
            "Name a folder, without a suffix, for a .png of each."
        )


def is_image(shape: Sequence[int]) -> bool:
    """Whether examples of a shape can be drawn.

    Example:
        >>> is_image((28, 28, 1)), is_image((8, 8)), is_image((784,))
        (True, True, False)
    """
    return len(shape) == 2 or (len(shape) == 3 and shape[-1] in (1, 3))


def put(path: Path, write: Callable[[Path], Any]) -> None:
    """Lets a function write a file or a folder beside its place, and then moves it there.

    Raises:
        OutputError: if it cannot be written; what was there before is then still there.
    """
    # The suffix stays last, by which some writers know what to write.
    made = path.with_name(f".partial-{uuid.uuid4().hex[:8]}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(made)
        os.replace(made, path)
    except OSError as error:
        raise OutputError(f"-o {path} cannot be written: {error.strerror or error}.") from error
    finally:
        if made.is_dir():
            shutil.rmtree(made, ignore_errors=True)
        made.unlink(missing_ok=True)


def put_arrays(path: Path, suffix: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes arrays by name into one `.npz` file, or the first of them into an `.npy` file."""

    def write(made: Path) -> None:
        with made.open("wb") as file:
            if suffix == ".npz":
                np.savez(file, allow_pickle=False, **arrays)
            else:
                np.save(file, next(iter(arrays.values())), allow_pickle=False)

    put(path, write)


def put_results(
    path: Path, columns: Mapping[str, Any], beside: Mapping[str, np.ndarray] | None = None
) -> None:
    """Writes what was found of each example.

    Args:
        path: a table, or a file of arrays; an `.npy` file has the first column alone.
        columns: by name, the names of the examples first.
        beside: further arrays, for an `.npz` file.
    """
    suffix = path.suffix.lower()
    names, *found = ((name, np.asarray(column)) for name, column in columns.items())
    if suffix in TABLES:
        put_table(path, suffix, dict([names, *found]))
    else:
        put_arrays(path, suffix, {**dict([*found, names]), **(beside or {})})


def as_rows(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns what was found of each example, as JSON has it."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def put_table(path: Path, suffix: str, columns: Mapping[str, Any]) -> None:
    """Writes columns by name."""
    plain = {name: np.asarray(column) for name, column in columns.items()}
    put(path, lambda made: tables.write_table(made, plain, suffix))


def put_pictures(path: Path, images: np.ndarray, names: Sequence[str]) -> None:
    """Writes each image into a folder, as a PNG file of its name.

    Args:
        path: the folder.
        images: values from 0 to 1 (others are clipped), `[N, height, width, (1 or 3)]`.
        names: of each; what does not end in `.png` gets that.
    """
    import tensorflow as tf

    levels = np.rint(255.0 * np.clip(images, 0.0, 1.0)).astype(np.uint8)
    levels = levels[..., np.newaxis] if levels.ndim == 3 else levels

    def write(made: Path) -> None:
        for name, image in zip(names, levels, strict=True):
            plain = name.replace(":", "-")
            file = made / (plain if plain.lower().endswith(".png") else f"{plain}.png")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(tf.io.encode_png(image).numpy())

    put(path, write)


def put_figure(path: Path, figure: Any) -> None:
    """Writes a figure as a PNG file."""
    put(path, lambda made: figure.savefig(made, format="png"))


def as_columns(x: np.ndarray, columns: Sequence[str] | None = None, stem: str = "x") -> dict:
    """Returns the values of examples as columns of a table, by name.

    Example:
        >>> list(as_columns(np.zeros([5, 2, 2]), stem="z"))
        ['z0', 'z1', 'z2', 'z3']
    """
    flat = x.reshape(len(x), -1)
    if columns is None or len(columns) != flat.shape[1]:
        columns = [f"{stem}{place}" for place in range(flat.shape[1])]
    return dict(zip(columns, flat.T, strict=True))


def in_words(
    schema: Any, x: np.ndarray, suffix: str, cells: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Any]:
    """Returns the columns of a table in words and units.

    Args:
        schema: the `tfvae.zoo.Schema` of its columns.
        x: rows as a model has them, `[N, columns]`.
        suffix: of the file, which has text alone, or numbers too.
        cells: as for `put_examples`.
    """
    made = schema.write(x)
    for name, kept in (cells or {}).items():
        made[name] = [old or new for old, new in zip(kept, made[name], strict=True)]
    return schema.typed(made) if suffix == ".parquet" else made


def put_examples(
    path: Path,
    suffix: str,
    x: np.ndarray,
    names: Sequence[str],
    columns: Sequence[str] | None,
    figure: Callable[[], Any],
    schema: Any = None,
    cells: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Writes examples in any of the ways that there are.

    Args:
        path: the file or the folder.
        suffix: what it is.
        x: the examples, `[N, ...]`.
        names: of each.
        columns: names of the table's columns, if they were read from one.
        figure: draws them all, if it is one picture.
        schema: of a table in words and units, what the columns are.
        cells: its cells that stay as they were given, by name of the column; "" where one does not.
    """
    if suffix in ARRAYS:
        put_arrays(path, suffix, {"x": x, "names": np.array(names)})
    elif suffix in TABLES:
        # As it was read: a table that any command takes again.
        found = as_columns(x, columns) if schema is None else in_words(schema, x, suffix, cells)
        put_table(path, suffix, found)
    elif suffix == FOLDER:
        put_pictures(path, x, names)
    else:
        put_figure(path, figure())


def as_json(facts: Any) -> str:
    """Returns facts as JSON; numbers that are not finite, which it does not have, are null.

    Example:
        >>> as_json({"score": np.float32(0.5), "bound": float("inf")})
        '{"score": 0.5, "bound": null}'
    """

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): plain(each) for key, each in value.items()}
        if isinstance(value, np.ndarray | list | tuple):
            return [plain(each) for each in value]
        if isinstance(value, np.generic):
            return plain(value.item())
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return str(value) if isinstance(value, Path) else value

    return json.dumps(plain(facts), allow_nan=False)
