"""Sampled rows of a table against real ones: a small picture of each column, and of pairs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tfvae.canvas import DPI, WIDTH, theme_of

from ..table_schema import Grade, Number, Schema

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS, PAIRED = 5, 4
HEIGHT, DOTS = 0.95, 1_500
# Beyond these shares of the real rows an axis does not go.
SHOWN = (0.2, 99.8)


def table_sheet(schema: Schema, sampled: np.ndarray, real: np.ndarray) -> "Figure":
    """Draws each column's distribution, and below it the first numbers against each other.

    Args:
        schema: what the columns are.
        sampled: rows that a model drew, `[N, columns]`.
        real: rows of the data, `[M, columns]`.
    """
    from matplotlib.figure import Figure

    theme = theme_of(dark=False)
    rows = -(-len(schema.columns) // COLUMNS)
    size = (WIDTH, HEIGHT * (rows + PAIRED) + 1.0)
    figure = Figure(figsize=size, dpi=DPI, layout="constrained", facecolor=theme.paper)
    above, below = figure.subfigures(2, height_ratios=(1.35 * rows, PAIRED))
    panels = above.subplots(rows, COLUMNS, squeeze=False).ravel()
    for place, axes in enumerate(panels):
        if place < len(schema.columns):
            column = schema.columns[place]
            _draw_column(axes, column, sampled[:, place], real[:, place], theme.curves)
        else:
            axes.set_axis_off()
    named = panels[0].get_legend_handles_labels()
    figure.legend(*named, loc="outside upper left", ncols=2, frameon=False, fontsize=7)
    numbers = [k for k, c in enumerate(schema.columns) if isinstance(c, Number)][:PAIRED]
    grid = below.subplots(len(numbers), len(numbers), squeeze=False, sharex="col")
    for row, across in enumerate(numbers):
        for place, along in enumerate(numbers):
            _draw_pair(grid[row, place], schema, sampled, real, (along, across), theme.curves)
    return figure


def _draw_column(
    axes: "Axes",
    column: Number | Grade,
    sampled: np.ndarray,
    real: np.ndarray,
    colours: tuple[str, ...],
) -> None:
    """Draws shares of levels, or densities of numbers."""
    kinds = {"real": (real, colours[0]), "sampled": (sampled, colours[1])}
    if isinstance(column, Grade):
        for shift, (name, (values, colour)) in zip((-0.2, 0.2), kinds.items(), strict=True):
            codes = values[~np.isnan(values)].astype(int)
            shares = np.bincount(codes, minlength=len(column.levels)) / len(codes)
            axes.bar(np.arange(len(shares)) + shift, shares, 0.4, color=colour, label=name)
        axes.set_xticks(range(len(column.levels)), column.levels, rotation=90)
    else:
        low, high = np.nanpercentile(real, SHOWN)
        for name, (values, colour) in kinds.items():
            inside = values[(values >= low) & (values <= high)]
            style = {"histtype": "step", "density": True, "color": colour, "label": name}
            axes.hist(inside, bins=40, range=(low, high), **style)
        _mark(axes, column, (low, high))
    axes.set_title(column.name, fontsize=7, pad=2)
    axes.set_yticks([])
    axes.tick_params(labelsize=5, length=2, pad=1)


def _draw_pair(
    axes: "Axes",
    schema: Schema,
    sampled: np.ndarray,
    real: np.ndarray,
    pair: tuple[int, int],
    colours: tuple[str, ...],
) -> None:
    """Draws one number against another: real rows below the diagonal, sampled ones above it."""
    along, across = pair
    axes.set_yticks([])
    axes.tick_params(labelsize=5, length=2, pad=1)
    limits = np.nanpercentile(real, SHOWN, axis=0)
    _mark(axes, schema.columns[along], limits[:, along])
    if along == across:
        axes.text(0.5, 0.5, schema.columns[along].name, ha="center", transform=axes.transAxes)
        return
    values, colour = (real, colours[0]) if across > along else (sampled, colours[1])
    axes.scatter(*values[:DOTS, pair].T, s=0.4, color=colour, lw=0)
    axes.set_ylim(*limits[:, across])


def _mark(axes: "Axes", column: Number | Grade, limits: Sequence[float]) -> None:
    """Labels an axis of what a model reads with values in the column's own unit."""
    low, high = limits
    places = np.linspace(low, high, 3)
    # Three figures that count, and no exponent: 18,400.
    labels = [f"{float(f'{float(cell):.3g}'):,g}" for cell in column.write(places)]
    axes.set_xticks(places, labels)
    axes.set_xlim(low, high)
