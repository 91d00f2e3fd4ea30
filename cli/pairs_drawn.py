"""Examples in a row above what became of them."""

from typing import Any

import numpy as np

from tfvae_cli.model_given import About

COLUMNS = 10
# How a missing value looks.
GREY = 0.5
IMAGES = About()


def pairs(given: np.ndarray, made: np.ndarray, name: str, known: About = IMAGES) -> Any:
    """Draws all examples, ten to a row, each above what became of it.

    Args:
        given: the examples, `[N, height, width, (1 or 3)]`, missing values grey; or series
            `[N, steps, channels]`, missing values left out.
        made: what became of them, in that shape.
        name: what that is called.
        known: what is known of the model's examples.
    """
    shown = given if known.is_series else np.where(np.isnan(given), GREY, given)
    rows: dict[str, np.ndarray] = {}
    for start in range(0, len(shown), COLUMNS):
        part = slice(start, min(start + COLUMNS, len(shown)))
        place = "" if len(shown) <= COLUMNS else f"\n{part.start} to {part.stop - 1}"
        rows |= {f"given{place}": shown[part], f"{name}{place}": made[part]}
    return known.rows(rows)
