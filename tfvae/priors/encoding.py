"""The way from data to the posterior, as a prior sees it that is made of posteriors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf


@dataclass(frozen=True)
class Encoding:
    """What the model attaches to its prior; Keras, which tracks layers alone, passes it by.

    Args:
        event_shape: shape of one example.
        parameters: from examples `[N, *event_shape]` to the posterior's parameters, by name, as
            they are outside of training.
        posterior: the `tfvae.posteriors.Posterior` that these are of.
    """

    event_shape: tuple[int, ...]
    parameters: Callable[[tf.Tensor], dict[str, tf.Tensor]]
    posterior: Any
