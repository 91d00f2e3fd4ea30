"""What every objective is: a loss for each example, read off the trace."""

from typing import Any

import tensorflow as tf

from tfvae.part import Part, positive_integer
from tfvae.trace import Trace


class Objective(Part):
    """A function of the trace alone. `loss(trace)` is the loss of each example, `[B]`, in nats.

    Args:
        num_samples: how many samples of z an example gets.

    Attributes:
        batch_statistics: True if the loss of an example depends on the others of its batch: such
            an objective must see batches of real examples only, never padded ones.
    """

    batch_statistics = False

    def __init__(self, num_samples: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_samples = positive_integer(num_samples, "num_samples")
        self.built = True

    def loss(self, trace: Trace) -> tf.Tensor:
        """Returns what is minimised, for each example, `[B]`, in nats."""
        raise TypeError(f"{type(self).__name__} must define `loss`.")
