"""The table of named models in README: `python -m benchmarks.table [--update README.md]`.

Parts and paper come from the models themselves, the cost of a step from
`benchmarks/results/steps.json`, what a model exports to from the tests' table of refusals.
"""

import argparse
import inspect
import json
import re
from pathlib import Path
from typing import Any

from benchmarks.machine import MANY_CORES
from benchmarks.outcome import RESULTS
from benchmarks.report import update
from tfvae.latents import Flat
from tfvae.posteriors import Amortised

BEGIN = "<!-- models:begin -->"
END = "<!-- models:end -->"
FORMATS = (("saved_model", "SavedModel"), ("litert", "LiteRT"))
HEADER = ["model", "parts", "paper", "step", "arithmetic", "exports to"]


def parts_of(vae: Any) -> list[str]:
    """Returns the kinds of parts that a model is made of, encoder and decoder left out."""
    latents = vae.latents
    parts = [] if type(latents) is Flat else [latents]
    posterior = getattr(latents, "posterior", None)
    parts += [posterior.family if isinstance(posterior, Amortised) else posterior]
    parts += [getattr(posterior, "flow", None), latents.prior, getattr(latents.prior, "flow", None)]
    parts += [vae.likelihood, vae.objective]
    return [type(part).__name__ for part in parts if part is not None]


def markdown() -> str:
    """Returns the table; a model whose step was not measured yet says so."""
    from benchmarks.named_models import subject
    from tests.conformance.variants import NOT_EXPORTED
    from tfvae import models

    path = RESULTS / "steps.json"
    report = json.loads(path.read_text("utf-8")) if path.is_file() else {"measurements": {}}
    lines = [f"| {' | '.join(HEADER)} |", "| --- | --- | --- | ---: | ---: | --- |"]
    for name in sorted(models.__all__, key=str.lower):
        one = report["measurements"].get(name)
        costs = ["not measured", ""]
        if one is not None:
            costs = [f"{one['ratio']:.2f}x", f"{one['arithmetic_ratio']:.2f}x"]
            if "flow_alone" in one:
                costs[1] += f" ({1 + one['flow_alone']['ratio']:.2f}x)"
        formats = [label for kind, label in FORMATS if kind not in NOT_EXPORTED.get(name, {})]
        parts = ", ".join(parts_of(subject(name).vae))
        cells = [f"`{name}`", parts, paper(getattr(models, name)), *costs, ", ".join(formats)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, *provenance(report)])


def provenance(report: dict[str, Any]) -> list[str]:
    """Returns where and how the costs were measured, if they were."""
    if "machine" not in report:
        return []
    machine, others = report["machine"], report["cores_busy_for_others"]
    disturbed = "" if not others or others < MANY_CORES else f", {others:.1f} busy for others"
    return [
        "",
        f"`{report['command']}`: {machine['processor']}, {machine['cores']} cores{disturbed}, "
        f"TensorFlow {report['versions']['tensorflow']}, {report['date'][:10]}. Step and "
        f"arithmetic are ratios to the plain VAE, the median of {report['settings']['turns']} "
        "turns; arguments are defaults. In brackets, of models with a flow: the plain step and one "
        "of the flow by itself, compiled alone, over the plain step; a flow's products are many "
        "and small, and most of its work is none.",
    ]


def paper(model: Any) -> str:
    """Returns the first paper that a model's docstring names."""
    references = " ".join(inspect.getdoc(model).split("Reference:")[1].split())
    first = re.split(r"; |\. (?=[A-Z])", references.replace("et al. ", "et al "))[0]
    named = re.match(r".*?\b\d{4}\b", first)
    number = re.search(r"arXiv:(\d{4}\.\d{4,5})", first)
    text = (named[0] if named else first).replace("et al ", "et al. ")
    return f"[{text}](https://arxiv.org/abs/{number[1]})" if number else text


def main() -> None:
    """Print the table, or put it into a file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table", description=__doc__)
    parser.add_argument("--update", type=Path, metavar="FILE", help="replace the table in FILE")
    path = parser.parse_args().update
    if path is None:
        print(markdown())
        return
    update(path, markdown(), BEGIN, END)


if __name__ == "__main__":
    main()
