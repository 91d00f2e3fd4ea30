"""Callbacks: going on where a killed run stopped, and stopping where a loss went bad."""

from typing import Any

import keras
import numpy as np

from tfvae.resume import Resume

__all__ = ["Resume", "StopOnNonFinite"]

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
        "Rate and distortion are finite: the objective itself, or a loss that a layer adds, is "
        "not. Check their weights and schedules."
    ),
}


class StopOnNonFinite(keras.callbacks.Callback):
    """Ends training with an error that names the term that stopped being finite, and the step.

    `fit` adds it by itself.

    Raises:
        FloatingPointError: after the launch in which the loss became NaN or infinite.
    """

    def on_train_begin(self, logs: Any = None) -> None:
        """Forgets what an earlier run ran into."""
        self.model.health.forget()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Notes at which step the epoch starts."""
        self.epoch, self.steps_before = epoch, self.model.steps_taken()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Looks at the running mean of the loss, which stays bad once a step was."""
        logs = logs or {}
        if _finite(logs.get("loss", 0.0)):
            return
        step, values = self.model.health.first_bad_step()
        terms = [name for name in ("distortion", "rate") if not _finite(values[name])] or ["loss"]
        became = " and ".join(f"the {name} became {values[name]}" for name in terms)
        raise FloatingPointError(
            f"Training stopped at step {step - self.steps_before + 1} of epoch {self.epoch + 1} "
            f"(step {step + 1} in the life of the model): {became}. "
            f"{' '.join(ADVICE[name] for name in terms)} The weights are no longer of use: load a "
            "checkpoint, or build the model again."
        )


def _finite(value: Any) -> bool:
    return bool(np.isfinite(np.ravel(value)).all())
