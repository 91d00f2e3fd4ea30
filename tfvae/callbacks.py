"""Callbacks: going on where a killed run stopped, and stopping where a loss went bad."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

ADVICE = {
    "distortion": (
        "Are the data scaled as the likelihood expects, and is its learned scale shrinking to "
        "zero? Try a lower learning rate, `clipnorm`, or a fixed scale."
    ),
    "rate": (
        "A scale of posterior or prior may have left the range of floats. Try a lower learning "
        "rate, `clipnorm=1.0` in the optimiser, or a warm-up of beta (`tfvae.objectives.Warmup`)."
    ),
    "loss": (
        "Rate and distortion are finite: the objective itself, or a regulariser of a layer, is "
        "not. Check their weights and schedules."
    ),
}


class StopOnNonFinite(keras.callbacks.Callback):
    """Ends training with an error that names the term that stopped being finite, and the step.

    `fit` adds it by itself.

    Raises:
        FloatingPointError: after the launch in which the loss became NaN or infinite.
    """

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Looks at the running mean of the loss, which stays bad once a step was."""
        logs = logs or {}
        if _finite(logs.get("loss", 0.0)):
            return
        terms = [name for name in ("distortion", "rate") if not _finite(logs.get(name, 0.0))]
        term = terms[0] if terms else "loss"
        value = float(np.ravel(logs[term])[0])
        raise FloatingPointError(
            f"Training stopped at step {self.model.health.first_bad_step()}: the {term} became "
            f"{value}. {ADVICE[term]} The weights are no longer of use: load a checkpoint, or "
            "build the model again."
        )


def _finite(value: Any) -> bool:
    return bool(np.isfinite(np.ravel(value)).all())


class Resume(keras.callbacks.Callback):
    """Keeps all that a run needs to go on after it is killed, and goes on from there.

    After every epoch the model's weights, optimiser and seeds are kept, and the state of every
    other callback: Keras's own `BackupAndRestore` forgets the patience of early stopping, the best
    score of a checkpoint and the history. Started again with the same arguments, `fit` ends with
    the same weights as a run that was never killed. When a run is over the folder is removed.

    Args:
        folder: where to keep the state; made if it does not exist.
        every: number of epochs between two checkpoints.

    Raises:
        ValueError: at `fit`, if the folder holds the state of a different model.

    Example:
        >>> import tfvae
        >>> resume = tfvae.callbacks.Resume("runs/mnist")  # then: vae.fit(..., callbacks=[resume])
    """

    def __init__(self, folder: str | Path, every: int = 1) -> None:
        super().__init__()
        self.folder = Path(folder)
        self.every = every
        self.others: list[keras.callbacks.Callback] = []
        self._pending: dict[str, Any] | None = None

    def restore(
        self, model: keras.Model, callbacks: Sequence[keras.callbacks.Callback], initial_epoch: int
    ) -> int:
        """Restores a kept state, if there is one; returns the epoch at which to go on."""
        self.others = [callback for callback in callbacks if not isinstance(callback, Resume)]
        latest = self._latest()
        if latest is None:
            return initial_epoch
        state = json.loads((latest / "state.json").read_text())
        if state["config"] != _fingerprint(model):
            raise ValueError(
                f"{self.folder} holds the state of a different model. Give this run a folder of "
                "its own, or remove that one."
            )
        model.load_weights(latest / "model.weights.h5")
        with np.load(latest / "arrays.npz") as arrays:
            state["arrays"] = dict(arrays)
        self._pending = state
        return state["epoch"] + 1

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Gives the other callbacks their state back, which they reset when training began."""
        if self._pending is None:
            return
        state, self._pending = self._pending, None
        for place, callback in enumerate([*self.others, self.model.history]):
            _set_state(callback, state["callbacks"][place], state["arrays"], place)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keeps the state under a temporary name, then moves it into place."""
        if (epoch + 1) % self.every:
            return
        target = self.folder / f"epoch-{epoch:06d}"
        temporary = self.folder / f".{target.name}.partial"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        self.model.save_weights(temporary / "model.weights.h5")
        scalars, arrays = [], {}
        for place, callback in enumerate([*self.others, self.model.history]):
            scalars.append(_get_state(callback, arrays, place))
        # The history callback runs after this one, so this epoch is not in it yet.
        history = scalars[-1]
        history["epoch"] = [*history.get("epoch", []), epoch]
        history["history"] = {
            name: [*history.get("history", {}).get(name, []), float(value)]
            for name, value in (logs or {}).items()
        }
        np.savez(temporary / "arrays.npz", **arrays)
        state = {"epoch": epoch, "callbacks": scalars, "config": _fingerprint(self.model)}
        (temporary / "state.json").write_text(json.dumps(state))
        shutil.rmtree(target, ignore_errors=True)
        temporary.replace(target)
        for older in self.folder.glob("epoch-*"):
            if older != target:
                shutil.rmtree(older)

    def on_train_end(self, logs: Any = None) -> None:
        """Removes the state of a run that is over."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _latest(self) -> Path | None:
        return max(self.folder.glob("epoch-*"), default=None)


def _fingerprint(model: keras.Model) -> str:
    shapes = [(weight.path, list(weight.shape)) for weight in model.weights]
    return json.dumps(sorted(shapes))


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str | np.number)


def _get_state(
    callback: keras.callbacks.Callback, arrays: dict[str, np.ndarray], place: int
) -> dict[str, Any]:
    """Returns a callback's numbers and strings; its lists of arrays go into `arrays`."""
    state: dict[str, Any] = {}
    for name, value in vars(callback).items():
        if name in ("params", "_params") or name.startswith("__"):
            continue
        if _is_plain(value):
            state[name] = json.loads(json.dumps(value, default=float))
        elif isinstance(value, list) and all(isinstance(item, np.ndarray) for item in value):
            for number, array in enumerate(value):
                arrays[f"{place}/{name}/{number}"] = array
    return state


def _set_state(
    callback: keras.callbacks.Callback,
    state: dict[str, Any],
    arrays: dict[str, np.ndarray],
    place: int,
) -> None:
    for name, value in state.items():
        setattr(callback, name, value)
    names = {key.split("/")[1] for key in arrays if key.startswith(f"{place}/")}
    for name in names:
        count = sum(key.startswith(f"{place}/{name}/") for key in arrays)
        setattr(callback, name, [arrays[f"{place}/{name}/{i}"] for i in range(count)])
