"""The shapes of the sprites: which pixels lie within a square, an ellipse or a heart."""

import math
from collections.abc import Callable

import numpy as np

# How far a shape reaches from its centre, at most, in image widths at scale 1.
REACH = 0.25
# Sizes in image widths, too: at 64 pixels no edge of an upright square runs through the middle of a
# pixel.
SQUARE_SIDE = 0.35
ELLIPSE_SEMI_AXES = (0.245, 0.1225)
HEART_SIDE = 0.268
# Each half-disc's centroid is 4 r / (3 pi) beyond the edge that it stands on.
_HEART_LOBES = math.pi / 4.0
_LOBE_HEIGHT = (0.5 + 2.0 / (3.0 * math.pi)) / math.sqrt(2.0)
_HEART_CENTROID = HEART_SIDE * _HEART_LOBES * _LOBE_HEIGHT / (1.0 + _HEART_LOBES)

NUM_SHAPES = 3
_PIXELS_AT_ONCE = 2**18


def in_square(right: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Whether points, in image widths from the centre, are within an upright square."""
    return np.maximum(np.abs(right), np.abs(down)) <= 0.5 * SQUARE_SIDE


def in_ellipse(right: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Whether points are within an ellipse twice as wide as it is high."""
    long, short = ELLIPSE_SEMI_AXES
    return np.square(right / long) + np.square(down / short) <= 1.0


def in_heart(right: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Whether points, from the centroid, are within a heart that stands on its tip.

    It is a square on its corner, with half a disc on each of its upper edges.
    """
    up = _HEART_CENTROID - down
    p, q = (up + right) / math.sqrt(2.0), (up - right) / math.sqrt(2.0)
    in_body = np.maximum(np.abs(p), np.abs(q)) <= 0.5 * HEART_SIDE
    return in_body | (np.square(p) + np.square(q) <= HEART_SIDE * np.maximum(p, q))


WITHIN: tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], ...]
WITHIN = (in_square, in_ellipse, in_heart)


def draw_shapes(
    shape: np.ndarray,
    scale: np.ndarray,
    orientation: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    size: int,
) -> np.ndarray:
    """Returns images of one shape each: 1 where the middle of a pixel lies within it, else 0.

    Args:
        shape: 0 for squares, 1 for ellipses, 2 for hearts, `[N]`.
        scale: what the lengths of the shape are multiplied by, `[N]`, at most 1.
        orientation: angle of the turn from upright, clockwise, `[N]`, in radians.
        x: from the left edge to the centre, `[N]`, in image widths.
        y: from the upper edge to the centre, `[N]`, in image widths.
        size: pixels a side.

    Returns:
        uint8 `[N, size, size]`, rows from above, columns from the left.
    """
    images = np.zeros((len(shape), size, size), np.uint8)
    at_once = max(1, _PIXELS_AT_ONCE // size**2)
    for number, within in enumerate(WITHIN):
        members = np.flatnonzero(shape == number)
        for start in range(0, len(members), at_once):
            some = members[start : start + at_once]
            columns, rows = _window(x[some], size), _window(y[some], size)
            # From the centre to the middles of pixels, [n, width], in lengths of the shape's own.
            right = ((columns + 0.5) / size - x[some, None]) / scale[some, None]
            down = ((rows + 0.5) / size - y[some, None]) / scale[some, None]
            cos, sin = np.cos(orientation[some, None]), np.sin(orientation[some, None])
            images[some[:, None, None], rows[:, :, None], columns[:, None, :]] = within(
                (cos * right)[:, None, :] + (sin * down)[:, :, None],
                (cos * down)[:, :, None] - (sin * right)[:, None, :],
            )
    return images


def _window(centre: np.ndarray, size: int) -> np.ndarray:
    """Returns the columns, or rows, that a shape can reach from its centre, `[n, width]`."""
    width = min(size, math.ceil(2.0 * REACH * size) + 1)
    first = np.floor((centre - REACH) * size).astype(int)
    return np.clip(first, 0, size - width)[:, None] + np.arange(width)
