"""Where data sets come from, and what each of them is."""

from . import cells, images, molecules, series, tables
from .source import Loaded, Source

__all__ = ["SOURCES", "Loaded", "Source"]

SOURCES: dict[str, Source] = {
    **cells.SOURCES,
    **images.SOURCES,
    **molecules.SOURCES,
    **series.SOURCES,
    **tables.SOURCES,
}
