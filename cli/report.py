"""The page that the demo leaves: one file, its pictures inside, light and dark."""

import inspect
import json
import os
import platform
import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from tfvae_cli import digits
from tfvae_cli.pictures import Picture
from tfvae_cli.scoring import Score

LIBRARIES = ("tfvae", "tensorflow", "keras", "tensorflow-probability", "ai-edge-litert")


def machine() -> dict[str, Any]:
    """Returns what this run's figures depend on: versions, cores, time."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count()
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": cores,
        "platform": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in LIBRARIES},
    }


def write_report(path: Path, figures: Mapping[str, Any], pictures: Mapping[str, Picture]) -> None:
    """Writes the page, and beside it `figures.json` with the same figures.

    Args:
        path: of the page.
        figures: what the steps found.
        pictures: by name.
    """
    from tfvae.export.rendering import render

    page = render(
        "report.html",
        "tfvae_cli",
        figures=figures,
        pictures=pictures,
        scores=[Score(**score) for score in figures["scores"]],
        code=_model_code(),
    )
    _write(path, page)
    _write(path.with_name("figures.json"), json.dumps(figures, indent=1) + "\n")


def _model_code() -> str:
    """Returns the lines that build the model, as they ran."""
    body = inspect.getsource(digits.build).rpartition('"""\n')[2]
    code = textwrap.dedent(body).replace("return ", "vae = ", 1)
    return code.replace("COMPONENTS", str(digits.COMPONENTS))


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".partial-{path.name}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
