"""Writing a preset: whole or not at all, and never over somebody else's files."""

import json
import shutil
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .errors import PresetError, PresetNotFoundError
from .folder import (
    FORMAT_VERSION,
    METADATA,
    REQUIRED,
    check_kind,
    check_name,
    file_entry,
    read_json,
)
from .provenance import versions

Content = bytes | Path | Callable[[Path], Any]


def write_preset(
    folder: str | Path, files: Mapping[str, Content], metadata: Mapping[str, Any] | None = None
) -> Path:
    """Writes a preset into a folder, which then holds all of it, or what it held before.

    All files are written into a new folder beside it, which then takes its place by renaming. An
    earlier preset in that place is replaced; a folder with anything else in it is left alone.

    Args:
        folder: where the preset shall stand; made, with the folders above it, if it is not there.
        files: the content of each file by name, config.json and model.weights.h5 at least: bytes,
            a path to copy, or a function that writes the file at the path it is given.
        metadata: what else metadata.json shall say, for example `parameter_count`, `licence` or
            `weights_dtype`. `format_version` and `files` are always written anew; the versions of
            Python and the libraries are added unless given.

    Returns:
        The folder.

    Raises:
        PresetError: if a name is not plain or config.json or the weights are missing, if the
            folder holds anything that is no part of a preset, or if it cannot be written.

    Example:
        >>> files = {"config.json": b"{}", "model.weights.h5": lambda path: path.touch()}
        >>> sorted(path.name for path in write_preset("mine", files).iterdir())
        ['config.json', 'metadata.json', 'model.weights.h5']
    """
    _check_names(files)
    target = Path(folder).expanduser().resolve()
    check_target(target)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        temporary.mkdir(parents=True)
        _fill(temporary, files, dict(metadata or {}))
        _put_in_place(temporary, target)
    except OSError as error:
        if isinstance(error, PresetError):
            raise
        raise PresetError(
            f"The preset could not be written to {target} ({error.strerror or error}). Choose a "
            "folder that you may write to, on a disk with room."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Path(folder).expanduser()


def _check_names(files: Mapping[str, Content]) -> None:
    """Raises unless the files can make a preset."""
    for name in files:
        if check_kind(check_name(name)) == METADATA:
            raise PresetError(f"{METADATA} is written by tfvae: pass its content as `metadata`.")
    missing = [name for name in REQUIRED if name not in files]
    if missing:
        raise PresetError(f"A preset needs {' and '.join(missing)}, but got {sorted(files)}.")


def check_target(target: Path) -> None:
    """Raises if putting a preset in this place would destroy anything but a preset."""
    if target.exists() and not target.is_dir():
        raise PresetError(f"{target} is a file. Choose a folder for the preset.")
    if Path.cwd().is_relative_to(target):
        raise PresetError(
            f"{target} is, or holds, the folder you work in, and a preset's folder is replaced "
            "as a whole. Choose a folder inside it."
        )
    present = _present(target)
    if not present:
        return
    foreign = present - _listed(target)
    if foreign:
        names = ", ".join(sorted(foreign)[:3])
        raise PresetError(
            f"{target} holds files that are no part of a preset ({names}), so it was left as it "
            "is. Choose an empty folder, or move them."
        )


def _present(folder: Path) -> set[str]:
    """Returns the names of all files in a folder and below it; empty folders count for nothing."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def _listed(folder: Path) -> set[str]:
    """Returns the names of the files that a preset in this folder consists of."""
    try:
        metadata = read_json(folder / METADATA)
    except PresetError:
        return set()
    files = metadata.get("files")
    if "format_version" not in metadata or not isinstance(files, dict):
        return set()
    return {METADATA, *files}


def _fill(folder: Path, files: Mapping[str, Content], metadata: dict[str, Any]) -> None:
    """Writes all files of the preset into an empty folder, the metadata last."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            if not content.is_file():
                raise PresetNotFoundError(f"There is no file {content} to copy as {name}.")
            shutil.copyfile(content, path)
        elif callable(content):
            content(path)
        else:
            path.write_bytes(content)
    present = _present(folder)
    if present != set(files):
        odd = ", ".join(sorted(present ^ set(files)))
        raise PresetError(f"Writing the preset left files missing or too many: {odd}.")
    table = {name: file_entry(folder / name) for name in sorted(files)}
    metadata = {**versions(), **metadata, "format_version": FORMAT_VERSION, "files": table}
    try:
        text = json.dumps(metadata, indent=2, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PresetError(f"`metadata` must be plain JSON: {error}.") from error
    (folder / METADATA).write_text(text + "\n", encoding="utf-8")


def _put_in_place(temporary: Path, target: Path) -> None:
    """Renames the new folder to its place, and brings the old one back if that fails."""
    # A folder that is not empty cannot be replaced in one step: the old one steps aside.
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.old")
    replaces = target.exists()
    if replaces:
        target.rename(aside)
    try:
        temporary.rename(target)
    except OSError:
        if replaces:
            aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)
