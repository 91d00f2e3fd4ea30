"""What presets weigh and take once they are exported, for their cards.

`python -m benchmarks.presets NAME ...`

Each precision becomes a TFLite file for one example a call, compared with the model on up to 1,000
test examples; int8 takes its ranges from training examples. A precision whose file is farther from
the model than its limit is named as such. Latency is the median of the calls, with one thread, in a
process of its own. The figures go into the metadata of the preset, and its card is written anew.
"""

import argparse
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tfvae
from benchmarks.machine import Bystanders, describe_machine
from tfvae.zoo import data
from tfvae.zoo.hub import bundled
from tfvae.zoo.publishing import write_card
from tfvae.zoo.recipe import find
from tfvae.zoo.tasks.task import first_of

PRECISIONS = ("float32", "float16", "int8-weights", "int8")
HELD_OUT, REPRESENTATIVE = 1000, 512


def measure(name: str) -> dict[str, Any]:
    """Returns what the card of a bundled preset says of its exports."""
    vae, recipe = tfvae.VAE.from_preset(name), find(name)
    dataset = data.load(recipe.data)
    x = as_arrays(first_of(recipe.task.held_out(recipe, dataset)[1], HELD_OUT))
    training = recipe.task.training(recipe, dataset, recipe.seeds[0])[0]
    representative = as_arrays(first_of(training, REPRESENTATIVE))
    others = Bystanders()
    found = [_exported(vae, x, representative, precision) for precision in PRECISIONS]
    return {
        "artefacts": found,
        "machine": describe_machine()["processor"],
        "cores_busy_for_others": others.cores(),
        "litert_version": version("ai-edge-litert"),
        "command": f"python -m benchmarks.presets {name}",
    }


def as_arrays(x: Any) -> Any:
    """Returns examples as arrays, `Images` too, as `tfvae.export` takes them."""
    if isinstance(x, Mapping):
        return {name: as_arrays(values) for name, values in x.items()}
    return getattr(x, "x", x)


def _exported(vae: Any, x: Any, representative: Any, precision: str) -> dict[str, Any]:
    """Returns the size of one file in bytes and the median milliseconds of its endpoints."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            report = tfvae.export.bundle(
                vae,
                Path(folder) / "dist",
                x,
                to=("litert",),
                precisions=(precision,),
                batch="static",
                representative=representative,
            )
        except tfvae.export.ExportError as error:
            return {"precision": precision, "refused": str(error)}
    (made,) = report.artefacts
    alone = next(run for run in made["latency"] if run["threads"] == 1)
    if "error" in alone:
        raise RuntimeError(f"{precision} could not be measured: {alone['error']}")
    times = {call["endpoint"]: call["p50_us"] / 1e3 for call in alone["calls"]}
    return {"precision": precision, "bytes": made["bytes"], "milliseconds": times}


def main() -> None:
    """Measure presets and write their cards; `python -m tfvae.zoo registry` comes after it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    for name in parser.parse_args().names:
        found = measure(name)
        print(f"{name}: {found}")
        write_card(bundled() / name, exports=found)


if __name__ == "__main__":
    main()
