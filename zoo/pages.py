"""The pages of a published zoo: an index with pictures, and each preset's card."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .folder import METADATA, read_json
from .headline import headline_of

CARD = "README.md"
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_PICTURES = (".png", ".jpg")


def index_page(presets: Sequence[tuple[str, dict[str, Any]]]) -> str:
    """Returns the page that shows what presets there are.

    Args:
        presets: the path of each preset's folder, relative to the page's, and its metadata.

    Example:
        >>> "No presets" in index_page([])
        True
    """
    return _render("site.html", presets=[_shown(path, about) for path, about in presets])


def card_page(folder: Path) -> str:
    """Returns the page of one preset: its card, if it has one, and its files.

    Args:
        folder: the preset's folder, in which the page shall stand.
    """
    from markdown_it import MarkdownIt

    about = read_json(folder / METADATA)
    text = ""
    if CARD in about["files"]:
        text = _FRONT_MATTER.sub("", (folder / CARD).read_text("utf-8"))
    # "js-default" passes no HTML, and no link that a script could hide in.
    card = MarkdownIt("js-default").render(text)
    name = about.get("name") or folder.parent.name
    files = sorted({**about["files"], METADATA: {}}.items())
    return _render("preset.html", name=name, card=card, files=files, about=about)


def _shown(path: str, about: dict[str, Any]) -> dict[str, Any]:
    """Returns what the index says of a preset."""
    pictures = [name for name in sorted(about["files"]) if name.endswith(_PICTURES)]
    return {
        "path": path,
        "name": path.partition("/")[0],
        "version": about.get("version", 1),
        "summary": about.get("summary", ""),
        "picture": pictures[0] if pictures else None,
        "facts": _facts(about),
    }


def _facts(about: dict[str, Any]) -> list[tuple[str, str]]:
    """Returns the figures that tell presets apart, in words."""
    size = sum(entry["size"] for entry in about["files"].values())
    facts = [("size", f"{size / 1e6:.1f} MB")]
    if isinstance(about.get("parameter_count"), int):
        facts.append(("parameters", f"{about['parameter_count']:,}"))
    if isinstance(about.get("licence"), str):
        facts.append(("licence", about["licence"]))
    return [*_score_facts(about), *facts]


def _score_facts(about: dict[str, Any]) -> list[tuple[str, str]]:
    """Returns data and scores, of a preset that says them as ours do."""
    facts = []
    data = about.get("data")
    if isinstance(data, dict) and isinstance(data.get("name"), str):
        facts.append(("data", data["name"]))
    return [*facts, *headline_of(about)]


def _render(template: str, **values: Any) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tfvae.zoo", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(template).render(**values)
