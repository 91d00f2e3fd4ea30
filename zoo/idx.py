"""IDX, the file format of MNIST and its kin: a header with the sizes, then the bytes."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from .errors import DataError

_UNSIGNED_BYTE = 0x08


def read_idx(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Reads an IDX file of unsigned bytes that must hold an array of exactly this shape.

    The format: two zero bytes, the code of the dtype (8: unsigned byte), the number of dimensions,
    each size as a big-endian 32-bit integer, then the data in C order and nothing after it.

    Args:
        path: the file; one that ends in `.gz` is unpacked while it is read.
        shape: the sizes that the file must state.

    Returns:
        uint8 array of that shape.

    Raises:
        DataError: if the file cannot be read, is no IDX file of bytes, states other sizes, or is
            shorter or longer than it states.

    Example:
        >>> path = Path("labels-idx1-ubyte")
        >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
        >>> read_idx(path, (3,)).tolist()
        [7, 2, 1]
    """
    size = math.prod(shape)
    head, body = _read(path, 4 + 4 * len(shape), size)
    if len(head) < 4 or head[:2] != b"\0\0":
        raise DataError(
            f"{path} is no IDX file: expected it to start with two zero bytes and a dtype, found "
            f"{head[:4].hex(' ') or 'nothing'}. Replace it by the original file."
        )
    if head[2] != _UNSIGNED_BYTE or head[3] != len(shape):
        raise DataError(
            f"{path} holds another kind of array: expected unsigned bytes (code 8) with "
            f"{len(shape)} dimension(s), found code {head[2]} with {head[3]}. Were images and "
            "labels exchanged?"
        )
    if len(head) < 4 + 4 * len(shape):
        raise DataError(f"{path} ends inside its header. Replace it by the original file.")
    stated = struct.unpack(f">{len(shape)}I", head[4:])
    if stated != shape:
        raise DataError(
            f"{path} holds an array of shape {stated}, but {shape} was expected. Were training "
            "and test files exchanged?"
        )
    if len(body) != size:
        found = f"only {len(body):,}" if len(body) < size else "more"
        raise DataError(
            f"{path} should hold {size:,} bytes of data, but holds {found}. "
            "Replace it by the original file."
        )
    return np.frombuffer(body, np.uint8).reshape(shape)


def _read(path: Path, head: int, size: int) -> tuple[bytes, bytes]:
    """Returns the header and the data, with one byte too many where the file goes on."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rb") as file:
            # One byte past the end: it shows a longer file, and makes gzip compare its checksum.
            return file.read(head), file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path} cannot be read to its end ({error}). Replace it by the original file."
        ) from error
