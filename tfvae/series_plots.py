"""Pictures of series: curves in a grid, a row for each group of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfvae.canvas import DPI, MARGIN, ROW_LABELS, WIDTH, theme_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 0.62


def series_rows(
    rows: Mapping[str, Any], gap_after: int | None = None, dark: bool = False
) -> "Figure":
    """Draws rows of series with a name each, all on the same axes; each channel has its colour.

    Args:
        rows: series by the name of their row, each `[columns or fewer, steps, channels]`; a name
            may have two lines. NaN is not drawn.
        gap_after: a column behind which there is a gap, to set what is left of it apart; None for
            none.
        dark: whether the figure is for a dark page.

    Raises:
        ValueError: if there are no rows, or these are no series of one shape.

    Example:
        >>> import numpy as np
        >>> series = np.zeros([4, 16, 2])
        >>> figure = series_rows({"drawn": series, "real": series})
        >>> len(figure.axes), figure.axes[0].texts[0].get_text()
        (8, 'drawn')
    """
    return _grid(_checked(list(rows.values())), list(rows), gap_after, dark)


def series_grid(series: Any, columns: int = 8, dark: bool = False) -> "Figure":
    """Draws series in rows, from left to right.

    Args:
        series: `[N, steps, channels]`.
        columns: series in a row.
        dark: whether the figure is for a dark page.

    Raises:
        ValueError: if these are no series.

    Example:
        >>> import numpy as np
        >>> len(series_grid(np.zeros([5, 16, 2]), columns=3).axes)
        5
    """
    array = np.asarray(series)
    cut = [array[start : start + columns] for start in range(0, len(array), columns)]
    return _grid(_checked(cut), [""] * len(cut), None, dark)


def _grid(
    arrays: Sequence[np.ndarray], names: Sequence[str], gap_after: int | None, dark: bool
) -> "Figure":
    """Draws a row for each array of series, its name to the left."""
    from matplotlib.figure import Figure

    theme = theme_of(dark)
    columns = max(len(array) for array in arrays)
    height = HEIGHT * len(arrays) + 2 * MARGIN
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=theme.paper)
    left = ROW_LABELS if any(names) else MARGIN
    widths = [1.0] * columns
    if gap_after is not None:
        widths.insert(gap_after, 0.15)
    grid = figure.add_gridspec(
        len(arrays),
        len(widths),
        width_ratios=widths,
        left=left / WIDTH,
        right=1.0 - MARGIN / WIDTH,
        top=1.0 - MARGIN / height,
        bottom=MARGIN / height,
        wspace=0.08,
        hspace=0.12,
    )
    low, high = _limits(arrays)
    for row, (name, array) in enumerate(zip(names, arrays, strict=True)):
        for place, series in enumerate(array):
            column = place + (gap_after is not None and place >= gap_after)
            axes = figure.add_subplot(grid[row, column])
            _draw(axes, series, theme.faint)
            axes.set(ylim=(low, high), facecolor=theme.paper)
            if place == 0 and name:
                text = {"ha": "right", "va": "center", "color": theme.ink, "fontsize": 9}
                axes.text(-0.08, 0.5, name, transform=axes.transAxes, **text)
    return figure


def _checked(rows: Sequence[Any]) -> list[np.ndarray]:
    arrays = [np.asarray(array, "float64") for array in rows]
    shapes = {array.shape[1:] for array in arrays}
    if len(shapes) != 1 or len(shapes.pop()) != 2 or not all(map(len, arrays)):
        raise ValueError(
            "Series are drawn from arrays [N, steps, channels] of one shape, but those given have "
            f"the shapes {', '.join(str(array.shape) for array in arrays) or '(none)'}."
        )
    return arrays


def _limits(arrays: Sequence[np.ndarray]) -> tuple[float, float]:
    """Returns where all axes end: at the extremes, and a little beyond."""
    every = np.concatenate([array[np.isfinite(array)] for array in arrays])
    low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 1.0)
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def _draw(axes: "Axes", series: np.ndarray, frame: str) -> None:
    from matplotlib import colormaps

    colours = colormaps["viridis"](np.linspace(0.05, 0.9, series.shape[1]))
    for channel, colour in zip(series.T, colours, strict=True):
        axes.plot(channel, color=colour, lw=0.8)
    axes.set(xticks=(), yticks=())
    for spine in axes.spines.values():
        spine.set(color=frame, lw=0.5)
