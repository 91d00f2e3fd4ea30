"""Molecules as lines of SMILES, and as codes of their tokens."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .errors import DataError

# The tokens of the MOSES molecules, by their codes: an atom that is written with more than one
# character is one token. 0 is what stands behind the end of a molecule.
TOKENS = (
    *("", "#", "(", ")", "-", "1", "2", "3", "4", "5", "6", "=", "Br", "C", "Cl", "F", "N", "O"),
    *("S", "[H]", "[nH]", "c", "n", "o", "s"),
)
LENGTH = 54

_TOKEN = re.compile(r"\[[^\]]*\]|Br|Cl|%\d\d|.")
_BLOCK = 1 << 22
_NEWLINE, _UNKNOWN = len(TOKENS), 255
# A character that no SMILES has stands for each token of several.
_SINGLE = {token.encode(): bytes([128 + code]) for code, token in enumerate(TOKENS) if token[1:]}


def tokens_of(molecule: str) -> list[str]:
    """Returns the tokens of one molecule's SMILES.

    Example:
        >>> tokens_of("c1cc[nH]c1Cl")
        ['c', '1', 'c', 'c', '[nH]', 'c', '1', 'Cl']
    """
    return _TOKEN.findall(molecule)


def encoded(molecules: Sequence[str], length: int = LENGTH) -> np.ndarray:
    """Returns molecules as codes, int32 `[N, length]`, with zeros behind the end of each.

    Args:
        molecules: SMILES, one a string.
        length: how many tokens the longest may have.

    Raises:
        DataError: if one has a token that is not in `TOKENS`, more of them than `length`, or none,
            or is of several lines.

    Example:
        >>> encoded(["CCO", "CBr"], 4).tolist()
        [[13, 13, 17, 0], [13, 12, 0, 0]]
    """
    lines = "".join(f"{molecule}\n" for molecule in molecules)
    if lines.count("\n") != len(molecules):
        raise DataError("A molecule is of several lines: split it, and give a string for each.")
    return read_lines(lines.encode(), "the molecules", length, header=False)


def decoded(codes: Any) -> list[str]:
    """Returns the SMILES of codes, each read until its first zero.

    Args:
        codes: whole numbers, `[N, T]`, as `vae.sample` and `vae.decode(z).sample()` give them.

    Raises:
        DataError: if they are no such array, or one is the code of no token.

    Example:
        >>> decoded([[13.0, 13.0, 17.0, 0.0], [13.0, 12.0, 0.0, 13.0]])
        ['CCO', 'CBr']
    """
    array = np.asarray(codes)
    if array.ndim != 2 or array.dtype.kind not in "iuf":
        raise DataError(
            f"Codes of molecules are an array [molecules, tokens], but {array.dtype} of shape "
            f"{array.shape} came."
        )
    if not np.all((array >= 0) & (array < _NEWLINE) & (array == np.floor(array))):
        raise DataError(f"Codes of tokens are whole numbers from 0 to {_NEWLINE - 1}.")
    whole = array.astype(np.int64)
    lengths = np.argmin(np.pad(whole, ((0, 0), (0, 1))), axis=1)
    rows = zip(whole.tolist(), lengths.tolist(), strict=True)
    return ["".join(TOKENS[code] for code in row[:length]) for row, length in rows]


def read_lines(content: bytes, place: str, length: int = LENGTH, header: bool = True) -> np.ndarray:
    """Returns the molecules of a file, one a line, as codes: int32 `[N, length]`.

    It goes through the file in blocks, so that no more than the result is held beside it.

    Args:
        content: the file's bytes, unpacked.
        place: what to call it in an error.
        length: how many tokens the longest molecule may have.
        header: whether the first line is a title.

    Raises:
        DataError: as `encoded`, with the number of the line.
    """
    start = content.find(b"\n") + 1 if header else 0
    molecules = content.count(b"\n", start) + (content[start:][-1:] not in (b"", b"\n"))
    found = np.zeros((molecules, length), np.int32)
    row = 0
    for block in _blocks(content, start):
        rows = _coded(block, length)
        if isinstance(rows, int):
            raise _refused(block, rows, place, row + 1 + header, length)
        found[row : row + len(rows)] = rows
        row += len(rows)
    return found


def _blocks(content: bytes, start: int) -> Iterator[bytes]:
    """Yields whole lines, some megabytes at a time, each block with a newline at its end."""
    while start < len(content):
        end = content.find(b"\n", start + _BLOCK) + 1 or len(content)
        block = content[start:end]
        yield block if block.endswith(b"\n") else block + b"\n"
        start = end


def _coded(block: bytes, length: int) -> np.ndarray | int:
    """Returns the codes of a block's lines, uint8 `[n, length]`, or the number of a bad line."""
    if not block.isascii():
        return next(i for i, line in enumerate(block.split(b"\n")) if not line.isascii())
    for token, single in _SINGLE.items():
        block = block.replace(token, single)
    codes = _table()[np.frombuffer(block, np.uint8)]
    ends = np.flatnonzero(codes == _NEWLINE)
    lengths = np.diff(ends, prepend=-1) - 1
    unknown = np.flatnonzero(codes == _UNKNOWN)
    if len(unknown):
        return int(np.searchsorted(ends, unknown[0]))
    bad = (lengths > length) | (lengths == 0)
    if bad.any():
        return int(np.argmax(bad))
    rows = np.zeros((len(ends), length), np.uint8)
    rows[np.arange(length) < lengths[:, None]] = codes[codes != _NEWLINE]
    return rows


def _table() -> np.ndarray:
    """Returns the code of each byte."""
    table = np.full(256, _UNKNOWN, np.uint8)
    for code, token in enumerate(TOKENS):
        if token:
            table[_SINGLE.get(token.encode(), token.encode())[0]] = code
    table[ord("\n")] = _NEWLINE
    return table


def _refused(block: bytes, number: int, place: str, first: int, length: int) -> DataError:
    """Returns an error that says what is wrong with a line of a block."""
    line = block.split(b"\n")[number].decode("utf-8", "replace")
    where = f"{place} (line {first + number})"
    strange = sorted(set(tokens_of(line)) - set(TOKENS))
    if strange:
        return DataError(
            f"{where}: {line!r} has the token {strange[0]!r}, which is none of the "
            f"{len(TOKENS) - 1} that are known: {' '.join(TOKENS[1:])}. Leave such molecules out."
        )
    if not line:
        return DataError(f"{where}: there is no molecule. Leave empty lines out.")
    return DataError(
        f"{where}: {line!r} has {len(tokens_of(line))} tokens, but at most {length} are read. "
        "Leave longer molecules out."
    )
