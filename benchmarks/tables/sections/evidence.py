"""The section of evidence: one network with several priors."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.tables.published import EVIDENCE, TARGETS, Published
from benchmarks.tables.sections.commands import block
from benchmarks.tables.trained import Results, Runs
from tfvae.zoo.recipes.density import COMPONENTS, DATA, PROCESSOR_MINUTES, variants

PROTOCOLS = ("short", "long")
TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}
HEAD = ["prior", "published", "aim", "NLL", "ELBO", "seeds", "epochs kept", "minutes", "cores"]


def section(results: Results) -> Iterator[str]:
    """Yields the section's lines; rows that were not trained yet say so."""
    yield from (*_preface(), "## Evidence")
    compared = _compared(results)
    if compared:
        found = ", ".join(f"{elbo:.2f} with {count}" for count, elbo in compared.items())
        yield from (
            "",
            "How many Gaussians was chosen once, by the validation ELBO of seed 0 after the short "
            f"protocol on MNIST: {found}. The other tables have the best of these alone.",
        )
    for data in DATA:
        for protocol in PROTOCOLS:
            yield from ("", f"### {TITLES[data]}, {protocol} protocol", "")
            yield from _table(results, data, protocol)
    yield from ("", *_sources(), "", "## Commands", "", *_commands(results))


def _preface() -> list[str]:
    return [
        "Made by `python -m benchmarks.tables.page` of the files in `benchmarks/results/models`.",
        "",
        "One network throughout: gated layers 784-300-300, 40 latent variables (two levels of 40 "
        "in the last rows), decoder 40-300-300-784. Training images are binarised anew at each "
        "epoch; the last 10,000 are held out for validation; these and the test images are "
        "binarised once, with seed 777, validation first. NLL is minus the log-likelihood by 5,000 "
        "importance samples, in nats an image: below, less is better. `±` is the standard "
        "deviation over seeds; a single seed has none. Test images chose nothing.",
        "",
        "- **short**: 100 epochs for every prior, the learning rate falling from 1e-3 to 0 along "
        "half a cosine, the weights of the last epoch. Like for like: compare its rows.",
        "- **long**: learning rate 5e-4 throughout, warm-up of 100 epochs, patience of 50 on the "
        "validation ELBO, the weights of the best epoch, as published; ended earlier, and "
        f"marked `budget`, where {PROCESSOR_MINUTES:.0f} minutes of processor time were spent.",
        "",
        "Minutes are of wall time, cores how many were in use on average: the machine was shared. "
        "`missed` marks a mean above the aim, which was set before any training.",
        "",
    ]


def _compared(results: Results) -> dict[int, float]:
    """Returns seed 0's validation ELBO by the number of Gaussians, once each was trained."""
    found = {
        count: run["run"]["validation_elbo"]
        for count in COMPONENTS
        for run in results.get(f"gmvae{count}_mnist_short", ())
        if run["seed"] == 0
    }
    return found if len(found) == len(COMPONENTS) else {}


def _table(results: Results, data: str, protocol: str) -> Iterator[str]:
    if not any(f"{name}_{data}_{protocol}" in results for name in variants()):
        yield "Not trained yet."
        return
    yield f"| {' | '.join(HEAD)} |"
    yield "| --- |" + " ---: |" * (len(HEAD) - 1)
    compared = _compared(results)
    others = {f"gmvae{count}" for count in compared if compared[count] < max(compared.values())}
    for name, variant in variants().items():
        runs = results.get(f"{name}_{data}_{protocol}", ())
        if name in others and not runs:
            continue
        published = EVIDENCE[data].get(name)
        aim = TARGETS[data].get(name) if protocol == "long" else None
        cells = [_title(name, variant.words), _stated(published, protocol), _aim(aim, runs)]
        yield f"| {' | '.join([*cells, *_measured(runs)])} |"


def _title(name: str, words: str) -> str:
    return f"{words}; q of 5 Gaussians" if name.endswith("mixture_posterior") else words


def _stated(published: Published | None, protocol: str) -> str:
    if published is None or protocol != "long":
        return ""
    spread = "" if published.spread is None else f" ± {published.spread:.2f}"
    return f"{published.mean:.2f}{spread}"


def _aim(aim: float | None, runs: Runs) -> str:
    if aim is None:
        return ""
    missed = runs and -np.mean([run["scores"]["log_likelihood"] for run in runs]) > aim
    return f"{aim:.1f}{', missed' if missed else ''}"


def _measured(runs: Runs) -> list[str]:
    if not runs:
        return ["not trained yet", *[""] * (len(HEAD) - 4)]
    of_runs = [run["run"] for run in runs]
    wall = np.array([one["wall_seconds"] for one in of_runs])
    processor = np.array([one["processor_seconds"] for one in of_runs])
    return [
        _spread([-run["scores"]["log_likelihood"] for run in runs]),
        _spread([run["scores"]["elbo"] for run in runs]),
        ", ".join(str(run["seed"]) for run in runs),
        ", ".join(_kept(one) for one in of_runs),
        ", ".join(f"{seconds / 60:.0f}" for seconds in wall),
        f"{processor.sum() / wall.sum():.1f}",
    ]


def _kept(run: Mapping[str, Any]) -> str:
    return f"{run['kept_epoch']}{' (budget)' if run['ended'] == 'budget' else ''}"


def _spread(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return f"{np.mean(values):.2f} ± {np.std(values, ddof=1):.2f}"


def _sources() -> list[str]:
    named = {one.source for rows in EVIDENCE.values() for one in rows.values()}
    return [f"Published: {'; '.join(sorted(named))}."]


def _commands(results: Results) -> list[str]:
    if not results:
        return ["Nothing has been trained yet."]
    first = next(iter(results.values()))[0]
    machine = first["machine"]
    return [
        "Each row, and each of its seeds, by two commands:",
        "",
        *block(results.values()),
        "",
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, no GPU; "
        f"TensorFlow {first['versions']['tensorflow']}, Keras {first['versions']['keras']}.",
    ]
