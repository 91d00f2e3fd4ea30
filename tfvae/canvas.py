"""What every picture stands on: figures in a light and a dark theme, and sheets of images."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches. At this width ten-point type can still be read on a phone.
WIDTH = 5.6
ROW_LABELS = 1.15
MARGIN = 0.08
DPI = 200
# Between the images of a sheet, as a share of an image's width.
GAP = 0.08


class Theme(NamedTuple):
    """Colours of a figure: its background, its text and frame, its faint lines, its curves."""

    paper: str
    ink: str
    faint: str
    curves: tuple[str, ...]


LIGHT = Theme("#ffffff", "#1f2328", "#8b949e", ("#0b62c4", "#c2410c", "#15803d"))
DARK = Theme("#15181c", "#e6e8eb", "#7d8790", ("#6cb0ff", "#ff9d5c", "#62d58a"))


def theme_of(dark: bool) -> Theme:
    """Returns the colours for a dark or a light page."""
    return DARK if dark else LIGHT


def palette(count: int) -> list[Any]:
    """Returns as many colours that can be told apart as there are groups.

    Example:
        >>> len(palette(12))
        12
    """
    from matplotlib import colormaps

    if count <= 10:
        return list(colormaps["tab10"].colors[:count])
    if count <= 20:
        return list(colormaps["tab20"].colors[:count])
    return [colormaps["hsv"](0.95 * place / count) for place in range(count)]


def new_figure(
    height: float, theme: Theme, rows: int = 1, width: float = WIDTH
) -> tuple["Figure", list["Axes"]]:
    """Returns a figure in a theme, with so many axes one below the other.

    Args:
        height: of the figure, in inches.
        theme: its colours.
        rows: number of axes.
        width: of the figure, in inches.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor=theme.paper)
    every = figure.subplots(rows, sharex=True, squeeze=False)[:, 0]
    for axes in every:
        axes.set_facecolor(theme.paper)
        axes.tick_params(colors=theme.ink, labelsize=9)
        for place, spine in axes.spines.items():
            spine.set(visible=place in ("left", "bottom"), color=theme.faint)
        for axis in (axes.xaxis, axes.yaxis):
            axis.label.set(color=theme.ink, fontsize=10)
    return figure, list(every)


def stack(figures: Sequence["Figure"], dark: bool = False) -> "Figure":
    """Returns one figure that shows others, one below the other.

    Args:
        figures: drawn at this module's resolution.
        dark: whether they are for a dark page.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    pictures = []
    for figure in figures:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        pictures.append(np.asarray(canvas.buffer_rgba()))
    width = max(picture.shape[1] for picture in pictures)
    height = sum(picture.shape[0] for picture in pictures)
    whole = Figure((width / DPI, height / DPI), DPI, facecolor=theme_of(dark).paper)
    top = 0
    for picture in pictures:
        rows, columns, _ = picture.shape
        bottom = 1.0 - (top + rows) / height
        axes = whole.add_axes((0.0, bottom, columns / width, rows / height))
        axes.imshow(picture, interpolation="nearest", aspect="auto")
        axes.set_axis_off()
        top += rows
    return whole


def as_images(images: Any) -> np.ndarray:
    """Returns images as colours, float `[N, height, width, 3]` from 0 to 1.

    Raises:
        ValueError: if these are not images.

    Example:
        >>> as_images(np.zeros([5, 8, 8])).shape
        (5, 8, 8, 3)
    """
    array = np.asarray(images, "float64")
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or not array.size:
        raise ValueError(
            "Images are drawn from an array [N, height, width] or [N, height, width, 1 or 3], but "
            f"one of shape {np.shape(images)} was given."
        )
    return np.broadcast_to(np.clip(array, 0.0, 1.0), (*array.shape[:-1], 3))


def sheet(rows: Sequence[np.ndarray], names: Sequence[str], dark: bool) -> "Figure":
    """Draws rows of images, each with its name to the left.

    Args:
        rows: colours as `as_images` gives them, each `[columns or fewer, height, width, 3]`.
        names: of each row; a sheet whose names are all empty has no room for them.
        dark: whether the figure is for a dark page.

    Raises:
        ValueError: if the images are not of one size.
    """
    from matplotlib.figure import Figure

    theme = theme_of(dark)
    pixels = _join(rows)
    left = ROW_LABELS if any(names) else MARGIN
    room = WIDTH - left - MARGIN
    # A sheet of few columns does not blow its images up.
    columns = max(len(row) for row in rows)
    width = min(room, 0.9 * columns)
    height = width * pixels.shape[0] / pixels.shape[1]
    size = (left + width + MARGIN, height + 2 * MARGIN)
    figure = Figure(figsize=size, dpi=DPI, facecolor=theme.paper)
    place = (left / size[0], MARGIN / size[1], width / size[0], height / size[1])
    axes = figure.add_axes(place)
    axes.imshow(pixels, interpolation="nearest", aspect="auto")
    axes.set_axis_off()
    for number, name in enumerate(names):
        if name:
            middle = 1.0 - (number + 0.5) / len(names)
            text = {"ha": "right", "va": "center", "color": theme.ink, "fontsize": 9}
            axes.text(-0.1 / width, middle, name, transform=axes.transAxes, **text)
    return figure


def _join(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Returns one picture with transparent gaps, `[pixels, pixels, 4]`."""
    sizes = {row.shape[1:] for row in rows}
    if len(sizes) > 1:
        shown = " and ".join(str(size[:2]) for size in sorted(sizes))
        raise ValueError(f"Images of one sheet must be of one size, but these are of {shown}.")
    height, width, _ = sizes.pop()
    columns = max(len(row) for row in rows)
    # Small images are enlarged by whole pixels, so that a gap can be thinner than one of theirs.
    zoom = max(1, round(48 / width))
    gap = max(1, round(GAP * width * zoom))
    down, right = height * zoom + gap, width * zoom + gap
    joined = np.zeros((len(rows) * down, columns * right, 4))
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            large = image.repeat(zoom, axis=0).repeat(zoom, axis=1)
            top, left = i * down + gap // 2, j * right + gap // 2
            joined[top : top + height * zoom, left : left + width * zoom, :3] = large
            joined[top : top + height * zoom, left : left + width * zoom, 3] = 1.0
    return joined
