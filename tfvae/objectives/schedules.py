"""Weights that change as training goes on: Keras schedules, so that any of Keras's own works."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.part import positive_integer, registered


@registered()
class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    r"""A weight that rises linearly: $\min(1, (step + 1) / steps) \cdot final$.

    Args:
        steps: number of training steps until the final weight.
        final: the weight from then on.

    Raises:
        ValueError: if `steps` is not a whole number above zero.

    Example:
        >>> import tfvae
        >>> warmup = tfvae.objectives.Warmup(100)
        >>> float(warmup(49)), float(warmup(1000))
        (0.5, 1.0)

    Reference:
        Bowman et al. 2015, arXiv:1511.06349, section 3.1; Sonderby et al. 2016,
        arXiv:1602.02282, section 2.3.
    """

    def __init__(self, steps: int, final: float = 1.0) -> None:
        self.steps = positive_integer(steps, "steps")
        self.final = final

    def __call__(self, step: Any) -> tf.Tensor:
        done = (tf.cast(step, tf.float32) + 1.0) / self.steps
        return self.final * tf.minimum(done, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {"steps": self.steps, "final": self.final}
