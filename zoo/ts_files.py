"""`.ts`, the file format of the archives of time series: a header of `@` lines, then the series."""

import math

import numpy as np

from .errors import DataError

_CURE = "Replace it by the original file."


def read_ts(content: bytes, where: str) -> tuple[list[np.ndarray], list[str]]:
    r"""Reads labelled series, of one channel or several, each of a length of its own.

    The format: comments behind `#`; lines such as `@classLabel true a b`, in any case; `@data`;
    then one series a line: channels with `:` between them, the values of each with `,` between
    them, and behind the last `:` the label. Series with time stamps are another format.

    Args:
        content: the bytes of the file.
        where: what the file is called, in messages.

    Returns:
        The series, each float64 `[steps, channels]`, NaN where a value is `?`; and their labels.

    Raises:
        DataError: if it is no such file; if a series lacks a channel, or its channels are not of
            one length; if a value is no number, or a label is not one that the header names.

    Example:
        >>> text = b"@dimensions 2\n@classLabel true a b\n@data\n1,2,3:4,5,6:b\n"
        >>> (series,), labels = read_ts(text, "letters.ts")
        >>> series.tolist(), labels
        ([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]], ['b'])
    """
    lines = _lines(content, where)
    header, start = _header(lines, where)
    names = _class_names(header, where)
    channels = _channels(header, where)
    found, labels = [], []
    for number, line in lines[start:]:
        *parts, label = line.split(":")
        place = f"{where}, line {number},"
        if label.strip() not in names:
            raise DataError(
                f"{place} ends with the label {label.strip()!r:.40}, but the file's are "
                f"{', '.join(names)}. {_CURE}"
            )
        found.append(_series(parts, channels or len(parts), place))
        channels = len(parts)
        labels.append(label.strip())
    if not found:
        raise DataError(f"{where} holds no series behind its line @data. {_CURE}")
    return found, labels


def resampled(series: np.ndarray, length: int) -> np.ndarray:
    """Returns a series at equal distances from its first value to its last, by straight lines.

    Args:
        series: `[steps, channels]`, at least one step.
        length: how many steps it shall have, at least 2.

    Returns:
        float64 `[length, channels]`.

    Example:
        >>> resampled(np.array([[0.0], [2.0], [6.0]]), 5).ravel().tolist()
        [0.0, 1.0, 2.0, 4.0, 6.0]
    """
    steps = np.arange(len(series))
    places = np.linspace(0.0, len(series) - 1.0, length)
    return np.stack([np.interp(places, steps, channel) for channel in series.T], axis=1)


def _lines(content: bytes, where: str) -> list[tuple[int, str]]:
    """Returns the lines that say something, with their numbers."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{where} is no text, and so no file of time series. {_CURE}") from error
    numbered = ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
    return [(number, line) for number, line in numbered if line and not line.startswith("#")]


def _header(lines: list[tuple[int, str]], where: str) -> tuple[dict[str, str], int]:
    """Returns what the lines before the data say, by name, and where the data begin."""
    header: dict[str, str] = {}
    for place, (number, line) in enumerate(lines):
        name, _, value = line.partition(" ")
        if not name.startswith("@"):
            raise DataError(
                f"{where} has the line {number} before a line @data, but {line!r:.40} is none of a "
                f"header. {_CURE}"
            )
        if name.lower() == "@data":
            return header, place + 1
        header[name[1:].lower()] = value.strip()
    raise DataError(f"{where} has no line @data: it is no .ts file, or ends too soon. {_CURE}")


def _class_names(header: dict[str, str], where: str) -> list[str]:
    """Returns the labels that there may be."""
    known, *names = header.get("classlabel", "false").split()
    if known.lower() != "true" or not names:
        raise DataError(f"{where} names no labels (a line such as `@classLabel true a b`).")
    if header.get("timestamps", "false").lower() == "true":
        raise DataError(f"{where} holds series with time stamps, which are not read here.")
    return names


def _channels(header: dict[str, str], where: str) -> int | None:
    """Returns the number of channels that the header states, if it does."""
    stated = header.get("dimensions", header.get("dimension"))
    if stated is None:
        return 1 if header.get("univariate", "").lower() == "true" else None
    if not stated.isdecimal() or int(stated) < 1:
        raise DataError(f"{where} states {stated!r:.40} as the number of its channels. {_CURE}")
    return int(stated)


def _series(parts: list[str], channels: int, place: str) -> np.ndarray:
    """Returns one series, `[steps, channels]`."""
    if len(parts) != channels:
        raise DataError(f"{place} has {len(parts)} channels, but {channels} were expected. {_CURE}")
    rows = [[_number(cell, place) for cell in part.split(",")] for part in parts]
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        raise DataError(
            f"{place} has channels of {' and '.join(map(str, sorted(lengths)))} values, but those "
            f"of one series are of one length. {_CURE}"
        )
    return np.array(rows).T


def _number(cell: str, place: str) -> float:
    text = cell.strip()
    try:
        found = math.nan if text == "?" else float(text)
    except ValueError:
        found = math.inf
    if math.isinf(found):
        raise DataError(f"{place} has {text!r:.40} in the place of a number. {_CURE}")
    return found
