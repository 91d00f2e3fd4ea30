"""Tables of mixed columns: the diamonds of the graphics books."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import DataError
from ..table_schema import Grade, Number, Schema
from .source import Source
from .wheels import WheelSource

__all__ = ["SCHEMAS", "SOURCES", "SPLIT_SEED"]

SPLIT_SEED, NOISE_SEED = 0, 777
TEST_SHARE = 10
_FILE = "plotnine/data/diamonds.csv"

# Grades from the worst to the best. Of the logarithms, mean and standard deviation of the training
# rows.
SCHEMAS = {
    "diamonds": Schema(
        (
            Number("carat", 0.01, -0.3945, 0.585),
            Number("depth", 0.1, 4.1229, 0.0232),
            Number("table", 1.0, 4.0503, 0.0387),
            Number("price", 1.0, 7.7871, 1.0141),
            Number("x", 0.01, 1.7274, 0.1938),
            Number("y", 0.01, 1.728, 0.1928),
            Number("z", 0.01, 1.2454, 0.1943),
            Grade("cut", ("Fair", "Good", "Very Good", "Premium", "Ideal")),
            Grade("color", ("J", "I", "H", "G", "F", "E", "D")),
            Grade("clarity", ("I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF")),
        )
    )
}


def decode_diamonds(files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """Returns the rows in the order of a permutation, the first tenth of it for testing.

    Numbers were rounded when they were written down. A density of rounded numbers has no bound, so
    each is drawn once from what it stands for: uniformly within half a step around it. A size of 0
    was not measured, and is missing.
    """
    schema = SCHEMAS["diamonds"]
    cells = _cells(files[_FILE], schema)
    random = np.random.RandomState(NOISE_SEED)
    columns: list[Any] = []
    for column in schema.columns:
        if isinstance(column, Grade):
            columns.append([column.read(cell) for cell in cells[column.name]])
            continue
        values = np.array(cells[column.name], np.float64)
        drawn = values + column.step * random.uniform(-0.5, 0.5, len(values))
        columns.append(column.standardised(np.where(values > 0.0, drawn, np.nan)))
    x = np.stack(columns, axis=1).astype(np.float32)
    order = np.random.RandomState(SPLIT_SEED).permutation(len(x))
    test, train = np.split(order, [len(x) // TEST_SHARE])
    none = {
        f"y_{part}": np.zeros(len(rows), int) for part, rows in (("train", train), ("test", test))
    }
    return {"x_train": x[train], "x_test": x[test], **none}


def _cells(content: bytes, schema: Schema) -> dict[str, list[str]]:
    """Returns the columns of a file with a line of names.

    Raises:
        DataError: if it is none, or has other columns.
    """
    try:
        first, *rows = csv.reader(io.StringIO(content.decode("utf-8")), strict=True)
        columns = list(zip(*rows, strict=True))
    except (ValueError, csv.Error) as error:
        raise DataError(f"{_FILE} is no table of rows of one length ({error}).") from error
    if sorted(first) != sorted(schema.names) or not columns:
        raise DataError(
            f"{_FILE} should have rows of the columns {', '.join(schema.names)}, but has "
            f"{len(rows)} rows of {', '.join(first)}."
        )
    return {name: list(column) for name, column in zip(first, columns, strict=True)}


SOURCES: dict[str, Source] = {
    "diamonds": WheelSource(
        licence="MIT",
        citation=(
            "H. Wickham. ggplot2: Elegant Graphics for Data Analysis. Springer, 2016, whose table "
            "of diamonds, gathered in 2008, the package plotnine carries."
        ),
        columns=tuple(SCHEMAS["diamonds"].names),
        package="plotnine",
        version="0.15.9",
        files={_FILE: "9574730b03aba241d899c4a97511c5061b19358fab89510774fb6c24168345c4"},
        decode=decode_diamonds,
    )
}
