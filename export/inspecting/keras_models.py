"""What a `.keras` file or a preset holds, read from its JSON and the headers of its HDF5."""

import json
import shutil
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import h5py

from ..errors import ArtefactError
from .contents import Contents, Weight, by_count, by_size
from .described import printable

CONFIG, WEIGHTS, METADATA = "config.json", "model.weights.h5", "metadata.json"
CURE = "Copy or save it anew."
# A config is some kB, and a hundred layers some hundred: more is no config.
LARGEST_JSON = 1 << 26
# What reading a zip or an HDF5 file whose contents are wrong was seen to raise.
DAMAGE = (
    AttributeError,
    EOFError,
    KeyError,
    NotImplementedError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_keras(path: Path, about: dict[str, Any]) -> Contents:
    """Reads a `.keras` file, each part of which has a checksum.

    Raises:
        ArtefactError: if it is cut short or altered, or a zip of something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if not {CONFIG, METADATA} <= names:
                raise ArtefactError(f"{path} is a zip, but no .keras file: it has no {CONFIG}.")
            config, said = _member(archive, CONFIG), _member(archive, METADATA)
            weights = []
            if WEIGHTS in names:
                # Read to its end, which compares its checksum, before HDF5 sees it.
                with archive.open(WEIGHTS) as packed, tempfile.TemporaryFile() as whole:
                    shutil.copyfileobj(packed, whole)
                    weights = _weights(whole)
        found = _contents(path, "Keras", config, weights, about or said)
    except ArtefactError:
        raise
    except (*DAMAGE, OSError) as error:
        raise _damaged(path, error) from error
    rest = path.stat().st_size - sum(found.sizes.values())
    return _with_sizes(found, path.stat().st_size, rest)


def read_preset(path: Path, about: dict[str, Any]) -> Contents:
    """Reads the folder of a preset.

    Raises:
        ArtefactError: if one of its files is cut short or altered.
    """
    try:
        config = _json((path / CONFIG).read_bytes())
        with (path / WEIGHTS).open("rb") as file:
            weights = _weights(file)
        found = _contents(path, "preset", config, weights, about)
    except (*DAMAGE, OSError) as error:
        raise _damaged(path, error) from error
    total = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return _with_sizes(found, total, total - sum(found.sizes.values()))


def _damaged(path: Path, error: BaseException) -> ArtefactError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return ArtefactError(f"{path} is cut short or altered ({reason}). {CURE}")


def _member(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    size = archive.getinfo(name).file_size
    if size > LARGEST_JSON:
        raise ValueError(f"{name} has {size:,} bytes")
    return _json(archive.read(name))


def _json(content: bytes) -> dict[str, Any]:
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError("its JSON is no object")
    return found


def _contents(
    path: Path, kind: str, config: Mapping[str, Any], weights: list[Weight], about: dict[str, Any]
) -> Contents:
    counts = Counter(_class_names(config))
    if not counts:
        raise ValueError(f"{CONFIG} names no class")
    trained = sum(one.bytes for one in weights if one.role == "weight")
    other = sum(one.bytes for one in weights) - trained
    return Contents(
        path=path,
        kind=kind,
        operators=by_count(counts, {}),
        weights=by_size(weights),
        sizes={"weights": trained, "optimiser": other},
        about=about,
    )


def _with_sizes(found: Contents, total: int, rest: int) -> Contents:
    sizes = {"all": total, **found.sizes, "other": rest}
    return Contents(**{**vars(found), "sizes": sizes})


def _class_names(config: Any) -> Iterator[str]:
    """Yields the class of each object that a config is made of."""
    waiting = [config]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            name = one.get("class_name")
            if isinstance(name, str) and name != "DTypePolicy" and "config" in one:
                yield printable(name)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _weights(file: BinaryIO) -> list[Weight]:
    """Returns the arrays of an HDF5 file, of which the headers alone are read."""
    found: list[Weight] = []

    def visit(name: str, entry: Any) -> None:
        if isinstance(entry, h5py.Dataset) and entry.shape is not None:
            role = "optimiser" if name.startswith("optimizer/") else "weight"
            shape = tuple(map(int, entry.shape))
            found.append(Weight(printable(name), entry.dtype.name, shape, entry.nbytes, role=role))

    with h5py.File(file, "r") as stored:
        stored.visititems(visit)
    return found
