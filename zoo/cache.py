"""Fetched presets: each whole or not there at all, fetched once however many processes ask."""

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .errors import DownloadError, PresetError
from .folder import METADATA, check_files, check_metadata, file_entry, is_whole, parse_json
from .home import home, locked, note, offline, unwritable, write
from .progress import bar

# Bytes of a whole preset: what would be more is refused before any of it is fetched.
LARGEST_PRESET = 4 * 2**30
_SPARE = 64 * 2**20
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")


class Source(Protocol):
    """Where a preset is fetched from.

    Attributes:
        handle: what the user calls it.
        name: what the preset is called.
    """

    handle: str
    name: str

    def metadata(self) -> bytes:
        """Returns its metadata.json."""

    def fetch(
        self, name: str, path: Path, size: int, sha256: str, advance: Callable[[int], None]
    ) -> None:
        """Fetches one of its files to a path, and tells of each of its bytes."""


@dataclass(frozen=True)
class CachedPreset:
    """A preset in the cache, or what has arrived of one.

    Attributes:
        name: its name.
        folder: where it stands.
        handles: what it was fetched for, and is what these still lead to.
        size: its bytes.
        last_used: when it was last asked for, in seconds since 1970.
        whole: whether all of it is there.
    """

    name: str
    folder: Path
    handles: tuple[str, ...]
    size: int
    last_used: float
    whole: bool


def keep(source: Source, digest: str | None = None) -> Path:
    """Returns the folder of a preset in the cache, after fetching what is not there of it.

    Args:
        source: where it comes from.
        digest: the sha256 of its metadata.json, where that is known beforehand. What the source
            says now is asked for otherwise, unless TFVAE_OFFLINE forbids it.

    Raises:
        PresetError: if it cannot be had or is not what it should be, or the cache cannot be
            written.
    """
    try:
        if digest is None and offline():
            return _used(source, _kept(source.handle))
        if digest is not None and is_whole(_place(digest, source.name)):
            return _used(source, _place(digest, source.name))
        content = source.metadata() if digest is None else metadata_of(source, digest)
        place = _place(hashlib.sha256(content).hexdigest(), source.name)
        if not is_whole(place):
            with locked(place.parent.name):
                if not is_whole(place):
                    _fill(place, source, content)
        return _used(source, place)
    except OSError as error:
        if isinstance(error, PresetError):
            raise
        raise unwritable(error) from error


def metadata_of(source: Source, digest: str) -> bytes:
    """Returns the metadata.json with a digest, fetched if it is not in the cache.

    Raises:
        DownloadError: if it cannot be had, or the source has another.
    """
    cached = home() / "metadata" / f"{digest}.json"
    if cached.is_file() and file_entry(cached)["sha256"] == digest:
        return cached.read_bytes()
    content = source.metadata()
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise DownloadError(
            f"{METADATA} of {source.handle} is not the file that was published: its sha256 should "
            f"be {digest}, but is {found}. Tell whoever runs that host."
        )
    note(cached, content)
    return content


def list_cache() -> list[CachedPreset]:
    """Returns what is in the cache, what was used last first.

    Example:
        >>> all(preset.size > 0 for preset in list_cache() if preset.whole)
        True
    """
    handles = _handles()
    found = []
    for place in (home() / "presets").glob("*/*"):
        used = handles.get(_inside(place), {})
        latest, whole = max(used.values(), default=0.0), is_whole(place)
        found.append(
            CachedPreset(place.name, place, tuple(sorted(used)), _bytes(place), latest, whole)
        )
    for place in (home() / "partial").glob("*/*"):
        latest = place.stat().st_mtime
        found.append(CachedPreset(place.name, place, (), _bytes(place), latest, whole=False))
    return sorted(found, key=lambda preset: preset.last_used, reverse=True)


def prune_cache(days: float | None = None) -> list[CachedPreset]:
    """Removes what no handle leads to any more, what is damaged and what was never finished.

    Args:
        days: also what was not used for so many days; 0 for all presets.

    Returns:
        What was removed.
    """
    removed = []
    for preset in list_cache():
        old = days is not None and time.time() - preset.last_used >= 86_400.0 * days
        if preset.whole and preset.handles and not old:
            continue
        # Whoever fetches it now is waited for.
        with locked(preset.folder.parent.name):
            shutil.rmtree(preset.folder.parent, ignore_errors=True)
        removed.append(preset)
    for path in (home() / "handles").glob("*.json"):
        led = _read(path)
        if led is None or not led[1].exists():
            path.unlink(missing_ok=True)
    return removed


def plain(name: str) -> str:
    """Returns a name that can be a folder's.

    Example:
        >>> plain("my model"), plain("..")
        ('my_model', 'preset')
    """
    return _ODD.sub("_", name).strip("_.-") or "preset"


def _fill(place: Path, source: Source, metadata: bytes) -> None:
    """Fetches a preset's files one after the other, and puts them in place when all are there."""
    where = source.handle
    files = check_metadata(parse_json(metadata, f"{METADATA} of {where}"), where)
    total = sum(entry["size"] for entry in files.values())
    _check_room(total, where)
    partial = home() / "partial" / place.parent.name / place.name
    partial.mkdir(parents=True, exist_ok=True)
    with bar(place.name, total) as advance:
        for name, entry in files.items():
            size, sha256 = entry["size"], entry["sha256"]
            if _is_there(partial / name, size, sha256):
                advance(size)
            else:
                source.fetch(name, partial / name, size, sha256, advance)
    write(partial / METADATA, metadata)
    check_files(partial)
    # What is there is damaged, or it would have been used.
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    os.replace(partial, place)
    shutil.rmtree(partial.parent, ignore_errors=True)


def _check_room(total: int, where: str) -> None:
    """Raises if a preset is too large, or the disk too full."""
    if total > LARGEST_PRESET:
        raise PresetError(
            f"{where} has {total:,} bytes, and {LARGEST_PRESET:,} is the most that a preset may "
            "have. It was not fetched."
        )
    home().mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(home()).free
    if total + _SPARE > free:
        raise PresetError(
            f"{where} has {total:,} bytes, but where the cache is, {home()}, {free:,} are free. "
            "Make room (`tfvae cache prune`), or name another folder in TFVAE_HOME."
        )


def _place(digest: str, name: str) -> Path:
    return home() / "presets" / digest[:32] / plain(name)


def _inside(place: Path) -> str:
    return place.relative_to(home() / "presets").as_posix()


def _is_there(path: Path, size: int, sha256: str) -> bool:
    return path.is_file() and file_entry(path) == {"size": size, "sha256": sha256}


def _used(source: Source, place: Path) -> Path:
    """Writes down which preset a handle led to, and that it was used now."""
    told = {"handle": source.handle, "place": _inside(place)}
    note(_path_of(source.handle), json.dumps(told).encode())
    return place


def _kept(handle: str) -> Path:
    """Returns the folder of the preset that a handle last led to."""
    found = _read(_path_of(handle))
    if found is None or not is_whole(found[1]):
        raise DownloadError(
            f"{handle} is not in the cache, and TFVAE_OFFLINE forbids fetching it. Unset it, or "
            "fetch the model once while online."
        )
    return found[1]


def _handles() -> dict[str, dict[str, float]]:
    """Returns for each preset in the cache the handles that lead to it, and when each was used."""
    found: dict[str, dict[str, float]] = {}
    for path in (home() / "handles").glob("*.json"):
        led = _read(path)
        if led is not None:
            handle, place = led
            found.setdefault(_inside(place), {})[handle] = path.stat().st_mtime
    return found


def _read(path: Path) -> tuple[str, Path] | None:
    """Returns a handle and the folder that it led to, if what was written down can be read."""
    try:
        content = json.loads(path.read_bytes())
        return str(content["handle"]), home() / "presets" / content["place"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _path_of(handle: str) -> Path:
    return home() / "handles" / f"{hashlib.sha256(handle.encode()).hexdigest()[:32]}.json"


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
