"""What every objective is: a loss for each example, read off the trace."""

import math
from typing import Any, Self

import keras
import tensorflow as tf

from tfvae.objectives.gradients import Gate, Gradient
from tfvae.part import Part, positive_integer
from tfvae.random import Noise
from tfvae.trace import Trace

# By which every schedule has ended; whole numbers of 32 bits hold it.
LAST_STEP = 2**31 - 1


class Objective(Part):
    """A function of the trace alone. `loss(trace)` is the loss of each example, `[B]`, in nats.

    Args:
        num_samples: how many samples of z an example gets.

    Attributes:
        batch_statistics: True if the loss of an example depends on the others of its batch: such
            an objective must see batches of real examples only, never padded ones.
        draws_from_prior: True if the trace must hold a sample of the prior, one an example.
        gradient: how gradients reach the encoder.
    """

    batch_statistics = False
    draws_from_prior = False
    gradient = Gradient.REPARAMETRISED

    def __init__(self, num_samples: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_samples = positive_integer(num_samples, "num_samples")
        self.built = True

    def loss(self, trace: Trace) -> tf.Tensor:
        """Returns what is minimised, for each example, `[B]`, in nats."""
        raise TypeError(f"{type(self).__name__} must define `loss`.")

    def noise(self, event_shape: tuple[int, ...]) -> dict[str, Noise]:
        """States the noise that the loss needs of its own, for examples of this shape, by name."""
        return {}

    def settled(self) -> Self:
        """Returns the objective with each weight that is a schedule at the value where that ends.

        What is trained on from a model that has been trained needs no second warm-up: steps are
        counted from 0 in each `compile`.

        Example:
            >>> import tfvae
            >>> tfvae.objectives.ELBO(tfvae.objectives.Warmup(100, final=2.0)).settled().beta
            2.0
        """
        settled = {}
        for name, value in self.arguments().items():
            if isinstance(value, Objective):
                value = value.settled()
            elif isinstance(value, keras.optimizers.schedules.LearningRateSchedule):
                value = float(value(LAST_STEP))
            settled[name] = value
        return type(self)(**settled)

    def gate(self) -> Gate | None:
        """Returns what a training pass puts around z, if gradients are to pass it changed."""
        return Gate(self.gradient) if self.gradient.gated else None


def checked_weight(value: Any, name: str) -> float:
    """Returns a number that is at least 0.

    Raises:
        ValueError: if it is none.
    """
    if isinstance(value, str | bool) or not (math.isfinite(value) and value >= 0.0):
        raise ValueError(f"`{name}` must be a number of at least 0, but is {value!r}.")
    return float(value)


def checked_share(value: Any, name: str) -> float:
    """Returns a number from 0 to 1.

    Raises:
        ValueError: if it is none.
    """
    if isinstance(value, str | bool) or not 0.0 <= value <= 1.0:
        raise ValueError(f"`{name}` must be a number from 0 to 1, but is {value!r}.")
    return float(value)


def at_step(weight: Any, trace: Trace) -> Any:
    """Returns a weight that may be a schedule of the training step."""
    if not callable(weight):
        return weight
    return tf.cast(weight(tf.convert_to_tensor(trace.step)), trace.distortion.dtype)
