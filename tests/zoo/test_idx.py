"""IDX files: read exactly, or refused with the file's name and what was expected."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from tfvae.zoo import DataError
from tfvae.zoo.idx import read_idx

SHAPE = (2, 3, 4)
DATA = bytes(range(24))
HEADER = bytes([0, 0, 8, 3]) + b"".join(size.to_bytes(4, "big") for size in SHAPE)
WHOLE = HEADER + DATA


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_read_as_it_was_written(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / ("images.gz" if packed else "images")
    path.write_bytes(gzip.compress(WHOLE) if packed else WHOLE)
    array = read_idx(path, SHAPE)
    assert array.dtype == np.uint8
    np.testing.assert_array_equal(array, np.arange(24).reshape(SHAPE))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "nothing"),
        (b"\x00", "start with two zero bytes"),
        (b"PK\x03\x04" + WHOLE, "start with two zero bytes"),
        (b"\0\0\x0d\x03" + WHOLE[4:], "code 13"),
        (b"\0\0\x08\x01" + WHOLE[4:], "found code 8 with 1"),
        (WHOLE[:9], "ends inside its header"),
        (WHOLE[:7] + b"\x03" + WHOLE[8:], r"\(3, 3, 4\), but \(2, 3, 4\)"),
        (WHOLE[:4] + b"\xff" + WHOLE[5:], "was expected"),
        (WHOLE[:-1], "should hold 24 bytes of data, but holds only 23"),
        (WHOLE + b"\0", "but holds more"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_wrong_file_is_named(tmp_path: Path, content: bytes, words: str, packed: bool) -> None:
    path = tmp_path / ("images.gz" if packed else "images")
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DataError, match=words) as error:
        read_idx(path, SHAPE)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("cut", [1, 4, 8, 15])
def test_a_truncated_gzip_file_is_named(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(WHOLE)[:-cut])
    with pytest.raises(DataError, match=r"images\.gz cannot be read to its end"):
        read_idx(path, SHAPE)


def test_gzips_own_checksum_is_compared(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(WHOLE))
    packed[-8] ^= 1
    (tmp_path / "images.gz").write_bytes(packed)
    with pytest.raises(DataError, match="CRC"):
        read_idx(tmp_path / "images.gz", SHAPE)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(WHOLE)
        for _ in range(64):
            file.write(bytes(2**20))
    with pytest.raises(DataError, match="holds more"):
        read_idx(path, SHAPE)


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path, SHAPE)
