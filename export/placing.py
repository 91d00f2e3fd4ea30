"""Putting artefacts in place: whole or not at all, and never over somebody else's files."""

import contextlib
import fnmatch
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from .errors import ExportError

# What a SavedModel consists of; with the report of ours, and nothing else, it may be replaced.
SAVED_MODEL_PARTS = ("saved_model.pb", "fingerprint.pb", "variables", "assets", "assets.extra")
REPORT_IN_FOLDER = Path("assets.extra", "parity.json")
# What a bundle consists of, and what its example for Python leaves beside itself.
BUNDLE_PARTS = (
    "saved_model",
    "web",
    "model_*.tflite",
    "model.json",
    "report.json",
    "report.html",
    "example_*",
    "outputs.npz",
)
DESCRIPTION_IN_BUNDLE = Path("model.json")
REPORT_SUFFIX = ".parity.json"
WRITER = "tfvae.export"
TFLITE_MARK = b"TFL3"


@contextlib.contextmanager
def workspace(target: Path) -> Iterator[Path]:
    """Makes a folder beside the target for what shall take its place, and removes it in the end.

    Args:
        target: where the artefact will stand; folders above it that are not there are made, and
            removed again if the work fails.

    Yields:
        The folder, on the disk of the target.

    Raises:
        ExportError: if the target cannot be written, now or while the work is done.
    """
    folder = target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex[:8]}.tmp")
    made: list[Path] = []
    done = False
    try:
        with _failures_named(target):
            for parent in reversed([parent for parent in target.parents if not parent.exists()]):
                parent.mkdir()
                made.insert(0, parent)
            folder.mkdir()
            yield folder
        done = True
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for parent in [] if done else made:
            # Unless somebody else put something there meanwhile.
            with contextlib.suppress(OSError):
                parent.rmdir()


@contextlib.contextmanager
def _failures_named(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"The artefact cannot be written to {target} ({error.strerror or error}). Choose a "
            "place that you may write to, on a disk with room."
        ) from error


def folder_target(path: str | os.PathLike) -> Path:
    """Returns where a SavedModel shall stand.

    Raises:
        ExportError: if a file is there, or a folder with anything but a SavedModel of ours.
    """
    return _folder_target(path, "SavedModel", SAVED_MODEL_PARTS, REPORT_IN_FOLDER)


def bundle_target(path: str | os.PathLike) -> Path:
    """Returns where a bundle shall stand.

    Raises:
        ExportError: if a file is there, or a folder with anything but a bundle of ours.
    """
    return _folder_target(path, "bundle", BUNDLE_PARTS, DESCRIPTION_IN_BUNDLE)


def _folder_target(path: str | os.PathLike, what: str, parts: Sequence[str], written: Path) -> Path:
    target = _resolved(path)
    with _failures_named(target):
        present = {entry.name for entry in target.iterdir()} if target.is_dir() else set()
        exists = target.exists()
    if exists and not target.is_dir():
        raise ExportError(f"{target} is a file. Choose a folder for the {what}.")
    if Path.cwd().is_relative_to(target):
        raise ExportError(
            f"{target} is, or holds, the folder you work in, and a {what}'s folder is replaced "
            "as a whole. Choose a folder inside it."
        )
    foreign = sorted(
        name for name in present if not any(fnmatch.fnmatch(name, part) for part in parts)
    )
    if present and (foreign or not _is_ours(target / written)):
        raise ExportError(
            f"{target} holds files that are no {what} of tfvae "
            f"({', '.join((foreign or sorted(present))[:3])}), so it was left as it is. Choose an "
            "empty folder, or move them."
        )
    return target


def file_target(path: str | os.PathLike) -> Path:
    """Returns where a TFLite file shall stand.

    Raises:
        ExportError: if its name does not end in .tflite, or something else has its name or that
            of its report.
    """
    target = _resolved(path)
    if target.suffix != ".tflite":
        raise ExportError(
            f"A TFLite file's name must end in .tflite, but {target.name} was given. Try "
            f"{target.with_suffix('.tflite').name}."
        )
    report = report_of_file(target)
    with _failures_named(target):
        if target.is_dir():
            raise ExportError(f"{target} is a folder. Choose the name of a file.")
        if target.exists() and not _is_tflite(target):
            raise ExportError(f"{target} is a file, but no TFLite file, so it was left as it is.")
        foreign_report = report.exists() and not _is_ours(report)
    if foreign_report:
        raise ExportError(
            f"{report} would hold the report, but is none of tfvae's, so it was left as it is."
        )
    return target


def report_of_file(target: Path) -> Path:
    """Returns where the report of a TFLite file stands: beside it, `vae.parity.json`."""
    return target.with_suffix(REPORT_SUFFIX)


def put_folder(made: Path, target: Path) -> None:
    """Renames a new folder to its place, and brings the old one back if that fails."""
    # A folder that is not empty cannot be replaced in one step: the old one steps aside.
    aside = made.with_name("replaced")
    replaces = target.exists()
    if replaces:
        target.rename(aside)
    try:
        made.rename(target)
    except OSError:
        if replaces:
            aside.rename(target)
        raise


def _resolved(path: str | os.PathLike) -> Path:
    try:
        return Path(path).expanduser().resolve()
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        raise ExportError(f"{path!r} is no path that can be written: {error}.") from error


def _is_ours(report: Path) -> bool:
    try:
        content = json.loads(report.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("written_by") == WRITER


def _is_tflite(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(8)
    # An empty file is a name that was kept free.
    return not start or start[4:] == TFLITE_MARK
