"""The section on what was chosen by held-out training examples."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.choices import FOLDER


def load(folder: Path = FOLDER) -> Sequence[Mapping[str, Any]]:
    """Returns the result files of choices, by name."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def section(choices: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yields the section's lines; none if nothing was chosen."""
    if not choices:
        return
    yield from ("## What was chosen on held-out training examples", "")
    yield "No test example chose anything. Each line was trained with a seed that no preset has and"
    yield "scored on training examples that it was not trained on."
    for one in choices:
        rows = one["scores"]
        keys = list(next(iter(rows.values())))
        yield from ("", f"### `{one['recipe']}`", "", one["what"], "")
        if len(rows) == 1:
            yield from _upright(next(iter(rows.values())))
        else:
            yield f"| | {' | '.join(key.replace('_', ' ') for key in keys)} |"
            yield "| --- |" + " ---: |" * len(keys)
            for name, scores in rows.items():
                yield f"| {name} | {' | '.join(f'{scores[key]:.3f}' for key in keys)} |"
        yield ""
        minutes = sum(one["training_seconds"].values()) / 60
        yield (
            f"`{one['command']}`: seed {one['seed']}, {minutes:.0f} minutes of training in all; "
            f"{one['machine']['processor']}."
        )


def _upright(scores: Mapping[str, float]) -> Iterator[str]:
    yield "| | |"
    yield "| --- | ---: |"
    for key, value in scores.items():
        yield f"| {key.replace('_', ' ')} | {value:.3f} |"
