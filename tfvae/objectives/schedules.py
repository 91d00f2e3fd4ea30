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
        Sonderby et al. 2016, arXiv:1602.02282, section 2.3; Bowman et al. 2015,
        arXiv:1511.06349, section 3.1, whose weight rises along a sigmoid.
    """

    def __init__(self, steps: int, final: float = 1.0) -> None:
        self.steps = positive_integer(steps, "steps")
        self.final = final

    def __call__(self, step: Any) -> tf.Tensor:
        done = (tf.cast(step, tf.float32) + 1.0) / self.steps
        return self.final * tf.minimum(done, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {"steps": self.steps, "final": self.final}


@registered()
class Cyclical(keras.optimizers.schedules.LearningRateSchedule):
    r"""A weight that rises again and again: $\min(1, \tau / ramp) \cdot final$ in each cycle.

    $\tau$ goes from 0 to 1 within a cycle; after the last, the weight stays.

    Args:
        cycle_steps: training steps of one cycle.
        num_cycles: number of cycles.
        ramp: share of a cycle in which the weight rises, above 0 and at most 1.
        final: the weight at the end of each cycle.

    Raises:
        ValueError: if a count is not a whole number above zero, or `ramp` not such a share.

    Example:
        >>> import tfvae
        >>> beta = tfvae.objectives.Cyclical(100, num_cycles=2)
        >>> [float(beta(step)) for step in (0, 25, 75, 125, 1000)]
        [0.0, 0.5, 1.0, 0.5, 1.0]

    Reference:
        Fu et al. 2019, arXiv:1903.10145, with the linear ramp. They cycle to the end of training.
    """

    def __init__(
        self, cycle_steps: int, num_cycles: int = 4, ramp: float = 0.5, final: float = 1.0
    ) -> None:
        self.cycle_steps = positive_integer(cycle_steps, "cycle_steps")
        self.num_cycles = positive_integer(num_cycles, "num_cycles")
        if not 0.0 < ramp <= 1.0:
            raise ValueError(f"`ramp` must be above 0 and at most 1, but is {ramp!r}.")
        self.ramp, self.final = ramp, final

    def __call__(self, step: Any) -> tf.Tensor:
        step = tf.cast(step, tf.int64)
        within = tf.cast(step % self.cycle_steps, tf.float32) / self.cycle_steps
        rising = self.final * tf.minimum(within / self.ramp, 1.0)
        return tf.where(step < self.cycle_steps * self.num_cycles, rising, self.final)

    def get_config(self) -> dict[str, Any]:
        names = ("cycle_steps", "num_cycles", "ramp", "final")
        return {name: getattr(self, name) for name in names}
