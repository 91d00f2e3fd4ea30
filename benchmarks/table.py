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

from benchmarks.outcome import RESULTS, write_text

BEGIN = "<!-- models:begin -->"
END = "<!-- models:end -->"
HEADER = ["model", "parts", "paper", "step", "arithmetic", "exports to"]


def parts_of(vae: Any) -> list[str]:
    """Returns the kinds of parts that a model is made of, encoder and decoder left out."""
    latents = vae.latents
    kinds = [] if type(latents).__name__ == "Flat" else [type(latents).__name__]
    posterior = getattr(latents, "posterior", None)
    if posterior is not None:
        kinds.append(type(getattr(posterior, "family", posterior)).__name__)
    kinds += [type(part).__name__ for part in (latents.prior, vae.likelihood, vae.objective)]
    return kinds


def markdown() -> str:
    """Returns the table.

    Raises:
        ValueError: If a named model has no measurement.
    """
    from tests.conformance.variants import NOT_EXPORTED
    from tfvae import models

    report = json.loads((RESULTS / "steps.json").read_text("utf-8"))
    measured = report["measurements"]
    if missing := sorted(set(models.__all__) - set(measured)):
        raise ValueError(f"No measurement of {missing}: run `python -m benchmarks steps`.")
    rows = []
    for name in sorted(models.__all__, key=str.lower):
        one = measured[name]
        refused = NOT_EXPORTED.get(name, {})
        formats = [
            label
            for kind, label in (("saved_model", "SavedModel"), ("litert", "LiteRT"))
            if kind not in refused
        ]
        cells = [f"`{name}`", ", ".join(one["parts"]), paper(getattr(models, name))]
        cells += [f"{one['ratio']:.2f}x", f"{one['arithmetic_ratio']:.2f}x", ", ".join(formats)]
        rows.append(f"| {' | '.join(cells)} |")
    lines = [f"| {' | '.join(HEADER)} |", "| --- | --- | --- | ---: | ---: | --- |", *rows]
    machine = report["machine"]
    lines += [
        "",
        f"`{report['command']}`: {machine['processor']}, {machine['cores']} cores, "
        f"TensorFlow {report['versions']['tensorflow']}, {report['date'][:10]}. "
        f"Step and arithmetic are ratios to the plain VAE, median of "
        f"{report['settings']['turns']} turns; arguments are defaults.",
    ]
    return "\n".join(lines)


def paper(model: Any) -> str:
    """Returns the first paper that a model's docstring names."""
    doc = " ".join(inspect.getdoc(model).split("Reference:")[1].split())
    first = re.split(r"(?<=\d)[,;.]| \(|\. ", doc)[0]
    number = re.search(r"arXiv:(\d{4}\.\d{4,5})", doc)
    link = f", [arXiv:{number[1]}](https://arxiv.org/abs/{number[1]})" if number else ""
    return f"{first}{link}".replace("|", "/")


def main() -> None:
    """Print the table, or put it into a file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table", description=__doc__)
    parser.add_argument("--update", type=Path, metavar="FILE", help="replace the table in FILE")
    path = parser.parse_args().update
    if path is None:
        print(markdown())
        return
    before, begin, rest = path.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path.name} must contain the lines {BEGIN} and {END}, in this order.")
    write_text(path, f"{before}{BEGIN}\n{markdown()}\n{END}{after}")


if __name__ == "__main__":
    main()
