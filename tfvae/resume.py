"""Going on where a killed run stopped: the callback, and the folder in which it keeps the state."""

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.callback_state import CallbackStates
from tfvae.part import positive_integer

WEIGHTS, ARRAYS, STATE = "model.weights.h5", "arrays.npz", "state.json"


class Resume(keras.callbacks.Callback):
    """Keeps all that a run needs to go on after it is killed, and goes on from there.

    After every epoch the model's weights, optimiser and seeds are kept, and what changed in every
    other callback since training began (numbers, strings, NumPy arrays, and lists and dicts of
    them): Keras's own `BackupAndRestore` forgets the patience of early stopping, the best score of
    a checkpoint and the history. Started again with the same arguments, `fit` ends with the same
    weights as a run that was never killed. When a run is over, its state is removed.

    With several workers the chief writes; all must see the same folder.

    Args:
        folder: where to keep the state; made if it does not exist. Other files in it are left
            alone.
        every: number of epochs between two checkpoints.

    Raises:
        ValueError: if `every` is not above zero; at `fit`, if the folder cannot be written, or
            holds a state that is damaged or of a different model.

    Example:
        >>> import tfvae
        >>> resume = tfvae.callbacks.Resume("runs/mnist")  # then: vae.fit(..., callbacks=[resume])
    """

    def __init__(self, folder: str | Path, every: int = 1) -> None:
        super().__init__()
        self.folder = Path(folder)
        self.every = positive_integer(every, "every")
        self._states = CallbackStates([])
        self._pending: dict[str, Any] | None = None

    def restore(
        self,
        model: keras.Model,
        callbacks: Sequence[keras.callbacks.Callback],
        initial_epoch: int,
        epochs: int,
    ) -> int:
        """Restores a kept state, if there is one; returns the epoch at which to go on.

        Args:
            model: the model that is about to be trained.
            callbacks: all other callbacks of the run.
            initial_epoch: where to start if nothing is kept.
            epochs: where to go on if the run had been stopped, by early stopping for example.
        """
        self._pending, self._states = None, CallbackStates(callbacks)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(
                f"`Resume` cannot keep its state in {self.folder}: {error}. Give it a folder that "
                "can be written."
            ) from error
        latest = max(self.folder.glob("epoch-*"), default=None)
        if latest is None:
            return initial_epoch
        state = _read(latest)
        if state["model"] != _fingerprint(model):
            raise ValueError(
                f"{self.folder} holds the state of a different model or optimiser. Give this run "
                "a folder of its own, or remove that one."
            )
        model.load_weights(latest / WEIGHTS)
        with np.load(latest / ARRAYS) as arrays:
            state["arrays"] = dict(arrays)
        self._pending = state
        return epochs if state["stopped"] else state["epoch"] + 1

    def on_train_begin(self, logs: Any = None) -> None:
        """Gives the other callbacks their state back, which they have just reset."""
        self._states.note_start()
        if self._pending is not None:
            self._states.set(self._pending["callbacks"], self._pending["arrays"])

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Gives the history back, which begins after this callback does."""
        self._restore_history()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keeps the state under a temporary name, then moves it into place."""
        if (epoch + 1) % self.every:
            return
        if not _is_chief(self.model.distribute_strategy):
            # Workers save together or not at all: reading a variable may take all of them.
            with tempfile.TemporaryDirectory() as unused:
                self.model.save_weights(Path(unused) / WEIGHTS)
            return
        target = self.folder / f"epoch-{epoch:06d}"
        partial = self.folder / f".{target.name}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        self.model.save_weights(partial / WEIGHTS)
        callbacks, arrays = self._states.get()
        np.savez(partial / ARRAYS, allow_pickle=False, **arrays)
        state = {
            "epoch": epoch,
            "stopped": bool(self.model.stop_training),
            "model": _fingerprint(self.model),
            "callbacks": callbacks,
            "history": self._history(epoch, logs or {}),
            "sha256": {name: _digest(partial / name) for name in (WEIGHTS, ARRAYS)},
        }
        (partial / STATE).write_text(json.dumps(state))
        self._remove(target)
        partial.replace(target)
        for older in self.folder.glob("epoch-*"):
            if older != target:
                self._remove(older)

    def on_train_end(self, logs: Any = None) -> None:
        """Removes the state of a run that is over."""
        # Not yet done where the run had been over but for its end.
        self._restore_history()
        if not _is_chief(self.model.distribute_strategy):
            return
        for kept in [*self.folder.glob("epoch-*"), *self.folder.glob(".epoch-*")]:
            self._remove(kept)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _restore_history(self) -> None:
        if self._pending is not None:
            history, self._pending = self._pending["history"], None
            self.model.history.epoch = history["epoch"]
            self.model.history.history = history["values"]

    def _history(self, epoch: int, logs: dict[str, Any]) -> dict[str, Any]:
        # The history's own turn comes after this callback's, so this epoch is not in it yet.
        history = self.model.history
        values = {name: list(map(float, series)) for name, series in history.history.items()}
        for name, value in logs.items():
            values.setdefault(name, []).append(float(value))
        return {"epoch": [*history.epoch, epoch], "values": values}

    def _remove(self, kept: Path) -> None:
        """Removes a state in such a way that half of it is never taken for a whole one."""
        if not kept.exists():
            return
        removed = kept.with_name(f".{kept.name.lstrip('.')}.removed")
        shutil.rmtree(removed, ignore_errors=True)
        kept.replace(removed)
        shutil.rmtree(removed)


def _read(folder: Path) -> dict[str, Any]:
    try:
        state = json.loads((folder / STATE).read_text())
        digests = state["sha256"].items()
        damaged = [name for name, kept in digests if _digest(folder / name) != kept]
    except (OSError, ValueError, KeyError, AttributeError):
        damaged = [STATE]
    if damaged:
        raise ValueError(
            f"The state in {folder} is damaged: {damaged[0]} is missing, cut short or altered. "
            "Remove that folder to start anew, or put an earlier copy in its place."
        )
    return state


def _digest(file: Path) -> str:
    if not file.exists():
        return ""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _fingerprint(model: keras.Model) -> str:
    # Keras numbers names anew for each model that is built in a process.
    weights = [
        [re.sub(r"_\d+", "", weight.path), list(weight.shape), weight.dtype]
        for weight in model.weights
    ]
    return json.dumps([type(model.optimizer).__name__, weights])


def _is_chief(strategy: tf.distribute.Strategy) -> bool:
    resolver = getattr(strategy, "cluster_resolver", None)
    if resolver is None or not resolver.cluster_spec():
        return True
    if "chief" in resolver.cluster_spec().jobs:
        return bool(resolver.task_type == "chief")
    return bool(resolver.task_type == "worker" and resolver.task_id == 0)
