"""Where data sets come from, and what each of them is."""

from . import images, series, tables
from .source import Loaded, Source

__all__ = ["SOURCES", "Loaded", "Source"]

SOURCES: dict[str, Source] = {**images.SOURCES, **series.SOURCES, **tables.SOURCES}
