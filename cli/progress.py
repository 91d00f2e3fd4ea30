"""A bar on one line while a model trains, or goes through examples."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tfvae_cli.console import console


class _EveryEpoch(keras.callbacks.Callback):
    """Moves a bar at the end of an epoch.

    Keras's own bar has all metrics on its line, here a dozen, and is torn where the line is longer
    than the terminal is wide.
    """

    def __init__(self, progress: Progress, task: Any) -> None:
        super().__init__()
        self.progress, self.task = progress, task

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        terms = {"ELBO": "elbo", "validation": "val_elbo"}
        logs = logs or {}
        found = [f"{name} {logs[key]:.2f}" for name, key in terms.items() if key in logs]
        self.progress.update(self.task, advance=1, terms=", ".join(found))


@contextmanager
def epoch_bar(
    title: str, epochs: int, on_errors: bool = False
) -> Iterator[keras.callbacks.Callback]:
    """Shows a bar over the epochs, with the ELBO in training and in validation.

    Args:
        title: what is trained.
        epochs: how many epochs there will be.
        on_errors: whether it is shown on standard error, and only if that is a terminal.

    Yields:
        The callback for `fit`.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TextColumn("{task.fields[terms]}"),
        TimeElapsedColumn(),
    )
    shown = Console(stderr=True) if on_errors else console
    with Progress(*columns, console=shown, disable=on_errors and not shown.is_terminal) as progress:
        yield _EveryEpoch(progress, progress.add_task(title, total=epochs, terms=""))


def in_batches(title: str, count: int, size: int) -> Iterator[slice]:
    """Yields the batches of so many examples, under a bar where somebody is looking.

    Args:
        title: what is done with them.
        count: how many examples there are.
        size: examples at a time.
    """
    with _bar(title, count) as progress:
        for start in range(0, count, size):
            yield slice(start, start + size)
            progress.advance(progress.task_ids[0], min(size, count - start))


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """Shows that something is being done, of which is not known how far it is."""
    with _bar(title, None):
        yield


def _bar(title: str, total: int | None) -> Progress:
    columns = [TextColumn("{task.description}"), BarColumn(bar_width=16), TimeElapsedColumn()]
    if total is not None:
        columns.insert(2, MofNCompleteColumn())
    shown = Console(stderr=True)
    progress = Progress(*columns, console=shown, disable=not shown.is_terminal, transient=True)
    progress.add_task(title, total=total)
    return progress
