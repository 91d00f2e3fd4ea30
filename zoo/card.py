"""What a preset says about itself: a page of its metadata, every figure taken from there."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .tasks import Row, Task, task_named

SHEET, LATENT_MAP = "samples.png", "latents.png"


def card(metadata: Mapping[str, Any]) -> str:
    """Returns the model card, Markdown with the front matter that hubs read.

    Args:
        metadata: the metadata of a preset that a recipe made: `name`, `summary`, `task`, `recipe`,
            `data`, `runs` (scores and seconds of each seed), `hardware`, `licence` and `files`;
            `exports`, if those were measured.

    Example:
        >>> card({"runs": []})
        Traceback (most recent call last):
        KeyError: 'task'
    """
    task = task_of(metadata)
    return "\n".join(
        [
            *_front_matter(metadata, task),
            *_introduction(metadata, task),
            *_scored(metadata, task),
            *task.sections(metadata),
            *_exports(metadata),
            "## Intended use, and limits",
            "",
            task.intended_use(metadata),
            "",
            task.limits(metadata),
            "",
            *_training(metadata),
            *_data(metadata),
            *_files(metadata),
        ]
    )


def task_of(metadata: Mapping[str, Any]) -> Task:
    """Returns the task that a preset's recipe has."""
    return task_named(metadata["task"])


def table(presets: Sequence[Mapping[str, Any]]) -> str:
    """Returns presets as the rows of a Markdown table, from their metadata.

    Args:
        presets: metadata of presets that recipes made, each as for `card`.

    Example:
        >>> print(table([]).splitlines()[0])
        | preset | data | latents | test scores | parameters | MB |
    """
    lines = [
        "| preset | data | latents | test scores | parameters | MB |",
        "| --- | --- | --- | --- | ---: | ---: |",
    ]
    for about in presets:
        size = sum(entry["size"] for entry in about["files"].values())
        lines.append(
            f"| `{about['name']}` | {about['data']['name']} | {about['prior']} | "
            f"{'; '.join(': '.join(pair) for pair in headline(about))} | "
            f"{about['parameter_count']:,} | {size / 1e6:.1f} |"
        )
    return "\n".join(lines)


def headline(metadata: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Returns name and value of the scores that tell a preset from others, with their spread."""
    task, runs = task_of(metadata), metadata["runs"]
    rows = {row.key: row for row in task.rows}
    return [
        (rows[key].title, _mean(runs, rows[key]))
        for key in task.headline
        if key in runs[0]["scores"]
    ]


def spread(runs: Sequence[Mapping[str, Any]], key: str) -> tuple[float, float]:
    """Returns mean and standard deviation over the seeds of one score; NaN from a single seed."""
    values = [run["scores"][key] for run in runs]
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return float(np.mean(values)), deviation


def _front_matter(metadata: Mapping[str, Any], task: Task) -> list[str]:
    tags = ["variational-autoencoder", "keras", "tensorflow", *task.tags]
    return [
        "---",
        f"license: {metadata['licence'].lower()}",
        "library_name: tfvae",
        f"tags: [{', '.join(tags)}]",
        f"datasets: [{metadata['data']['name']}]",
        "---",
        "",
    ]


def _introduction(metadata: Mapping[str, Any], task: Task) -> list[str]:
    name = metadata["name"]
    latents = ["![Latents of test examples](latents.png)", ""]
    return [
        f"# {name}",
        "",
        metadata["summary"],
        "",
        "```python",
        "import tfvae",
        "",
        f'vae = tfvae.VAE.from_preset("{name}")',
        *task.example(metadata),
        "```",
        "",
        f"![{task.caption(metadata)}]({SHEET})",
        "",
        *(latents if LATENT_MAP in metadata["files"] else []),
    ]


def _scored(metadata: Mapping[str, Any], task: Task) -> list[str]:
    found = metadata["runs"]
    others = (
        "those of the first seed, chosen before training, and rounded to float16; the other "
        "columns show the spread over seeds."
        if len(found) > 1
        else "of the only seed that was trained, and rounded to float16: the spread over seeds is "
        "not known."
    )
    return [
        "## Scores",
        "",
        *_scores(found, task.rows),
        "",
        f"Protocol: {task.protocol(metadata)} The weights are {others} Test data chose nothing.",
        "",
        f"`python -m tfvae.zoo verify {metadata['name']}` computes the first column again.",
        "",
    ]


def _scores(runs: Sequence[Mapping[str, Any]], rows: Sequence[Row]) -> list[str]:
    heads = [*(f"seed {run['seed']}" for run in runs), *(["mean ± sd"] if len(runs) > 1 else [])]
    lines = [f"| | {' | '.join(heads)} |", "| --- |" + " ---: |" * len(heads)]
    for row in rows:
        if all(row.key in run["scores"] for run in runs):
            cells = [_one(run["scores"], row) for run in runs]
            cells += [_mean(runs, row)] if len(runs) > 1 else []
            lines.append(f"| {row.title} | {' | '.join(cells)} |")
    minutes = [f"{run['seconds'] / 60:.0f}" for run in runs]
    minutes += [""] if len(runs) > 1 else []
    return [*lines, f"| Training, minutes | {' | '.join(minutes)} |"]


def _one(scores: Mapping[str, float], row: Row) -> str:
    value, error = row.sign * scores[row.key], scores.get(f"{row.key}_standard_error")
    return _number(value, row) + ("" if error is None else f" ± {_number(error, row)}")


def _mean(runs: Sequence[Mapping[str, Any]], row: Row) -> str:
    mean, deviation = spread(runs, row.key)
    value = _number(row.sign * mean, row)
    return value if np.isnan(deviation) else f"{value} ± {_number(deviation, row)}"


def _number(value: float, row: Row) -> str:
    return f"{value:.{row.digits}f}"


def _exports(metadata: Mapping[str, Any]) -> list[str]:
    """Returns what exported files weigh and take, if that was measured."""
    found = metadata.get("exports")
    if not found:
        return []
    made = [one for one in found["artefacts"] if "refused" not in one]
    names = list(made[0]["milliseconds"])
    lines = [
        "## Exported",
        "",
        f"| precision | kB | {' | '.join(f'{name}, ms' for name in names)} |",
        "| --- | ---: |" + " ---: |" * len(names),
    ]
    for one in made:
        times = " | ".join(f"{one['milliseconds'][name]:.3f}" for name in names)
        lines.append(f"| {one['precision']} | {one['bytes'] / 1e3:,.0f} | {times} |")
    refused = [one for one in found["artefacts"] if "refused" in one]
    said = "".join(f" No {one['precision']}: {one['refused']}." for one in refused)
    return [
        *lines,
        "",
        f"TensorFlow Lite, one example a call, one thread, the median call; {found['machine']}, "
        f"LiteRT {found['litert_version']}. Each file was compared with the model, within the "
        f"limit of its precision.{said} `{found['command']}` measures it again.",
        "",
    ]


def _training(metadata: Mapping[str, Any]) -> list[str]:
    name, recipe = metadata["name"], metadata["recipe"]
    return [
        "## Training",
        "",
        *[f"- {key.replace('_', ' ')}: {_said(value)}" for key, value in sorted(recipe.items())],
        f"- parameters: {metadata['parameter_count']:,}",
        f"- hardware: {metadata['hardware']}; the machine was shared with other programs, so the "
        "times are upper bounds",
        "",
        f"`python -m tfvae.zoo train {name}` trains it again, all seeds, by its recipe in "
        "`zoo/recipes`. A killed run goes on where it stopped.",
        "",
    ]


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key.replace('_', ' ')} {_said(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value))
    return str(value)


def _data(metadata: Mapping[str, Any]) -> list[str]:
    found = metadata["data"]
    return [
        "## Data and licence",
        "",
        f"{found['train_examples']:,} training and {found['test_examples']:,} test examples of "
        f"{found['name']} ({found['licence']}): {found['citation']}",
        "",
        f"Licence of the weights: {metadata['licence']}.",
        "",
    ]


def _files(metadata: Mapping[str, Any]) -> list[str]:
    # The card cannot state its own digest.
    listed = {name: entry for name, entry in metadata["files"].items() if name != "README.md"}
    return [
        "## Files",
        "",
        "| file | bytes | sha256 |",
        "| --- | ---: | --- |",
        *(
            f"| {name} | {entry['size']:,} | `{entry['sha256']}` |"
            for name, entry in sorted(listed.items())
        ),
        "",
    ]
