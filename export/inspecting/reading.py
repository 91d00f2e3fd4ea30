"""Finding out what a path is, by what is in it, and reading it."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import ArtefactError
from ..placing import DESCRIPTION_IN_BUNDLE, TFLITE_MARK
from .contents import Contents
from .keras_models import CONFIG, WEIGHTS, read_keras, read_preset
from .saved_models import GRAPH, read_saved_model
from .stated import check_files, read_object
from .tflite_contents import read_tflite_contents

ZIP_MARK = b"PK\x03\x04"
EXPECTED = "expected a .tflite or .keras file, or the folder of a SavedModel or a preset"


def inspect(path: str | os.PathLike) -> Contents:
    """Lists what a file or a folder holds, without running any of it.

    It reads a flatbuffer, a protocol buffer, or JSON and the headers of HDF5; it builds no model
    and imports nothing that the file names. What is not of tfvae is read as well. Where checksums
    are to be had, in a TFLite file of a bundle or beside the artefact, they are compared first.

    Args:
        path: a `.tflite` or `.keras` file, or the folder of a SavedModel or a preset; what it is
            is told by its contents, whatever its name.

    Returns:
        Its `Contents`: signatures with types, shapes and meanings, operations, types of weights
        and activations, and sizes in bytes.

    Raises:
        ArtefactError: if there is nothing there, it is something else, or it is cut short or
            altered.

    Example:
        >>> import tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> vae.save("vae.keras")
        >>> contents = tfvae.export.inspect("vae.keras")
        >>> contents.kind, contents.precisions["float32"]["numbers"]
        ('Keras', 340)
    """
    try:
        place = Path(path).expanduser().resolve()
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        raise ArtefactError(f"{path!r} is no path that can be read ({error}).") from error
    try:
        read = _reader(place)
        if place.name == GRAPH:
            place = place.parent
        checked_by, about = check_files(place)
        found = read(place, about)
    except OSError as error:
        raise ArtefactError(f"{path} cannot be read ({error.strerror or error}).") from error
    return replace(found, checked_by=(*found.checked_by, *checked_by))


def _reader(path: Path) -> Callable[[Path, dict[str, Any]], Contents]:
    """Returns what reads a path, by what is there."""
    if path.is_dir():
        return _reader_of_folder(path)
    if not path.exists():
        raise ArtefactError(f"There is nothing at {path}: {EXPECTED}.")
    if path.name == GRAPH:
        return read_saved_model
    if not path.is_file():
        raise ArtefactError(f"{path} is neither a file nor a folder: {EXPECTED}.")
    with path.open("rb") as file:
        start = file.read(8)
    if start[4:] == TFLITE_MARK:
        return read_tflite_contents
    if start[:4] == ZIP_MARK:
        return read_keras
    what = "is empty" if not start else "is none that tfvae can read, or its start is damaged"
    raise ArtefactError(f"{path} {what}: {EXPECTED}.")


def _reader_of_folder(path: Path) -> Callable[[Path, dict[str, Any]], Contents]:
    names = {entry.name for entry in path.iterdir()}
    if GRAPH in names:
        return read_saved_model
    if {CONFIG, WEIGHTS} <= names:
        return read_preset
    if DESCRIPTION_IN_BUNDLE.name in names:
        artefacts = read_object(path / DESCRIPTION_IN_BUNDLE).get("artefacts")
        listed = artefacts if isinstance(artefacts, list) else []
        paths = [str(one.get("path")) for one in listed if isinstance(one, dict)]
        if paths:
            raise ArtefactError(f"{path} is a bundle; inspect one of {', '.join(paths)} in it.")
    raise ArtefactError(f"{path} holds no {GRAPH}, and no {CONFIG} with {WEIGHTS}: {EXPECTED}.")
