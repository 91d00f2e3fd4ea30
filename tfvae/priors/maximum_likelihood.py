"""Training a prior by itself, on latents that are given."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf


class MaximumLikelihood(keras.Model):
    """A prior as a Keras model whose loss is -log p(z), for `fit` on latents `[N, *event]`."""

    def __init__(self, prior: Any) -> None:
        # Latents must not be rounded to half precision on the way in.
        super().__init__(dtype=prior.density_dtype)
        self.prior = prior
        self.built = True

    def call(self, z: tf.Tensor) -> tf.Tensor:
        log_prob = self.prior(z)
        self.add_loss(-tf.reduce_mean(log_prob))
        return log_prob


def maximise_likelihood(
    prior: Any, latents: np.ndarray, optimizer: Any, **fit_arguments: Any
) -> dict[str, list[float]]:
    """Trains a prior's weights on latents `[N, *event]`; returns Keras's history."""
    model = MaximumLikelihood(prior)
    model.compile(optimizer)
    return model.fit(latents, **fit_arguments).history
