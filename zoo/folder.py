"""A preset as a folder of files, checked whole before any of it is used."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .allowed import check_config
from .errors import PresetError, PresetNotFoundError

FORMAT_VERSION = 1
CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
METADATA = "metadata.json"
REQUIRED = (CONFIG, WEIGHTS)

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_LARGEST_JSON = 16 * 2**20
_CURE = (
    "Fetch the folder again (for a bundled preset: reinstall tfvae), or save the model anew with "
    "save_to_preset."
)


@dataclass(frozen=True)
class Preset:
    """A preset whose every file was found to be as it was written.

    Attributes:
        folder: where it stands.
        config: Keras's serialisation of the model, which names nothing that is not allowed.
        metadata: format version, versions of the libraries, files, and what its author added.
        weights: the path of the weights, for `load_weights`.
    """

    folder: Path
    config: dict[str, Any]
    metadata: dict[str, Any]
    weights: Path


def read_preset(folder: str | Path, custom_objects: Mapping[str, Any] | None = None) -> Preset:
    """Reads a preset, after checking its format, every file, and what its config names.

    Args:
        folder: a folder with config.json, model.weights.h5 and metadata.json.
        custom_objects: the user's own classes and functions that the config may name.

    Returns:
        The preset. Nothing has been deserialised yet.

    Raises:
        PresetNotFoundError: if the folder or one of its files is missing.
        PresetError: if a file is truncated or altered, the format is newer than this version
            reads, or the config names a class that is neither tfvae's, Keras's nor the user's.

    Example:
        >>> from tfvae.zoo import write_preset
        >>> config = b'{"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}}'
        >>> files = {"config.json": config, "model.weights.h5": b"as save_weights writes it"}
        >>> _ = write_preset("mine", files, {"licence": "MIT"})
        >>> read_preset("mine").metadata["licence"]
        'MIT'
    """
    folder = Path(folder).expanduser()
    metadata = check_files(folder)
    config = read_json(folder / CONFIG)
    check_config(config, custom_objects)
    return Preset(folder, config, metadata, folder / WEIGHTS)


def check_files(folder: Path) -> dict[str, Any]:
    """Returns the metadata of a preset after comparing every file with it.

    Args:
        folder: a preset's folder.

    Raises:
        PresetNotFoundError: if the folder or one of its files is missing.
        PresetError: if a file is truncated or altered, or the format is newer.
    """
    if not folder.is_dir():
        raise PresetNotFoundError(f"There is no preset folder {folder}.")
    metadata = read_json(folder / METADATA)
    _check_version(metadata, folder)
    for name, entry in _files(metadata, folder).items():
        _check_file(folder / name, entry)
    return metadata


def read_json(path: Path) -> dict[str, Any]:
    """Returns the object in a JSON file of a preset.

    Raises:
        PresetNotFoundError: if there is no such file.
        PresetError: if it is too large, or holds anything but one JSON object.
    """
    if not path.is_file():
        raise PresetNotFoundError(f"{path.parent} lacks {path.name}, so it is no preset. {_CURE}")
    if path.stat().st_size > _LARGEST_JSON:
        raise PresetError(f"{path} has {path.stat().st_size:,} bytes, too many for a preset's.")
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise PresetError(f"{path} is no JSON ({error}). {_CURE}") from error
    if not isinstance(content, dict):
        raise PresetError(f"{path} should hold a JSON object, not {content!r:.40}. {_CURE}")
    return content


def check_name(name: str) -> str:
    """Returns the name of a preset's file if it is plain and stays inside the folder.

    Raises:
        PresetError: if it is absolute, has `..` in it, or has a part that starts with a dot.
    """
    if not isinstance(name, str) or not _PLAIN_NAME.fullmatch(name):
        raise PresetError(
            f"A preset may not hold a file named {name!r}: expected letters, digits, _ . - and "
            "sub-folders with /, inside the preset's folder."
        )
    return name


def file_entry(path: Path) -> dict[str, Any]:
    """Returns what metadata.json says of a file: its size in bytes and its sha256."""
    with path.open("rb") as file:
        return {
            "size": path.stat().st_size,
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
        }


def _check_version(metadata: dict[str, Any], folder: Path) -> None:
    """Raises unless this version of tfvae reads the preset's format."""
    version = metadata.get("format_version")
    if type(version) is not int or version < 1:
        raise PresetError(
            f"{folder / METADATA} states no format_version of tfvae (found {version!r}), so the "
            f"folder is no preset of tfvae. {_CURE}"
        )
    if version > FORMAT_VERSION:
        writer = metadata.get("tfvae_version", "a newer tfvae")
        raise PresetError(
            f"{folder} is a preset of format {version}, written by tfvae {writer}, but this tfvae "
            f"reads formats up to {FORMAT_VERSION}. Upgrade tfvae."
        )


def _files(metadata: dict[str, Any], folder: Path) -> dict[str, dict[str, Any]]:
    """Returns the table of files in the metadata, if it is one that can be trusted."""
    files = metadata.get("files")
    if not isinstance(files, dict) or not all(_is_entry(entry) for entry in files.values()):
        raise PresetError(
            f"{folder / METADATA} has no table of files with their size and sha256. {_CURE}"
        )
    for name in files:
        check_name(name)
    for name in REQUIRED:
        if name not in files:
            raise PresetError(f"{folder / METADATA} does not list {name}. {_CURE}")
    return files


def _is_entry(entry: Any) -> bool:
    """Returns whether this is what `file_entry` makes."""
    if not isinstance(entry, dict):
        return False
    return type(entry.get("size")) is int and isinstance(entry.get("sha256"), str)


def _check_file(path: Path, entry: dict[str, Any]) -> None:
    """Raises unless the file is there and is, byte for byte, what was written."""
    if not path.is_file():
        raise PresetNotFoundError(f"The preset's file {path} is missing. {_CURE}")
    size = path.stat().st_size
    if size != entry["size"]:
        state = "truncated" if size < entry["size"] else "longer than it was"
        raise PresetError(
            f"The preset's file {path} is {state}: it should have {entry['size']:,} bytes, but "
            f"has {size:,}. {_CURE}"
        )
    digest = file_entry(path)["sha256"]
    if digest != entry["sha256"]:
        raise PresetError(
            f"The preset's file {path} was altered: its sha256 should be {entry['sha256']}, but is "
            f"{digest}. {_CURE}"
        )
