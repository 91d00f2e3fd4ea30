"""`tfvae demo`: the whole journey on handwritten digits, in seven steps."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tfvae_cli.console import say, title
from tfvae_cli.errors import DemoError

if TYPE_CHECKING:
    from tfvae_cli.digits import Schedule


@dataclass(frozen=True)
class Settings:
    """What the demo does; the tests take less.

    Args:
        preset: the pretrained model that it draws from, a name or a folder.
        num_samples: importance samples of the log-likelihood.
        schedule: how long it trains; None for what is good within the time.
    """

    preset: str | Path = "cluster_mnist"
    num_samples: int = 5000
    schedule: "Schedule | None" = None


def run(output: Path, seed: int, settings: Settings | None = None) -> Path:
    """Runs the demo.

    Args:
        output: the folder to leave everything in; files of an earlier run are replaced.
        seed: seed of the training and of all draws.
        settings: what to do.

    Returns:
        The path of the report.

    Raises:
        DemoError: if the folder cannot be written, or something did not come out equal.
    """
    folder, start = writable(output), time.perf_counter()
    title("tfvae demo")
    say(f"Everything is left in {folder}. Importing TensorFlow and Keras takes a few seconds.")
    from tfvae_cli.journey import Journey

    report = Journey(folder, seed, settings or Settings(), start).go()
    say(f"{time.perf_counter() - start:.0f} s from first to last. Open {report}")
    return report


def writable(folder: Path) -> Path:
    """Returns the folder, made if it was not there.

    Raises:
        DemoError: if no file can be written there.
    """
    folder = folder.expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DemoError(
            f"Nothing can be written to {folder} ({error.strerror}). Name another folder with "
            "--output."
        ) from error
    return folder
