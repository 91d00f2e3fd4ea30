"""Where presets come from: bundled with the package, or in a folder of the user's."""

import difflib
import re
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any

from .errors import PresetError, PresetNotFoundError
from .folder import METADATA, Preset, check_files, read_preset
from .weights import compress_weights, drop_optimizer
from .writing import write_preset

__all__ = [
    "Preset",
    "PresetError",
    "PresetNotFoundError",
    "bundled",
    "compress_weights",
    "drop_optimizer",
    "info",
    "list_presets",
    "read_preset",
    "resolve",
    "write_preset",
]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_VERSIONED = re.compile(r"([\w.-]+)@([\w.-]+)")


def bundled() -> Path:
    """Returns the folder of the presets that came with the package.

    Example:
        >>> bundled().name
        'presets'
    """
    return Path(str(resources.files(__package__))) / "presets"


def list_presets(pattern: str = "*") -> list[str]:
    """Returns the names of the bundled presets, in alphabetical order.

    Args:
        pattern: only names that match it; `*` stands for anything, `?` for one character.

    Example:
        >>> list_presets("no_such_*")
        []
    """
    found = (path.parent.name for path in bundled().glob(f"*/{METADATA}"))
    return sorted(name for name in found if fnmatchcase(name, pattern))


def resolve(handle: str | Path) -> Path:
    """Returns the folder of a preset.

    Args:
        handle: the name of a bundled preset, or a folder. A bundled name goes before a folder of
            the same name: write `./name` for the folder.

    Returns:
        The folder, which exists; its files are not yet checked.

    Raises:
        PresetNotFoundError: if there is neither such a preset nor such a folder.
        PresetError: if the handle is an address or has a version, which this release does not
            know, or names a file.

    Example:
        >>> resolve("gmvae_nmist")
        Traceback (most recent call last):
        tfvae.zoo.errors.PresetNotFoundError: There is no preset 'gmvae_nmist' ...
    """
    names = list_presets()
    if isinstance(handle, str):
        if handle in names:
            return bundled() / handle
        _refuse_scheme(handle)
    folder = Path(handle).expanduser()
    if handle and folder.is_dir():
        return folder
    if handle and folder.is_file():
        raise PresetError(
            f"{handle} is a file, but a preset is a folder. Open a .keras file with tfvae.VAE.load."
        )
    _refuse_version(str(handle), names)
    raise PresetNotFoundError(_unknown(str(handle), names))


def info(handle: str | Path) -> dict[str, Any]:
    """Returns what a preset says about itself, after checking every file of it.

    Args:
        handle: the name of a bundled preset, or a folder.

    Returns:
        The content of metadata.json, with `name`, `folder` and `total_size` (bytes) added.

    Raises:
        PresetError: if there is no such preset, or it is damaged; see `read_preset`.

    Example:
        >>> _ = write_preset("mine", {"config.json": b"{}", "model.weights.h5": b"1234"})
        >>> info("mine")["total_size"]
        6
    """
    folder = resolve(handle)
    metadata = check_files(folder)
    total = sum(entry["size"] for entry in metadata["files"].values())
    return {
        **metadata,
        "name": folder.resolve().name,
        "folder": str(folder),
        "total_size": total,
    }


def _refuse_scheme(handle: str) -> None:
    """Raises if the handle is an address."""
    scheme = _SCHEME.match(handle)
    if scheme:
        raise PresetError(
            f"{handle!r} is an address ({scheme[1]}://), but this version of tfvae loads bundled "
            "presets by name and presets from folders. Fetch the files into a folder and pass that."
        )


def _refuse_version(handle: str, names: list[str]) -> None:
    """Raises if the handle is a bundled name with a version."""
    versioned = _VERSIONED.fullmatch(handle)
    if versioned and versioned[1] in names:
        raise PresetError(
            f"{handle!r} asks for a version, but this version of tfvae has one of each bundled "
            f"preset. Leave @{versioned[2]} out."
        )


def _unknown(handle: str, names: list[str]) -> str:
    """Returns the message for a name that is neither a preset's nor a folder's."""
    near = difflib.get_close_matches(handle, names, n=3)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    known = ", ".join(names) if names else "none"
    return f"There is no preset {handle!r} and no such folder.{hint} Bundled presets: {known}."
