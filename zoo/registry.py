"""Registries: which presets there are, in which versions, and the digest of every file."""

import functools
import hashlib
import json
import os
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from .errors import DownloadError, PresetError, PresetNotFoundError
from .folder import (
    FORMAT_VERSION,
    METADATA,
    check_files,
    check_name,
    file_entry,
    is_entry,
    parse_json,
    read_json,
)
from .home import home, note, offline
from .provenance import versions
from .web import check_address, fetch_bytes

REGISTRY = "registry.json"
REGISTRY_VERSION = 1
LARGEST_REGISTRY = 16 * 2**20

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Entry:
    """One version of one preset in a registry.

    Attributes:
        name: the preset's name.
        version: a whole number; a higher one is newer.
        path: its folder, relative to the registry's.
        files: size and sha256 of every file, metadata.json included.
        format_version: format of the preset.
        tfvae_version: the release that wrote it.
    """

    name: str
    version: int
    path: str
    files: dict[str, dict[str, Any]]
    format_version: int
    tfvae_version: str

    @property
    def digest(self) -> str:
        """The sha256 of metadata.json, which holds those of all other files."""
        return str(self.files[METADATA]["sha256"])

    def about(self) -> dict[str, Any]:
        """Returns as much of the preset's metadata as a registry has."""
        files = {name: entry for name, entry in self.files.items() if name != METADATA}
        return {
            "name": self.name,
            "version": self.version,
            "format_version": self.format_version,
            "tfvae_version": self.tfvae_version,
            "files": files,
        }


@dataclass(frozen=True)
class Registry:
    """What a registry says, and where it is.

    Attributes:
        base: its folder: a path, or an address with a slash at the end.
        entries: each preset's versions, by name and by number.
    """

    base: Path | str
    entries: dict[str, dict[int, Entry]]

    def find(self, name: str, version: int | None = None) -> Entry:
        """Returns a version of a preset; the newest that this release was tested with if left out.

        A release was tested with what it, or an earlier one, has written.

        Raises:
            PresetNotFoundError: if there is no such preset or no such version.
            PresetError: if all versions are newer than this release.
        """
        found, tested = self.entries.get(name, {}), self.tested(name)
        wanted = version if version is not None else max(tested, default=None)
        if wanted in found:
            return found[wanted]
        if found and version is None:
            raise PresetError(
                f"All versions of {name!r} at {self.base} were written by releases of tfvae that "
                f"are newer than this one. Upgrade tfvae, or ask for one: {name}@{min(found)}."
            )
        known = ", ".join(map(str, sorted(found))) or "none"
        raise PresetNotFoundError(
            f"{self.base} has no version {version} of {name!r}. Versions there: {known}."
        )

    def tested(self, name: str) -> list[int]:
        """Returns the versions of a preset that this release was tested with."""
        found = self.entries.get(name, {})
        return [number for number, entry in found.items() if _was_tested(entry)]


def bundled_registry() -> Path:
    """Returns the registry of the presets that came with the package."""
    return Path(str(resources.files(__package__))) / REGISTRY


def registries() -> list[Registry]:
    """Returns the user's registry, if TFVAE_ZOO_URL names one, and the bundled one."""
    chosen = os.environ.get("TFVAE_ZOO_URL", "").strip()
    bundled = read_registry(bundled_registry())
    if not chosen or (offline() and "://" in chosen and not _copy_of(_file(chosen)).is_file()):
        return [bundled]
    return [open_registry(chosen), bundled]


def open_registry(where: str) -> Registry:
    """Returns the registry at an address or in a folder.

    Args:
        where: an https:// address, or a folder; of registry.json, or of what it is in.

    Raises:
        PresetError: if it cannot be had, or is no registry.
    """
    if "://" not in where:
        path = Path(where).expanduser()
        return read_registry(path / REGISTRY if path.is_dir() else path)
    return _fetched(check_address(where))


def read_registry(path: Path) -> Registry:
    """Returns the registry in a file."""
    if not path.is_file():
        raise PresetNotFoundError(f"There is no registry {path}.")
    return parse_registry(read_json(path), path.parent)


def parse_registry(content: dict[str, Any], base: Path | str) -> Registry:
    """Returns a registry from what is in its file.

    Raises:
        PresetError: if it is newer than this release reads, or damaged.
    """
    version = content.get("registry_version")
    version = version if type(version) is int else None
    if version is not None and version > REGISTRY_VERSION:
        raise PresetError(
            f"The registry at {base} has version {version}, but this tfvae reads versions up to "
            f"{REGISTRY_VERSION}. Upgrade tfvae."
        )
    presets = content.get("presets")
    if version != REGISTRY_VERSION or not isinstance(presets, dict):
        raise PresetError(
            f"The {REGISTRY} at {base} is no registry of tfvae: it lacks `registry_version` or "
            "`presets`. Name the folder that `tfvae zoo publish` wrote."
        )
    entries: dict[str, dict[int, Entry]] = {}
    for name, found in presets.items():
        if not _NAME.fullmatch(name) or not isinstance(found, dict) or not found:
            raise PresetError(f"The registry at {base} is damaged (at {name!r}).")
        made = [_entry(name, number, about, base) for number, about in found.items()]
        entries[name] = {entry.version: entry for entry in made}
    return Registry(base, entries)


def describe(folders: Iterable[tuple[Path, str, str]]) -> dict[str, Any]:
    """Returns the content of a registry of presets.

    Args:
        folders: of each preset its folder, whose files are checked, its path in the registry, and
            its name if its metadata state none.

    Raises:
        PresetError: if a preset is damaged, or two have one name and one version.
    """
    presets: dict[str, dict[str, Any]] = {}
    for folder, path, fallback in folders:
        metadata = check_files(folder)
        name, number = name_and_version(metadata, fallback)
        if str(number) in presets.setdefault(name, {}):
            raise PresetError(f"There are two presets {name} of version {number}.")
        presets[name][str(number)] = {
            "path": path,
            "format_version": metadata["format_version"],
            "tfvae_version": metadata.get("tfvae_version", "0"),
            "files": {**metadata["files"], METADATA: file_entry(folder / METADATA)},
        }
    return {"registry_version": REGISTRY_VERSION, "presets": presets}


def name_and_version(metadata: dict[str, Any], fallback: str) -> tuple[str, int]:
    """Returns what a preset is called, and its version: 1 if it states none.

    Raises:
        PresetError: if they cannot be a preset's.
    """
    name, number = metadata.get("name", fallback), metadata.get("version", 1)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PresetError(f"A preset is called {name!r}: expected letters, digits, _ . and -.")
    if type(number) is not int or number < 1:
        raise PresetError(f"The preset {name} has version {number!r}: expected 1, 2, 3 ...")
    return name, number


def text(content: dict[str, Any]) -> str:
    """Returns the text of a registry's file, the same for the same content."""
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


@functools.lru_cache(maxsize=8)
def _fetched(where: str) -> Registry:
    """Returns the registry at an address, asked for once by each process."""
    url = _file(where)
    copy = _copy_of(url)
    base = url.rpartition("/")[0] + "/"
    if offline() and copy.is_file():
        return parse_registry(read_json(copy), base)
    try:
        content = fetch_bytes(url, LARGEST_REGISTRY)
    except DownloadError as error:
        if not copy.is_file():
            raise
        warnings.warn(f"{error} The registry as it was last fetched is used.", stacklevel=2)
        return parse_registry(read_json(copy), base)
    registry = parse_registry(parse_json(content, url), base)
    note(copy, content)
    return registry


def _file(where: str) -> str:
    """Returns the address of the registry's file."""
    return where if where.endswith(".json") else f"{where.rstrip('/')}/{REGISTRY}"


def _copy_of(url: str) -> Path:
    """Returns where a registry is kept as it was last fetched."""
    return home() / "registries" / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"


def _entry(name: str, number: str, about: Any, base: Path | str) -> Entry:
    """Returns one version of a preset, if it is one that can be trusted."""
    damaged = PresetError(f"The registry at {base} is damaged (at {name!r}, version {number!r}).")
    if not (number.isascii() and number.isdecimal() and len(number) < 10 and int(number) > 0):
        raise damaged
    if not isinstance(about, dict):
        raise damaged
    path, files = about.get("path"), about.get("files")
    written, format_version = about.get("tfvae_version"), about.get("format_version")
    if not isinstance(path, str) or not isinstance(files, dict) or not isinstance(written, str):
        raise damaged
    if type(format_version) is not int or METADATA not in files:
        raise damaged
    if not all(map(is_entry, files.values())):
        raise damaged
    for file in (path, *files):
        check_name(file)
    return Entry(name, int(number), path, files, format_version, written)


def _was_tested(entry: Entry) -> bool:
    """Returns whether a preset is of this release or an earlier one."""
    from packaging.version import InvalidVersion, Version

    try:
        earlier = Version(entry.tfvae_version) <= Version(versions()["tfvae_version"])
    except InvalidVersion:
        return False
    return earlier and entry.format_version <= FORMAT_VERSION
