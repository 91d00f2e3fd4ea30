"""What presets weigh and take once they are exported, for their cards.

`python -m benchmarks.presets NAME ...`

Each precision becomes a TFLite file for one example a call, compared with the model on up to 1,000
test examples; int8 takes its ranges from training examples. A precision whose file cannot be made,
or is farther from the model than its limit, is named with the reason. Then, once all files of all
presets are there, latency is measured: the median of the calls, with one thread, in a process of
its own. Only that needs a quiet machine. The figures go into the metadata of the presets, and their
cards are written anew.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import tfvae
from benchmarks.machine import Bystanders, describe_machine
from tfvae.export.given import Arrays, given_to
from tfvae.export.latency import latency_of_file
from tfvae.export.litert_files import TFLiteFile
from tfvae.export.precisions import PRECISIONS
from tfvae.export.subject import Subject, prepare
from tfvae.zoo import data
from tfvae.zoo.hub import bundled
from tfvae.zoo.publishing import write_card
from tfvae.zoo.recipe import find
from tfvae.zoo.tasks.task import first_of

HELD_OUT, REPRESENTATIVE = 1000, 512


class Exported(NamedTuple):
    """A preset and its files.

    Args:
        name: of the preset.
        subject: the model.
        given: examples, for every input of its endpoints.
        files: by precision, its file; or why there is none.
    """

    name: str
    subject: Subject
    given: Arrays
    files: dict[str, TFLiteFile | str]


def export(name: str, folder: Path) -> Exported:
    """Exports a bundled preset into a folder in each precision."""
    vae, recipe = tfvae.VAE.from_preset(name), find(name)
    dataset = data.load(recipe.data)
    x = as_arrays(first_of(recipe.task.held_out(recipe, dataset)[1], HELD_OUT))
    training = recipe.task.training(recipe, dataset, recipe.seeds[0])[0]
    representative = as_arrays(first_of(training, REPRESENTATIVE))
    try:
        files = _files(vae, x, representative, tuple(PRECISIONS), folder)
    except tfvae.export.ExportError:
        # At least one is farther from the model than its limit; each by itself shows which.
        files = {}
        for precision in PRECISIONS:
            try:
                files |= _files(vae, x, representative, (precision,), folder / precision)
            except tfvae.export.ExportError as error:
                # The reason; what to do about it, and a quantiser's traceback, come behind it.
                files[precision] = str(error).split(". ")[0]
    subject = prepare(vae, x, PRECISIONS["float32"].limit)
    return Exported(name, subject, given_to(subject.model, x, 1), files)


def as_arrays(x: Any) -> Any:
    """Returns examples as arrays, `Images` too, as `tfvae.export` takes them."""
    if isinstance(x, Mapping):
        return {name: as_arrays(values) for name, values in x.items()}
    return getattr(x, "x", x)


def _files(
    vae: Any, x: Any, representative: Any, precisions: Sequence[str], folder: Path
) -> dict[str, TFLiteFile | str]:
    report = tfvae.export.bundle(
        vae,
        folder,
        x,
        to=("litert",),
        precisions=precisions,
        batch="static",
        representative=representative,
        measure=False,
    )
    return {
        made["precision"]: TFLiteFile(report.path / made["path"], made["precision"], 1)
        for made in report.artefacts
    }


def measure(exported: Exported) -> list[dict[str, Any]]:
    """Returns of each precision the file's bytes and the median milliseconds of its endpoints."""
    found = []
    for precision, file in exported.files.items():
        if isinstance(file, str):
            found.append({"precision": precision, "refused": file})
            continue
        (run,) = latency_of_file(exported.subject, file, exported.given, threads=(1,))
        if "error" in run:
            raise RuntimeError(f"{file.path.name} could not be measured: {run['error']}")
        times = {call["endpoint"]: call["p50_us"] / 1e3 for call in run["calls"]}
        size = file.path.stat().st_size
        found.append({"precision": precision, "bytes": size, "milliseconds": times})
    return found


def main() -> None:
    """Measure presets and write their cards; `python -m tfvae.zoo registry` comes after it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    with tempfile.TemporaryDirectory() as folder:
        exported = []
        for name in parser.parse_args().names:
            print(f"{name}: exporting", flush=True)
            exported.append(export(name, Path(folder) / name))
        print("Measuring", flush=True)
        for one in exported:
            others = Bystanders()
            artefacts = measure(one)
            exports = {
                "artefacts": artefacts,
                "machine": describe_machine()["processor"],
                "cores_busy_for_others": others.cores(),
                "litert_version": version("ai-edge-litert"),
                "command": f"python -m benchmarks.presets {one.name}",
            }
            write_card(bundled() / one.name, exports=exports)
            print(f"{one.name}: {artefacts}", flush=True)


if __name__ == "__main__":
    main()
