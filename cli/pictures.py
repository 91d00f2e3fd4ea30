"""The pictures of a report, each drawn for light pages and for dark ones."""

import base64
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Picture(NamedTuple):
    """A picture in two themes.

    Args:
        path: the file of the light one.
        light: its bytes, a PNG in base64.
        dark: the same for dark pages.
        width: in pixels.
        height: in pixels.
        text: what it shows, for those who cannot see it.
    """

    path: Path
    light: str
    dark: str
    width: int
    height: int
    text: str


class Album:
    """Draws pictures, leaves the light ones as files, and keeps both by name.

    Args:
        folder: where the files go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pictures: dict[str, Picture] = {}

    def add(self, name: str, text: str, make: Callable[..., Any], *args: Any, **names: Any) -> None:
        """Draws a figure in both themes.

        Args:
            name: of the picture, and of its file.
            text: what it shows, in words.
            make: a function of `tfvae.plots`.
            *args: its arguments.
            **names: its arguments by name, but for `dark`.
        """
        path, encoded = self.folder / f"{name}.png", []
        for dark in (False, True):
            figure, page = make(*args, dark=dark, **names), io.BytesIO()
            figure.savefig(page, format="png")
            encoded.append(base64.b64encode(page.getvalue()).decode())
            if not dark:
                temporary = path.with_name(f".partial-{path.name}")
                temporary.write_bytes(page.getvalue())
                os.replace(temporary, path)
        width, height = (round(inches * figure.dpi) for inches in figure.get_size_inches())
        self.pictures[name] = Picture(path, encoded[0], encoded[1], width, height, text)
