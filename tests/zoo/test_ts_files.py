"""`.ts` files: read as they were written, or refused with the file's name and the line."""

import numpy as np
import pytest

from tfvae.zoo import DataError
from tfvae.zoo.ts_files import read_ts, resampled

HEADER = (
    "# About\n@problemName Two\n@timeStamps false\n@dimensions 2\n@classLabel true b a\n@data\n"
)
ROWS = "1,2,3:4,5,6:a\n\n 7 , ?:-1e1,0 : b \n"


def test_series_of_their_own_lengths_are_read() -> None:
    series, labels = read_ts((HEADER + ROWS).encode(), "two.ts")
    assert labels == ["a", "b"]
    np.testing.assert_array_equal(series[0], [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(series[1], [[7, -10], [np.nan, 0]])


def test_the_header_may_be_in_any_case_and_state_no_channels() -> None:
    text = "@CLASSLABEL TRUE x\n@Data\n1,2:x\n"
    (series,), labels = read_ts(text.encode(), "one.ts")
    assert (series.shape, labels) == ((2, 1), ["x"])
    with pytest.raises(DataError, match="line 4, has 2 channels, but 1 were expected"):
        read_ts((text + "1:2:x\n").encode(), "one.ts")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no line @data"),
        (b"\x89PNG\xff", "is no text"),
        (b"1,2:3,4:a\n", "the line 1 before a line @data, but '1,2:3,4:a' is none of a header"),
        (HEADER.encode(), "holds no series behind its line @data"),
        ((HEADER + "1,2:3,4:c\n").encode(), "line 7, ends with the label 'c', but .* are b, a"),
        ((HEADER + "1,2:3,4\n").encode(), "line 7, ends with the label '3,4'"),
        ((HEADER + "1,2:a\n").encode(), "line 7, has 1 channels, but 2 were expected"),
        ((HEADER + "1,2:3:a\n").encode(), "line 7, has channels of 1 and 2 values"),
        ((HEADER + "1,x:3,4:a\n").encode(), "line 7, has 'x' in the place of a number"),
        ((HEADER + "1,inf:3,4:a\n").encode(), "'inf' in the place of a number"),
        (HEADER.replace("dimensions 2", "dimensions two").encode(), "states 'two' as the number"),
        (HEADER.replace("true b a", "false").encode(), "names no labels"),
        (HEADER.replace("timeStamps false", "timeStamps true").encode(), "with time stamps"),
    ],
)
def test_a_broken_file_is_named(content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as error:
        read_ts(content, "two.ts")
    assert str(error.value).startswith("two.ts")


def test_a_straight_line_stays_one_at_any_length() -> None:
    line = np.stack([np.arange(7.0), 3.0 - np.arange(7.0)], axis=1)
    for length in (2, 7, 16):
        found = resampled(line, length)
        np.testing.assert_allclose(found[:, 0], np.linspace(0.0, 6.0, length))
        np.testing.assert_allclose(found.sum(axis=1), 3.0)
    np.testing.assert_array_equal(resampled(np.ones([1, 2]), 3), np.ones([3, 2]))
