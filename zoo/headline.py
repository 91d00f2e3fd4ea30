"""The scores by which a preset is listed, read from metadata that anybody may have written."""

from collections.abc import Mapping
from typing import Any


def headline_of(metadata: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Returns name and value of the scores that metadata put first; none if they say none.

    Example:
        >>> headline_of({"headline": [["Error, %", "2.77"]]})
        [('Error, %', '2.77')]
        >>> headline_of({"headline": 3})
        []
    """
    try:
        return [(str(title), str(value)) for title, value in metadata.get("headline", ())]
    except (TypeError, ValueError):
        return []
