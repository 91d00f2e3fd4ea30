"""A zoo as a folder of files that any web host serves as it is: written, and copied."""

import os
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path

from .cache import keep
from .errors import PresetError, PresetNotFoundError
from .folder import METADATA, check_files, file_entry, is_whole, read_json
from .home import write
from .hosts import Web
from .pages import card_page, index_page
from .registry import (
    REGISTRY,
    Entry,
    Registry,
    describe,
    name_and_version,
    open_registry,
    read_registry,
    text,
)

INDEX = "index.html"


def publish_site(folder: str | Path, presets: Iterable[str | Path] | None = None) -> Path:
    """Writes presets as a folder that any web host, bucket or hub repository can serve.

    It holds `registry.json`, which TFVAE_ZOO_URL may name once it is served, `index.html`, and a
    folder for each version of each preset, which is itself a preset. What was published there
    before stays.

    Args:
        folder: where; made if it is not there.
        presets: folders of presets; the bundled ones if left out. The name and the version of each
            are those in its metadata: `name`, else the folder's, and `version`, else 1.

    Returns:
        The folder.

    Raises:
        PresetError: if a preset is damaged, the folder has another preset of that name and version,
            or holds something else.

    Example:
        >>> from tfvae import zoo
        >>> files = {"config.json": b"{}", "model.weights.h5": b"1234"}
        >>> mine = zoo.write_preset("mine", files, {"version": 2})
        >>> sorted(path.name for path in publish_site("site", [mine]).iterdir())
        ['index.html', 'mine', 'registry.json']
    """
    if presets is None:
        from .hub import bundled

        presets = sorted(path.parent for path in bundled().glob(f"*/{METADATA}"))
    named: dict[tuple[str, int], Path] = {}
    for preset in map(Path, presets):
        found = preset.expanduser().resolve()
        key = name_and_version(check_files(found), found.name)
        if named.setdefault(key, found) != found:
            raise PresetError(f"Two presets are called {key[0]} and have version {key[1]}.")
    return _write_site(Path(folder).expanduser(), named)


def mirror_site(url: str, folder: str | Path) -> Path:
    """Copies a published zoo, every version of every preset, and checks each file of it.

    Args:
        url: its address, or its folder: what TFVAE_ZOO_URL would name.
        folder: where the copy shall stand; what is there of an earlier copy is not fetched again.

    Returns:
        The folder, which can be served as the original is.

    Raises:
        PresetError: if the zoo cannot be had, or is not what its registry says.
    """
    registry = open_registry(url)
    target = Path(folder).expanduser()
    versions = [entry for found in registry.entries.values() for entry in found.values()]
    return _write_site(
        target,
        {(entry.name, entry.version): _local_copy(registry, entry, target) for entry in versions},
    )


def _write_site(target: Path, presets: dict[tuple[str, int], Path]) -> Path:
    """Adds presets, by name and version, to a site; its registry and its pages last."""
    _check_target(target)
    places = {target / name / str(version): preset for (name, version), preset in presets.items()}
    for place, preset in places.items():
        _check_new(preset, place)
    try:
        for place, preset in places.items():
            _add(preset, place)
        _write_pages(target)
    except OSError as error:
        if isinstance(error, PresetError):
            raise
        raise PresetError(
            f"The site could not be written to {target} ({error.strerror or error}). Choose a "
            "folder that you may write to, on a disk with room."
        ) from error
    return target


def _check_target(target: Path) -> None:
    """Raises unless a folder is new, empty, or a site."""
    if target.exists() and not target.is_dir():
        raise PresetError(f"{target} is a file. Choose a folder for the site.")
    if target.is_dir() and any(target.iterdir()) and not (target / REGISTRY).is_file():
        raise PresetError(
            f"{target} holds files, but no {REGISTRY} of a site, so it was left as it is. Choose "
            "an empty folder."
        )


def _check_new(preset: Path, place: Path) -> None:
    """Raises unless a preset is what it is published as, and no other was before it.

    Whoever took that other one counts on its bytes.
    """
    name, version = name_and_version(check_files(preset), place.parent.name)
    if (name, str(version)) != (place.parent.name, place.name):
        raise PresetError(
            f"The preset {place.parent.name}@{place.name} calls itself {name}@{version}, so it was "
            "not written. Tell whoever published it."
        )
    if (place / METADATA).is_file() and not _is_same(preset, place):
        raise PresetError(
            f"{place} holds another preset of this name and version. Give the new one a higher "
            'one: save_to_preset(..., metadata={"version": 2}).'
        )


def _is_same(preset: Path, place: Path) -> bool:
    return file_entry(preset / METADATA) == file_entry(place / METADATA)


def _add(preset: Path, place: Path) -> None:
    """Copies the files of a preset that are in its table, and no others."""
    if place.is_dir() and is_whole(place):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        for name in (*read_json(preset / METADATA)["files"], METADATA):
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(preset / name, temporary / name)
        check_files(temporary)
        shutil.rmtree(place, ignore_errors=True)
        os.replace(temporary, place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_pages(target: Path) -> None:
    """Writes the pages and, last of all, the registry, of the presets that a site holds."""
    found = (path.parent for path in target.glob(f"*/*/{METADATA}"))
    # What a killed process left has a hidden name.
    folders = sorted(folder for folder in found if folder.name.isdecimal())
    paths = {folder: folder.relative_to(target).as_posix() for folder in folders}
    content = describe((folder, path, folder.parent.name) for folder, path in paths.items())
    for folder in folders:
        write(folder / INDEX, card_page(folder).encode())
    newest = [target / name / max(of, key=int) for name, of in content["presets"].items()]
    shown = [(paths[folder], read_json(folder / METADATA)) for folder in newest]
    write(target / INDEX, index_page(shown).encode())
    write(target / REGISTRY, text(content).encode())


def _local_copy(registry: Registry, entry: Entry, target: Path) -> Path:
    """Returns a folder with the files of an entry, fetched unless the copy has them already."""
    if isinstance(registry.base, Path):
        return registry.base / entry.path
    if (target / REGISTRY).is_file():
        try:
            earlier = read_registry(target / REGISTRY).find(entry.name, entry.version)
        except PresetNotFoundError:
            earlier = None
        if earlier is not None and earlier.digest == entry.digest:
            return target / earlier.path
    source = Web(f"{registry.base}{entry.path}/", f"{entry.name}@{entry.version}", entry.name)
    return keep(source, entry.digest)
