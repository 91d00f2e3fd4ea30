"""A bar on one line while a model trains."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
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
def epoch_bar(title: str, epochs: int) -> Iterator[keras.callbacks.Callback]:
    """Shows a bar over the epochs, with the ELBO in training and in validation.

    Args:
        title: what is trained.
        epochs: how many epochs there will be.

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
    with Progress(*columns, console=console) as progress:
        yield _EveryEpoch(progress, progress.add_task(title, total=epochs, terms=""))
