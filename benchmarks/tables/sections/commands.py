"""The commands that make rows of a table again: one line a row, whatever its number of seeds."""

from collections.abc import Iterable, Iterator

from benchmarks.tables.trained import Runs


def block(rows: Iterable[Runs], before: Iterable[str] = ()) -> Iterator[str]:
    """Yields a block of shell, a line for each row that has runs.

    Args:
        rows: the runs of each.
        before: lines that come first.
    """
    yield "```sh"
    yield from before
    for runs in rows:
        if runs:
            yield _line(runs)
    yield "```"


def _line(runs: Runs) -> str:
    if len(runs) == 1:
        return "; ".join(runs[0]["commands"])
    first = runs[0]
    commands = [
        command.replace(f"--seed {first['seed']}", "--seed $seed") for command in first["commands"]
    ]
    seeds = " ".join(str(run["seed"]) for run in runs)
    return f"for seed in {seeds}; do {'; '.join(commands)}; done"
