"""Training a recipe: in stages that go on where a killed run stopped, and within a budget."""

import json
import os
import time
from pathlib import Path
from typing import Any

import keras

from tfvae import VAE
from tfvae.callbacks import Resume
from tfvae.pipeline import Images
from tfvae.side import join, split

from . import data
from .recipe import Recipe

SECONDS, RECORD, FIRST = "seconds.json", "record.json", "first"


def train(recipe: Recipe, seed: int, folder: Path, verbose: Any = "auto") -> Any:
    """Trains one seed of a recipe, or goes on with it, and returns the trained model.

    Args:
        recipe: the recipe.
        seed: seed of the weights, of the order of the data, of all noise, and of which labels are
            known.
        folder: where the run is kept; a finished one is loaded from there.
        verbose: as in `fit`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finished, started = folder / "trained.keras", folder / "adapted.keras"
    if finished.exists():
        return VAE.load(finished)
    below = []
    if recipe.first is not None and not started.exists():
        below = [train(recipe.first, seed, folder / FIRST, verbose)]
    run = _Run(recipe, seed, folder, verbose)
    if not started.exists():
        keras.utils.set_random_seed(seed)
        vae = recipe.build(run.steps * recipe.warmup_epochs, *below)
        vae.compile(keras.optimizers.Adam(run.learning_rate()))
        if recipe.warmup_epochs:
            run.fit(vae, 0, recipe.warmup_epochs, "warmup", [])
        if recipe.adapts:
            vae.adapt(_as_stored(run.x), epochs=recipe.pretraining_epochs)
        _save(vae, started)
    # Also by a run that was not killed: parts of another model have its names until they are saved.
    vae = VAE.load(started)
    run.fit_on(vae)
    _save(vae, finished)
    run.clock.tick()
    return vae


def wall_seconds(folder: Path) -> float:
    """Returns how long a run took, pauses between its parts not counted."""
    return float(record(folder)["wall_seconds"])


def record(folder: Path) -> dict[str, Any]:
    """Returns how a run went.

    Returns:
        `epochs`, how many were trained; `ended`, by what: `"epochs"`, `"patience"` or `"budget"`;
        where there were images to validate on, `kept_epoch` (from 1) and `validation_elbo` of the
        weights that were kept, and `validation_elbos` of each epoch after the warm-up;
        `wall_seconds` and `processor_seconds`. Where another recipe was trained first, `first` says
        the same of it, and the seconds are of both.
    """
    seconds = json.loads((folder / SECONDS).read_text())
    found = json.loads((folder / RECORD).read_text())
    if (folder / FIRST).exists():
        found["first"] = record(folder / FIRST)
        seconds = {key: value + found["first"][f"{key}_seconds"] for key, value in seconds.items()}
    return {**found, **{f"{key}_seconds": value for key, value in seconds.items()}}


class _Run:
    """What the two stages of a run share."""

    def __init__(self, recipe: Recipe, seed: int, folder: Path, verbose: Any) -> None:
        self.recipe, self.folder, self.verbose = recipe, folder, verbose
        self.dataset = data.load(recipe.data)
        self.x, self.y = recipe.task.training(recipe, self.dataset, seed)
        self.steps = -(-len(_events(self.x)) // recipe.batch_size)
        self.clock = _Clock(folder / SECONDS)

    def learning_rate(self) -> Any:
        rate = self.recipe.learning_rate
        if not self.recipe.decay:
            return rate
        return keras.optimizers.schedules.CosineDecay(rate, self.steps * self.recipe.epochs)

    def fit(self, vae: Any, first: int, last: int, stage: str, callbacks: list[Any]) -> Any:
        """Trains from one epoch to another, or from where this stage was killed."""
        held = None
        if self.recipe.validation:
            held = self.recipe.task.held_out(self.recipe, self.dataset)[0]
        budget = _Budget(self.clock, self.recipe.processor_minutes)
        return vae.fit(
            self.x,
            self.y,
            batch_size=self.recipe.batch_size,
            epochs=last,
            initial_epoch=first,
            validation_data=held,
            callbacks=[Resume(self.folder / stage, every=5), budget, *callbacks],
            verbose=self.verbose,
        )

    def fit_on(self, vae: Any) -> None:
        """Trains on after the warm-up, and writes down how far that went."""
        first, patience = self.recipe.warmup_epochs, self.recipe.patience
        best = keras.callbacks.EarlyStopping(
            "val_elbo", patience=patience or 0, mode="max", restore_best_weights=True
        )
        watching = [] if patience is None else [best]
        history = self.fit(vae, first, self.recipe.epochs, "main", watching).history
        epochs = len(history.get("loss", []))
        ended = "epochs" if first + epochs == self.recipe.epochs else "budget"
        found = {"epochs": first + epochs, "ended": "patience" if best.stopped_epoch else ended}
        if "val_elbo" in history:
            kept = best.best_epoch - first if watching else epochs - 1
            found |= {"kept_epoch": first + kept + 1, "validation_elbo": history["val_elbo"][kept]}
            found |= {"validation_elbos": history["val_elbo"]}
        _write(self.folder / RECORD, found)


class _Clock:
    """Adds up the time of a run over all its parts, in a file."""

    def __init__(self, path: Path) -> None:
        self.path, self.start = path, _now()
        nothing = dict.fromkeys(self.start, 0.0)
        self.before = json.loads(path.read_text()) if path.exists() else nothing

    def tick(self) -> dict[str, float]:
        """Writes down the seconds until now, and returns them."""
        seconds = {key: self.before[key] + end - self.start[key] for key, end in _now().items()}
        _write(self.path, seconds)
        return seconds


class _Budget(keras.callbacks.Callback):
    """Ends training once a run has had its processor time."""

    def __init__(self, clock: _Clock, processor_minutes: float | None) -> None:
        super().__init__()
        self.clock, self.processor_minutes = clock, processor_minutes

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Looks at the time."""
        seconds = self.clock.tick()["processor"]
        if self.processor_minutes is not None and seconds >= 60.0 * self.processor_minutes:
            self.model.stop_training = True


def _events(x: Any) -> Any:
    """Returns the examples that the encoder reads, without what comes beside them."""
    return split(x)[0]


def _as_stored(x: Any) -> Any:
    """Returns examples with grey pixels as they are, for `adapt`, which draws none."""
    events, side = split(x)
    return join(events.x if isinstance(events, Images) else events, side)


def _now() -> dict[str, float]:
    return {"wall": time.monotonic(), "processor": time.process_time()}


def _write(path: Path, content: dict[str, Any]) -> None:
    temporary = path.with_suffix(".partial")
    temporary.write_text(json.dumps(content))
    os.replace(temporary, path)


def _save(vae: Any, path: Path) -> None:
    temporary = path.with_name(f".partial-{path.name}")
    vae.save(temporary)
    os.replace(temporary, path)
