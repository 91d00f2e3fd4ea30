"""From a handle to a preset: a name of a registry, a folder, or an address."""

import difflib
import re
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any

from .cache import keep, metadata_of
from .errors import DownloadError, PresetError, PresetNotFoundError
from .folder import METADATA, check_files, check_metadata, parse_json, read_json
from .home import offline
from .hosts import Web, source_of
from .registry import Entry, Registry, registries

_NAMED = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*)(?:@(\d{1,9}))?")


def bundled() -> Path:
    """Returns the folder of the presets that came with the package.

    Example:
        >>> bundled().name
        'presets'
    """
    return Path(str(resources.files(__package__))) / "presets"


def list_presets(pattern: str = "*") -> list[str]:
    """Returns the names of the presets that `from_preset` knows, in alphabetical order.

    They are the bundled ones and, if TFVAE_ZOO_URL names a published zoo, those that are there in
    a version that this release was tested with.

    Args:
        pattern: only names that match it; `*` stands for anything, `?` for one character.

    Raises:
        PresetError: if the zoo of TFVAE_ZOO_URL cannot be had.

    Example:
        >>> list_presets("no_such_*")
        []
    """
    known = registries()
    names = {name for zoo in known for name in zoo.entries if zoo.tested(name)}
    return sorted(name for name in names if fnmatchcase(name, pattern))


def resolve(handle: str | Path) -> Path:
    """Returns the folder of a preset, after fetching it if it is not on this machine.

    Args:
        handle: one of

            - a name, `gmvae_mnist`, or a version of it, `gmvae_mnist@2`: of the zoo that
              TFVAE_ZOO_URL names, and of the bundled one. A name alone means the newest version
              that this release was tested with, and goes before a folder of the same name: write
              `./name` for the folder;
            - a folder;
            - `https://host/path/`, a preset's folder on any web server;
            - `hf://user/repo` or `hf://user/repo@revision`;
            - `kaggle://user/model/variation` with `/version` or without.

    Returns:
        The folder, which exists. What was fetched has been checked; a folder's files have not yet.

    Raises:
        PresetNotFoundError: if there is no such preset.
        PresetError: if it cannot be fetched, or the handle names a file.

    Example:
        >>> resolve("gmvae_nmist")
        Traceback (most recent call last):
        tfvae.zoo.errors.PresetNotFoundError: There is no preset 'gmvae_nmist' ...
    """
    return _located(handle)[0]


def info(handle: str | Path) -> dict[str, Any]:
    """Returns what a preset says about itself, after checking every file of it.

    Args:
        handle: as for `resolve`.

    Returns:
        The content of metadata.json, with `name`, `folder` and `total_size` (bytes) added.

    Raises:
        PresetError: if there is no such preset, or it is damaged; see `read_preset`.

    Example:
        >>> from tfvae.zoo import write_preset
        >>> _ = write_preset("mine", {"config.json": b"{}", "model.weights.h5": b"1234"})
        >>> info("mine")["total_size"]
        6
    """
    folder, name = _located(handle)
    return _about(check_files(folder), folder, name)


def describe(name: str) -> dict[str, Any]:
    """Returns what `info` does for a preset of a registry, without fetching its weights.

    Args:
        name: a name that `list_presets` gives, with `@version` or without.

    Returns:
        As `info`; `folder` is an address if it is on another machine. Offline, what is not in the
        cache is what the registry says: versions, sizes and digests alone.

    Raises:
        PresetError: if there is no such preset, or its metadata cannot be had.

    Example:
        >>> [describe(name)["format_version"] for name in list_presets("gmvae_mnist")]
        [1]
    """
    found = _named(name)
    if found is None:
        raise PresetNotFoundError(_unknown(name))
    registry, entry = found
    folder = _local(registry, entry)
    if folder is not None:
        return _about(read_json(folder / METADATA), folder, entry.name)
    source = _web(registry, entry)
    try:
        content = parse_json(metadata_of(source, entry.digest), source.address)
    except DownloadError:
        if not offline():
            raise
        content = entry.about()
    return _about(content, source.address, entry.name)


def _located(handle: str | Path) -> tuple[Path, str]:
    """Returns the folder of a preset, fetched if need be, and what it is called if it is silent."""
    if isinstance(handle, str):
        source = source_of(handle)
        if source is not None:
            return keep(source), source.name
        found = _named(handle)
        if found is not None:
            return _folder_of(*found), found[1].name
    folder = _folder(handle)
    return folder, folder.resolve().name


def _named(handle: str) -> tuple[Registry, Entry] | None:
    """Returns the entry of a name, and the registry that it is in; None if no registry has it."""
    parts = _NAMED.fullmatch(handle)
    if not parts:
        return None
    name, version = parts[1], int(parts[2]) if parts[2] else None
    known = [registry for registry in registries() if name in registry.entries]
    for registry in known:
        if version in registry.entries[name] or (version is None and registry.tested(name)):
            return registry, registry.find(name, version)
    # Its own words on which versions there are.
    return (known[0], known[0].find(name, version)) if known else None


def _folder_of(registry: Registry, entry: Entry) -> Path:
    """Returns the folder of an entry, fetched if need be."""
    folder = _local(registry, entry)
    return folder if folder is not None else keep(_web(registry, entry), entry.digest)


def _local(registry: Registry, entry: Entry) -> Path | None:
    """Returns the folder of an entry if it came with the package or is on a disk."""
    if isinstance(registry.base, Path):
        return registry.base / entry.path
    bundle = registries()[-1]
    same = bundle.entries.get(entry.name, {}).get(entry.version)
    if same is not None and same.digest == entry.digest:
        return Path(bundle.base) / same.path
    return None


def _folder(handle: str | Path) -> Path:
    """Returns the folder that a handle is, or says what it could have been."""
    folder = Path(handle).expanduser()
    if handle and folder.is_dir():
        return folder
    if handle and folder.is_file():
        raise PresetError(
            f"{handle} is a file, but a preset is a folder. Open a .keras file with tfvae.VAE.load."
        )
    raise PresetNotFoundError(_unknown(str(handle)))


def _web(registry: Registry, entry: Entry) -> Web:
    return Web(f"{registry.base}{entry.path}/", f"{entry.name}@{entry.version}", entry.name)


def _about(metadata: dict[str, Any], folder: Path | str, name: str) -> dict[str, Any]:
    """Returns metadata with where they were found, and how large the preset is."""
    total = sum(entry["size"] for entry in check_metadata(metadata, folder).values())
    return {"name": name, **metadata, "folder": str(folder), "total_size": total}


def _unknown(handle: str) -> str:
    """Returns the message for a name that is neither a preset's nor a folder's."""
    names = list_presets()
    near = difflib.get_close_matches(handle, names, n=3)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    known = ", ".join(names) if names else "none"
    return f"There is no preset {handle!r} and no such folder.{hint} Presets: {known}."
