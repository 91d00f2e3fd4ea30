"""Commands of the workers that fit, and the size of a run; shared by all comparisons of fits."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.alternate import WARM_UP_TURNS, Series, Worker
from benchmarks.network import BATCH_SIZE, HIDDEN_SIZES, INPUT_SIZE, LATENT_SIZE, NUM_IMAGES
from benchmarks.outcome import Options


@dataclass(frozen=True)
class Size:
    """How much a run measures: images in an epoch, epochs in a process, processes a side."""

    images: int
    turns: int
    rounds: int

    @property
    def epochs(self) -> int:
        """Epochs of one fit, with those that warm up."""
        return self.turns + WARM_UP_TURNS


def size_of(options: Options) -> Size:
    """Five measured epochs in each of two processes, or a glimpse."""
    return Size(6_400, 2, 1) if options.quick else Size(NUM_IMAGES, 5, 2)


def tfvae_worker(
    name: str,
    options: Options,
    size: Size,
    *,
    latent_size: int = LATENT_SIZE,
    components: int = 0,
    feed: str = "numpy",
    steps_per_execution: int = 1,
) -> Worker:
    """A worker that fits a tfvae model."""
    arguments = {
        "--images": size.images,
        "--epochs": size.epochs,
        "--seed": options.seed,
        "--latent-size": latent_size,
        "--components": components,
        "--feed": feed,
        "--steps-per-execution": steps_per_execution,
    }
    return Worker(name, _command(Path(sys.executable), "fit_tfvae", arguments))


def pythae_worker(name: str, options: Options, size: Size, python: Path) -> Worker:
    """A worker that fits a pythae model in its own environment."""
    arguments = {"--images": size.images, "--epochs": size.epochs, "--seed": options.seed}
    return Worker(name, _command(python, "fit_pythae", arguments))


def settings_of(size: Size, latent_size: int = LATENT_SIZE) -> dict[str, Any]:
    """What was trained, for the result file."""
    return {
        "network": [INPUT_SIZE, *HIDDEN_SIZES, latent_size, *reversed(HIDDEN_SIZES), INPUT_SIZE],
        "activation": "relu",
        "likelihood": "Bernoulli",
        "optimizer": "Adam, learning rate 0.001",
        "batch_size": BATCH_SIZE,
        "images": size.images,
        "measured_epochs_in_each_process": size.turns,
        "processes_a_side": size.rounds,
        "warm_up_epochs_in_each_process": WARM_UP_TURNS,
    }


def images_a_second(series: Series, images: int) -> list[float]:
    """The rate of each measured epoch."""
    return [images / seconds for seconds in series.values()]


def _command(python: Path, module: str, arguments: dict[str, Any]) -> list[str]:
    flat = [str(part) for pair in arguments.items() for part in pair]
    return [str(python), "-m", f"benchmarks.workers.{module}", *flat]
