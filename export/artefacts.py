"""Making the artefacts of a bundle one after another, each compared with the model at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .describing import for_file
from .errors import ExportError
from .evidence import HeldOut, check_elbo, examine
from .given import Arrays
from .inscribing import inscribe
from .latency import latency_of_file, latency_of_saved_model
from .litert_files import TFLiteFile, file_name, write_float32, write_smaller
from .precisions import NATS, PRECISIONS
from .running import open_artefact
from .subject import Subject, compared, files_of
from .to_saved_model import write_saved_model

SAVED_MODEL = "saved_model"
# Where the explorer keeps the file of float32 for batches of one.
MODEL_OF_PAGE = "web/model.tflite"


@dataclass(frozen=True)
class Plan:
    """What a bundle shall hold, checked.

    Args:
        to: some of "saved_model", "litert" and "web".
        precisions: names, in the order of their table.
        batches: numbers of rows of the TFLite files; None is any.
        limits: of every precision.
        about: what is said of the model from outside.
        integer: whether int8 files take and give int8.
        measure: whether to measure latency.
        say: is told what is done next.
    """

    to: tuple[str, ...]
    precisions: tuple[str, ...]
    batches: tuple[int | None, ...]
    limits: Mapping[str, float]
    about: Mapping[str, Any]
    integer: bool
    measure: bool
    say: Callable[[str], None]


def write_artefacts(
    plan: Plan,
    subject: Subject,
    held: HeldOut,
    representative: Arrays,
    description: Mapping[str, Any],
    space: Path,
    made: Path,
) -> list[dict[str, Any]]:
    """Writes the SavedModel and the TFLite files of a plan.

    Args:
        plan: what is wanted.
        subject: the model.
        held: held-out examples.
        representative: inputs from which int8 takes its ranges.
        description: what the TFLite files say of themselves.
        space: a folder for what is needed on the way.
        made: the bundle.

    Returns:
        What was found out about each artefact, for the report.

    Raises:
        ExportError: if one cannot be made, or is farther from the model than its limit.
    """
    found = []
    plan.say("Writing the SavedModel")
    saved = (made if "saved_model" in plan.to else space) / SAVED_MODEL
    write_saved_model(subject.endpoints, saved)
    if "saved_model" in plan.to:
        entry = _entry(SAVED_MODEL, "SavedModel", "float32", None)
        found.append(_examined(plan, subject, held, saved, entry))
        if plan.measure:
            found[-1]["latency"] = latency_of_saved_model(subject, saved, held.given)
    for file in _tflite_files(plan, subject, representative, description, space, saved):
        plan.say(f"Comparing {file.path.name} with the model")
        file = _placed(file, made / file.path.name)
        found.append(_examined_file(plan, subject, held, file, file.path.name))
    in_page = TFLiteFile(space / file_name("float32", 1), "float32", 1)
    if "web" in plan.to and in_page.path.name not in {one["path"] for one in found}:
        found.append(_examined_file(plan, subject, held, in_page, MODEL_OF_PAGE))
    return found


def _tflite_files(
    plan: Plan,
    subject: Subject,
    representative: Arrays,
    description: Mapping[str, Any],
    space: Path,
    saved: Path,
) -> list[TFLiteFile]:
    """Returns the files that the bundle gets; that of float32 for the web stays in the space."""
    wanted = plan.batches if "litert" in plan.to else ()
    needed = sorted({*wanted, *((1,) if "web" in plan.to else ())}, key=lambda size: size or 0)
    if not needed:
        return []
    plan.say("Converting to TFLite")
    sources = write_float32(subject, space, saved, needed)
    files = [file for file in sources if file.batch in wanted]
    smaller = [name for name in plan.precisions if name != "float32"] if files else []
    made = files if "float32" in plan.precisions else []
    if smaller:
        plan.say(f"Quantising to {', '.join(smaller)}")
        made = [*made, *write_smaller(subject, files, smaller, representative, plan.integer)]
    # The quantiser reads those of float32: so none is inscribed before all are there.
    for file in {*sources, *made}:
        inscribe(file.path, for_file(description, _entry_of(file, file.path.name)))
    order = list(PRECISIONS)
    return sorted(made, key=lambda file: (order.index(file.precision), file.batch or 0))


def _placed(file: TFLiteFile, path: Path) -> TFLiteFile:
    """Copies a file to its place in the bundle; the first stays for what needs it later."""
    path.write_bytes(file.path.read_bytes())
    return file._replace(path=path)


def _examined_file(
    plan: Plan, subject: Subject, held: HeldOut, file: TFLiteFile, name: str
) -> dict[str, Any]:
    found = _examined(plan, subject, held, file.path, _entry_of(file, name))
    if plan.measure:
        found["latency"] = latency_of_file(subject, file, held.given)
    return found


def _entry_of(file: TFLiteFile, name: str) -> dict[str, Any]:
    return _entry(name, "TFLite", file.precision, file.batch, file.integer)


def _entry(
    path: str, kind: str, precision: str, batch: int | None, integer: bool = False
) -> dict[str, Any]:
    return {
        "path": path,
        "kind": kind,
        "precision": precision,
        "batch": batch,
        "takes_and_gives": "int8" if integer else "float32",
    }


def _examined(
    plan: Plan, subject: Subject, held: HeldOut, path: Path, entry: dict[str, Any]
) -> dict[str, Any]:
    """Compares an artefact with the model, and returns its entry with what was found."""
    artefact = open_artefact(path)
    precision = entry["precision"]
    limit = plan.limits[precision]
    found = {**entry, "bytes": sum(one["bytes"] for one in files_of(path).values())}
    if PRECISIONS[precision].unit == NATS:
        found |= examine(artefact, subject.endpoints, held)
        check_elbo(found["quality"], precision, limit, entry["path"])
    else:
        try:
            report = compared(subject, artefact, limit)
        except ExportError as error:
            raise ExportError(f"{entry['path']}: {error}", error.report) from error
        found["worst"] = {"difference": report.worst.difference, "inputs": report.worst.inputs}
        found |= examine(artefact, subject.endpoints, held)
    if entry["takes_and_gives"] == "int8":
        found["quantisation"] = artefact.quantisation()
    return found
