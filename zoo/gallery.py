"""All presets in pictures: a page of their sheets, and the few lines that README shows of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from .card import LATENT_MAP, SHEET, headline, task_of

COLUMNS = 3


def gallery(presets: Sequence[Mapping[str, Any]], place: str) -> str:
    """Returns a page with the sheet, the latents and the scores of each preset.

    Args:
        presets: metadata of presets that recipes made.
        place: where their folders are, as the page links to it.

    Example:
        >>> gallery([], "../zoo/presets").splitlines()[0]
        '# Gallery'
    """
    lines = [
        "# Gallery",
        "",
        "What the bundled presets draw, made by `python -m tfvae.zoo gallery` of their folders. "
        "Each card says how the picture and the scores came about, and what the model must not be "
        "trusted with.",
        "",
    ]
    for about in presets:
        lines += _shown(about, f"{place}/{about['name']}")
    return "\n".join(lines)


def sheets(presets: Sequence[Mapping[str, Any]], place: str) -> str:
    """Returns one sheet a preset as the cells of a Markdown table.

    Args:
        presets: metadata of presets that recipes made.
        place: where their folders are, as the page links to it.

    Example:
        >>> print(sheets([{"name": "mine"}], "zoo"))
        | | | |
        | :---: | :---: | :---: |
        | [<img src="zoo/mine/samples.png" width="240"><br>`mine`](zoo/mine/README.md) |  |  |
    """
    cells = [
        f'[<img src="{place}/{about["name"]}/{SHEET}" width="240"><br>`{about["name"]}`]'
        f"({place}/{about['name']}/README.md)"
        for about in presets
    ]
    cells += [""] * (-len(cells) % COLUMNS)
    rows = [
        f"| {' | '.join(cells[start : start + COLUMNS])} |"
        for start in range(0, len(cells), COLUMNS)
    ]
    return "\n".join(["|" + " |" * COLUMNS, "|" + " :---: |" * COLUMNS, *rows])


def _shown(about: Mapping[str, Any], folder: str) -> list[str]:
    caption = task_of(about).caption(about)
    map_of_latents = (
        ["", f"![Latents of test examples]({folder}/{LATENT_MAP})"]
        if LATENT_MAP in about["files"]
        else []
    )
    return [
        f"## [`{about['name']}`]({folder}/README.md)",
        "",
        about["summary"],
        "",
        *(f"- {title}: {value}" for title, value in headline(about)),
        f"- parameters: {about['parameter_count']:,}",
        "",
        f"{caption}:",
        "",
        f"![{caption}]({folder}/{SHEET})",
        *map_of_latents,
        "",
    ]
