"""The section on linear VAEs, beside the closed form of the same model."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.tables.linear import FOLDER


def load(folder: Path = FOLDER) -> Sequence[Mapping[str, Any]]:
    """Returns the result files of linear models, by number of components and seed."""
    found = [json.loads(path.read_text("utf-8")) for path in folder.glob("*/seed-*.json")]
    return sorted(found, key=lambda one: (one["latent_size"], one["seed"]))


def section(linear: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yields the section's lines; none if nothing was trained."""
    if not linear:
        return
    yield from ("## A linear VAE beside probabilistic PCA", "")
    first = linear[0]
    yield "One model, two roads to it: scikit-learn's closed form is the maximum of the likelihood;"
    yield "the VAE has linear networks and is trained by `fit`. MNIST as numbers from 0 to 1, mean"
    yield f"nats an image, {first['epochs']} epochs. The aim was a gap of at most 0.01."
    yield ""
    yield "| components | seed | maximum | trained ELBO | gap | test, closed form | test, trained |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for one in linear:
        best, trained = one["closed_form"], one["trained"]
        yield (
            f"| {one['latent_size']} | {one['seed']} | {best['train']:.3f} "
            f"| {trained['elbo_train']:.3f} | {one['gap']:.4f} | {best['test']:.3f} "
            f"| {trained['test']:.3f} |"
        )
    minutes = sum(one["training_seconds"] for one in linear) / 60
    machine = first["machine"]
    yield ""
    yield (
        f"`{first['command']}`: {minutes:.0f} minutes of training in all; {machine['processor']}, "
        f"{machine['cores']} cores, scikit-learn {first['versions']['scikit-learn']}."
    )
