"""A rate held at a capacity that grows."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.objectives.objective import Objective, at_step, checked_weight
from tfvae.part import registered
from tfvae.trace import Trace


@registered()
class Capacity(Objective):
    r"""Minimises the distortion, the rate held at a capacity.

    $$\mathcal L = -E_{q(z|x)} \log p(x|z) + \gamma\, |\mathrm{KL}(q(z|x), p(z)) - C|$$

    Args:
        capacity: C in nats, a number of at least 0 or a Keras schedule of the training step, such
            as `Warmup(100_000, final=25.0)`.
        gamma: weight of the distance from it.
        num_samples: samples of z an example.

    Raises:
        ValueError: if a number is negative or not finite.

    Example:
        >>> import tfvae
        >>> capacity = tfvae.objectives.Warmup(100_000, final=25.0)
        >>> tfvae.objectives.Capacity(capacity, gamma=1000.0).gamma
        1000.0

    Reference:
        Burgess et al. 2018, arXiv:1804.03599, equation 8.
    """

    def __init__(
        self,
        capacity: float | keras.optimizers.schedules.LearningRateSchedule,
        gamma: float = 1000.0,
        num_samples: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_samples, **kwargs)
        self.capacity = capacity if callable(capacity) else checked_weight(capacity, "capacity")
        self.gamma = checked_weight(gamma, "gamma")

    def loss(self, trace: Trace) -> tf.Tensor:
        return trace.distortion + self.gamma * tf.abs(trace.rate - at_step(self.capacity, trace))
