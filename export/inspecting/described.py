"""What a description says of the values of a signature, whatever somebody made of it."""

from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from typing import Any

from .contents import Signature, Value


def printable(text: str | bytes | None) -> str:
    r"""Returns a name from a file, fit for a terminal.

    Example:
        >>> printable(b"dense\x1b[2J/kernel")
        'dense?[2J/kernel'
    """
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text or ""
    return "".join(letter if letter.isprintable() else "?" for letter in words)


def explained(signature: Signature, description: Mapping[str, Any]) -> Signature:
    """Returns a signature with the meanings and the ranges that a model.json states."""
    said = _within(description, "signatures", signature.name)
    return replace(
        signature,
        inputs=_explained(signature.inputs, _within(said, "inputs")),
        outputs=_explained(signature.outputs, _within(said, "outputs")),
    )


def _within(content: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content if isinstance(content, dict) else {}


def _explained(values: tuple[Value, ...], said: Mapping[str, Any]) -> tuple[Value, ...]:
    return tuple(_explained_value(one, _within(said, one.name)) for one in values)


def _explained_value(value: Value, said: Mapping[str, Any]) -> Value:
    limits = said.get("range", said.get("seen"))
    known = isinstance(limits, list) and len(limits) == 2
    if not known or not all(isinstance(one, Real) for one in limits):
        limits = None
    return replace(
        value,
        meaning=_words(said.get("meaning")),
        kind=_words(said.get("kind")),
        limits=None if limits is None else (limits[0], limits[1]),
    )


def _words(said: Any) -> str:
    return printable(said) if isinstance(said, str) else ""
