"""Checksums that stand beside an artefact: in its bundle's model.json, or in its report."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import ArtefactError
from ..placing import DESCRIPTION_IN_BUNDLE, REPORT_IN_FOLDER, WRITER, report_of_file

PRESET_METADATA = "metadata.json"
# A list of checksums: its file, what that says, the folder of the files, and entries by name.
Statement = tuple[Path, dict[str, Any], Path, Mapping[str, Any]]


def check_files(path: Path) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Compares an artefact with the checksums that stand beside it, if any do.

    Args:
        path: a file, or a folder.

    Returns:
        The names of the files that have the checksums, and what its bundle's model.json or its
        preset's metadata.json says.

    Raises:
        ArtefactError: if a file is missing, or another than the one that was written.
    """
    about: dict[str, Any] = {}
    sources = []
    for source, content, folder, files in _statements(path):
        for name, entry in files.items():
            _check_file(folder / name, entry, source)
        sources.append(source.name)
        about = about or content
    return tuple(dict.fromkeys(sources)), about


def _statements(path: Path) -> Iterator[Statement]:
    """Yields each list of checksums that a path's files stand in."""
    # The file of the explorer is a folder deeper than the others.
    for folder in (path.parent, path.parent.parent):
        source = folder / DESCRIPTION_IN_BUNDLE
        content = read_object(source)
        place = path.relative_to(folder).as_posix()
        files = {
            name: entry
            for name, entry in _entries(content, WRITER).items()
            if name == place or name.startswith(f"{place}/")
        }
        if files:
            yield source, content, folder, files
    if path.is_dir():
        source = path / REPORT_IN_FOLDER
        if files := _entries(read_object(source), WRITER):
            yield source, {}, path, files
        source = path / PRESET_METADATA
        content = read_object(source)
        if files := _entries(content, None):
            yield source, content, path, files
    else:
        source = report_of_file(path)
        files = _entries(read_object(source), WRITER)
        if path.name in files:
            yield source, {}, path.parent, {path.name: files[path.name]}


def read_object(path: Path) -> dict[str, Any]:
    """Returns what a file of JSON holds; nothing, unless it is one object."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _entries(content: Mapping[str, Any], writer: str | None) -> dict[str, Any]:
    files = content.get("files")
    if content.get("written_by") != writer or not isinstance(files, dict):
        return {}
    # No list of ours leads out of its folder.
    return {
        name: entry
        for name, entry in files.items()
        if ".." not in Path(name).parts and not Path(name).is_absolute()
    }


def _check_file(path: Path, entry: Any, source: Path) -> None:
    if not path.is_file():
        raise ArtefactError(f"{path} is missing, which {source} lists. Copy or export it anew.")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not isinstance(entry, dict) or entry.get("sha256") != found:
        raise ArtefactError(
            f"{path} is another file than {source} lists (its sha256 begins with {found[:16]}): "
            "one of the two was cut short or altered. Copy or export them anew."
        )
