"""A bundle: a folder from which a model goes to a server, a phone and a browser, with evidence."""

import importlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .artefacts import MODEL_OF_PAGE, Plan, write_artefacts
from .bundle_report import BundleReport, write_report
from .describing import checked_about, describe, with_artefacts, with_files
from .errors import ExportError
from .evidence import held_out
from .examples import write_android, write_cpp, write_python
from .given import given_to
from .latency import latency_of_model, machine
from .litert_files import BATCHES, check_quantiser, file_name
from .placing import bundle_target, put_folder, workspace
from .precisions import PRECISIONS, checked_limits, checked_precisions
from .subject import Subject, prepare

TARGETS = ("saved_model", "litert", "web")
HELD_OUT, REPRESENTATIVE = 1000, 512


def bundle(
    vae: Any,
    folder: str | os.PathLike,
    x: Any = None,
    to: Sequence[str] = ("saved_model", "litert"),
    precisions: Sequence[str] = ("float32", "float16", "int8-weights", "int8"),
    *,
    batch: str = "both",
    representative: Any = None,
    integer: bool = False,
    about: Mapping[str, Any] | None = None,
    limits: Mapping[str, float] | None = None,
    measure: bool = True,
    progress: Callable[[str], None] | None = None,
) -> BundleReport:
    """Exports a model into one folder with everything that runs it elsewhere, and evidence.

    The folder has `saved_model/`; a TFLite file for each precision and kind of batch, such as
    `model_int8.tflite` and `model_int8.batch1.tflite`; `web/`, if asked for; `example_python.py`,
    `example_android.kt` and `example_cpp.cc`; `model.json`, which says what each signature takes
    and returns; and `report.json` and `report.html`: how far each artefact is from the model on
    held-out examples, what that costs, and how large and how fast it is. Each TFLite file also
    holds what `model.json` says of it, and a checksum; `inspect` shows it. It is written whole or
    not at all.

    Args:
        vae: a `tfvae.VAE`.
        folder: where; a bundle that tfvae wrote there before is replaced.
        x: held-out examples, float `[N, *event_shape]`, or a dict of them and of what the model
            reads beside them; up to 1,000 are used. None takes points of the model's own samples.
        to: some of "saved_model", "litert" and "web".
        precisions: some of "float32", "float16", "int8-weights" and "int8", of the TFLite files.
        batch: "dynamic", any number of rows, for servers; "static", one row, for delegates of
            phones; or "both".
        representative: other examples, from which int8 takes its ranges; up to 512 are used. None
            takes every other one of `x` for that.
        integer: whether int8 files take and return int8 too, save numbers such as the ELBO.
        about: what `model.json` says besides: `name`, `summary`, `licence`, `citation`, `data`,
            `normalisation`, `class_names`, `component_names`.
        limits: by precision, how far a file may be from the model, in place of 1e-5 (float32) and
            1e-2 (float16) of max|a - b| / max|a|, and 0.5 (int8-weights) and 2 (int8) nats of the
            mean ELBO, where the model has an ELBO of x; infinity turns a limit off.
        measure: whether to measure latency and memory, which takes a minute.
        progress: is told what is done next.

    Returns:
        The `BundleReport`; `print` shows its table.

    Raises:
        ExportError: if an argument cannot be, the folder holds anything else, the model cannot be
            exported, or an artefact is farther from it than its limit. The folder is then as it
            was.

    Example:
        >>> import tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> report = tfvae.export.bundle(vae, "dist", to=["saved_model"], measure=False)
        >>> sorted(path.name for path in report.path.iterdir())
        ['model.json', 'report.html', 'report.json', 'saved_model']
    """
    target = bundle_target(folder)
    plan = _plan(vae, to, precisions, batch, limits, about, integer, measure, progress)
    x, representative = _apart(x, representative, plan)
    with workspace(target) as space:
        plan.say("Running the model on held-out examples")
        subject = prepare(vae, x, PRECISIONS["float32"].limit)
        held = held_out(subject, x, HELD_OUT)
        given = given_to(subject.model, representative, REPRESENTATIVE)
        made = space / "bundle"
        made.mkdir()
        described = describe(subject, held.given, plan.about)
        found = write_artefacts(plan, subject, held, given, described, space, made)
        description = with_artefacts(described, found)
        _write_beside(plan, subject, x, description, space, made)
        if plan.measure:
            plan.say("Measuring the model itself")
        report = BundleReport(
            path=target,
            artefacts=tuple(found),
            model=tuple(latency_of_model(subject, held.given)) if plan.measure else (),
            held_out=held.count,
            limits=plan.limits,
            machine=machine(),
            name=plan.about.get("name", subject.model.name),
        )
        write_report(report, made)
        text = json.dumps(with_files(description, made), indent=1, allow_nan=False)
        (made / "model.json").write_text(text + "\n", encoding="utf-8")
        put_folder(made, target)
    return report


def _apart(x: Any, representative: Any, plan: Plan) -> tuple[Any, Any]:
    """Returns held-out examples, and those from which int8 takes its ranges."""
    needed = "litert" in plan.to and "int8" in plan.precisions
    if representative is not None or x is None or not needed:
        return x, x if representative is None else representative
    try:
        count = len(x["x"] if isinstance(x, Mapping) else x)
    except (KeyError, TypeError):
        count = 0
    if count < 2:
        # What is wrong with it is said where it is read.
        return x, x
    # Every other one: data are often sorted by class.
    if isinstance(x, Mapping):
        return (
            {name: value[::2] for name, value in x.items()},
            {name: value[1::2] for name, value in x.items()},
        )
    return x[::2], x[1::2]


def _write_beside(
    plan: Plan,
    subject: Subject,
    x: Any,
    description: Mapping[str, Any],
    space: Path,
    made: Path,
) -> None:
    """Writes the explorer and the examples."""
    if "web" in plan.to:
        plan.say("Writing the explorer")
        explorer = _explorer()
        atlas = explorer.atlas(subject.model, x)
        model = space / file_name("float32", 1)
        explorer.write_explorer(made / "web", model, dict(description), atlas)
    if "litert" in plan.to:
        write_python(made)
        files = [
            one
            for one in description["artefacts"]
            if one["kind"] == "TFLite"
            and one["takes_and_gives"] == "float32"
            and one["path"] != MODEL_OF_PAGE
        ]
        if files:
            best = max(files, key=lambda one: one["batch"] == 1)
            write_android(made, best["path"], description)
            write_cpp(made, best["path"])


def _explorer() -> Any:
    try:
        return importlib.import_module(".to_web", __package__)
    except ModuleNotFoundError as error:
        raise ExportError(
            f"The explorer for browsers is not part of this installation ({error}). Leave 'web' "
            "out of `to`."
        ) from error


def _plan(
    vae: Any,
    to: Sequence[str],
    precisions: Sequence[str],
    batch: str,
    limits: Mapping[str, float] | None,
    about: Mapping[str, Any] | None,
    integer: bool,
    measure: bool,
    progress: Callable[[str], None] | None,
) -> Plan:
    targets = [to] if isinstance(to, str) else list(to)
    unknown = [name for name in targets if name not in TARGETS]
    if unknown or not targets:
        raise ExportError(
            f"`to` must be some of {', '.join(TARGETS)}, but "
            f"{', '.join(map(repr, unknown)) or 'nothing'} was given."
        )
    if batch not in BATCHES:
        raise ExportError(f"`batch` must be one of {', '.join(BATCHES)}, but is {batch!r}.")
    if "web" in targets:
        _explorer()
    names = checked_precisions(precisions)
    if "litert" in targets:
        check_quantiser(names)
    return Plan(
        to=tuple(targets),
        precisions=names,
        batches=BATCHES[batch],
        limits=checked_limits(limits),
        about=checked_about(about, getattr(vae, "num_sample_components", None)),
        integer=integer,
        measure=measure,
        say=progress or (lambda _: None),
    )
