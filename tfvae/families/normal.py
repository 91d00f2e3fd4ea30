"""The Gaussian likelihood, its scale fixed, learned, or calibrated to the errors."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.family import Parameters
from tfvae.families.location_scale import LEARNED, LocationScale
from tfvae.part import registered

# How much of the running variance stays at each step.
MOMENTUM = 0.99
# Keeps the density finite where every element is met exactly.
SMALLEST_VARIANCE = 1e-12


@registered()
class Normal(LocationScale):
    r"""Independent real elements around a mean that the decoder gives.

    $$\log p(x) = \sum_i \log \mathcal N(x_i;\ loc_i,\ scale_i^2)$$

    A calibrated scale is the most likely one: the root of the mean squared error,

    $$scale^2 = \frac1{BD} \sum_{n, i} (x_{n i} - loc_{n i})^2$$

    over the batch while training. Evaluation, sampling and artefacts take a running average of
    the squares instead (momentum 0.99, its start discounted), which is 1 before training.

    Args:
        event_shape: shape of one event.
        scale: a number above zero: fixed. `"shared"`: one learned number. `"per_pixel"`: one
            learned number for each element of the event, the same for all examples.
            The learned ones start at 1. `"calibrated"`: one number, in closed form.

    Raises:
        ValueError: if `scale` is none of these, or the shape is not of whole numbers above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.Normal((4,), scale="shared")
        >>> likelihood.distribution(likelihood(tf.zeros([2, 8]))).batch_shape
        TensorShape([2])

    Reference:
        Rybkin, Daniilidis and Levine 2020, arXiv:2006.13202: the sigma-VAE (the shared scale) and
        the optimal sigma-VAE (the calibrated one), which takes the scale from the batch in
        evaluation too.
    """

    scales = (*LEARNED, "calibrated")

    def __init__(
        self, event_shape: tuple[int, ...], scale: float | str = "shared", **kwargs: Any
    ) -> None:
        super().__init__(event_shape, scale, **kwargs)

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        if self.scale == "calibrated":
            self.moving_variance, self.moving_share = (
                self.add_weight(
                    name=name,
                    initializer="zeros",
                    dtype=self.density_dtype,
                    trainable=False,
                    autocast=False,
                    # Replicas see the same number, since it is that of the whole batch.
                    aggregation="mean",
                )
                for name in ("moving_variance", "moving_share")
            )
        super().build(features_shape)

    def elements(self, loc: tf.Tensor, scale: tf.Tensor) -> Any:
        return tfp.distributions.Normal(loc, scale)

    def scale_of(self, parameters: Parameters) -> tf.Tensor:
        if self.scale != "calibrated":
            return super().scale_of(parameters)
        if "scale" in parameters:
            return parameters["scale"]
        share = tf.convert_to_tensor(self.moving_share)
        trained = share > 0.0
        # The share that is still missing is of the zero at which the average starts.
        average = tf.convert_to_tensor(self.moving_variance) / tf.where(trained, share, 1.0)
        return tf.sqrt(tf.where(trained, average, 1.0))

    def fitted(
        self,
        parameters: Parameters,
        x: tf.Tensor,
        average: Callable[[tf.Tensor], tf.Tensor],
    ) -> Parameters:
        if self.scale != "calibrated":
            return parameters
        # No gradient: at its most likely value the density does not change with the scale.
        error = tf.stop_gradient(x - parameters["loc"])
        variance = tf.reduce_mean(average(tf.square(error))) + SMALLEST_VARIANCE
        for moving, value in ((self.moving_variance, variance), (self.moving_share, 1.0)):
            moving.assign(MOMENTUM * moving + (1.0 - MOMENTUM) * value)
        return {**parameters, "scale": tf.sqrt(variance)}
