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

LARGEST_JSON = 16 * 2**20

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Data, text and pictures: nothing that a program would run or unpickle.
_KINDS = {".csv", ".h5", ".jpg", ".json", ".md", ".png", ".tflite", ".txt"}
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
    for name, entry in check_metadata(metadata, folder).items():
        _check_file(folder / name, entry)
    return metadata


def is_whole(folder: Path) -> bool:
    """Returns whether a folder is a preset with every file as it was written."""
    try:
        check_files(folder)
    except PresetError:
        return False
    return True


def check_metadata(metadata: dict[str, Any], where: Path | str) -> dict[str, dict[str, Any]]:
    """Returns the table of a preset's files, if its metadata are such as can be trusted.

    Args:
        metadata: what is in metadata.json.
        where: the preset's folder or address, for messages.

    Raises:
        PresetError: if the format is newer, or the table has what no preset has.
    """
    _check_version(metadata, where)
    return _files(metadata, where)


def read_json(path: Path) -> dict[str, Any]:
    """Returns the object in a JSON file of a preset.

    Raises:
        PresetNotFoundError: if there is no such file.
        PresetError: if it is too large, or holds anything but one JSON object.
    """
    if not path.is_file():
        raise PresetNotFoundError(f"{path.parent} lacks {path.name}, so it is no preset. {_CURE}")
    if path.stat().st_size > LARGEST_JSON:
        raise PresetError(f"{path} has {path.stat().st_size:,} bytes, too many for a preset's.")
    return parse_json(path.read_bytes(), path)


def parse_json(content: bytes, where: Path | str) -> dict[str, Any]:
    """Returns the object that a preset's JSON file holds.

    Raises:
        PresetError: if it holds anything else.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise PresetError(f"{where} is no JSON ({error}). {_CURE}") from error
    if not isinstance(found, dict):
        raise PresetError(f"{where} should hold a JSON object, not {found!r:.40}. {_CURE}")
    return found


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


def check_kind(name: str) -> str:
    """Returns the name of a preset's file if files of this kind hold nothing that could be run.

    Raises:
        PresetError: if they may.
    """
    kind = Path(name).suffix.lower()
    if kind not in _KINDS:
        raise PresetError(
            f"A preset may not hold {name!r}: expected data, text or pictures, with a name that "
            f"ends in {', '.join(sorted(_KINDS))}."
        )
    return name


def file_entry(path: Path) -> dict[str, Any]:
    """Returns what metadata.json says of a file: its size in bytes and its sha256."""
    with path.open("rb") as file:
        return {
            "size": path.stat().st_size,
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
        }


def is_entry(entry: Any) -> bool:
    """Returns whether this is what `file_entry` makes."""
    if not isinstance(entry, dict) or type(entry.get("size")) is not int or entry["size"] < 0:
        return False
    return isinstance(entry.get("sha256"), str) and bool(_SHA256.fullmatch(entry["sha256"]))


def _check_version(metadata: dict[str, Any], where: Path | str) -> None:
    """Raises unless this version of tfvae reads the preset's format."""
    version = metadata.get("format_version")
    if type(version) is not int or version < 1:
        raise PresetError(
            f"{METADATA} of {where} states no format_version of tfvae (found {version!r}), so it "
            f"is no preset of tfvae. {_CURE}"
        )
    if version > FORMAT_VERSION:
        writer = metadata.get("tfvae_version", "a newer tfvae")
        raise PresetError(
            f"{where} is a preset of format {version}, written by tfvae {writer}, but this tfvae "
            f"reads formats up to {FORMAT_VERSION}. Upgrade tfvae."
        )


def _files(metadata: dict[str, Any], where: Path | str) -> dict[str, dict[str, Any]]:
    """Returns the table of files in the metadata, if it is one that can be trusted."""
    files = metadata.get("files")
    if not isinstance(files, dict) or not all(map(is_entry, files.values())):
        raise PresetError(
            f"{METADATA} of {where} has no table of files with their size and sha256. {_CURE}"
        )
    for name in files:
        check_kind(check_name(name))
    for name in REQUIRED:
        if name not in files:
            raise PresetError(f"{METADATA} of {where} does not list {name}. {_CURE}")
    if METADATA in files:
        raise PresetError(f"{METADATA} of {where} lists itself. {_CURE}")
    return files


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
