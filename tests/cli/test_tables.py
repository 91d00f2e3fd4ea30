"""CSV and Parquet: what is read as numbers, and one line for what is not."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tfvae_cli.tables import TableError, read_table, write_table

NAN = float("nan")


@pytest.mark.parametrize(
    ("text", "columns", "values"),
    [
        ("a,b\n1,2\n3,4\n", ["a", "b"], [[1, 2], [3, 4]]),
        ("1,2\n3,4", ["x0", "x1"], [[1, 2], [3, 4]]),
        ("\ufeffa;b\r\n1.5;-2e3\r\n\r\n3;4\r\n", ["a", "b"], [[1.5, -2000], [3, 4]]),
        ('"a, or b"\tc\n1\t"2"\n', ["a, or b", "c"], [[1, 2]]),
        ("a,b\n,NaN\nNA,null\n", ["a", "b"], [[NAN, NAN], [NAN, NAN]]),
        ("a\n1\n2\n", ["a"], [[1], [2]]),
    ],
)
def test_a_csv_file_is_read(
    tmp_path: Path, text: str, columns: list[str], values: list[list[float]]
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode("utf-8"))
    found = read_table(path)
    assert found.columns == columns
    assert found.values.dtype == np.float32
    np.testing.assert_array_equal(found.values, np.array(values, np.float32))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no rows of numbers"),
        (b"a,b\n", "holds no rows of numbers"),
        (b"a,b\n1,2\n3\n", "has 1 values in line 3, but 2 columns"),
        (b"a,b\n1,2\n3,red\n", "'red' in line 3, column 'b', which is no number"),
        (b"a,b\n1,1_000\n", "'1_000' in line 2"),
        (b"a,a\n1,2\n", "two columns of one name"),
        (b"\x89PNG\r\n\xff\xfe\n", "is no CSV file that can be read"),
        (b'a,b\n1,"2\n', "is no CSV file that can be read"),
    ],
)
def test_what_is_no_table_of_numbers_is_explained(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=words):
        read_table(path)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_is_written_is_read_again_to_the_bit(tmp_path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    x = np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32)
    path = tmp_path / f"x{suffix}"
    write_table(path, {"one": x[:, 0], "two": x[:, 1]}, suffix)
    found = read_table(path)
    assert found.columns == ["one", "two"]
    np.testing.assert_array_equal(found.values, x)


def test_parquet_takes_numbers_of_every_kind_and_their_holes(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "whole": arrow.array([1, None, 2**40]),
        "real": arrow.array([0.5, 1.5, None], arrow.float32()),
        "truth": arrow.array([True, False, None]),
        "__index_level_0__": arrow.array([7, 8, 9]),
    }
    parquet.write_table(arrow.table(columns), tmp_path / "x.parquet")
    found = read_table(tmp_path / "x.parquet")
    assert found.columns == ["whole", "real", "truth"]
    expected = [[1, 0.5, 1], [NAN, 1.5, 0], [2.0**40, NAN, NAN]]
    np.testing.assert_array_equal(found.values, np.array(expected, np.float32))


def test_parquet_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "x.parquet"
    path.write_text("no table")
    with pytest.raises(TableError, match="no Parquet file that can be read"):
        read_table(path)
    parquet.write_table(arrow.table({"a": [1.0], "name": ["red"]}), path)
    with pytest.raises(TableError, match="a column 'name' of type string"):
        read_table(path)
    parquet.write_table(arrow.table({"a": arrow.array([], arrow.float32())}), path)
    with pytest.raises(TableError, match="holds no rows"):
        read_table(path)


def test_without_pyarrow_the_cure_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(TableError, match=r"pip install 'tfvae\[parquet\]'"):
        read_table(tmp_path / "x.parquet")
