"""Examples in a row above what became of them."""

from typing import Any

import numpy as np

COLUMNS = 10
# How a missing value looks.
GREY = 0.5


def pairs(given: np.ndarray, made: np.ndarray, name: str) -> Any:
    """Draws all examples, ten to a row, each above what became of it.

    Args:
        given: the examples, `[N, height, width, (1 or 3)]`; missing values are grey.
        made: what became of them, in that shape.
        name: what that is called.
    """
    from tfvae import plots

    shown = np.where(np.isnan(given), GREY, given).reshape(len(given), *given.shape[1:])
    rows: dict[str, np.ndarray] = {}
    for start in range(0, len(shown), COLUMNS):
        part = slice(start, min(start + COLUMNS, len(shown)))
        place = "" if len(shown) <= COLUMNS else f"\n{part.start} to {part.stop - 1}"
        rows |= {f"given{place}": shown[part], f"{name}{place}": made[part]}
    return plots.image_rows(rows)
