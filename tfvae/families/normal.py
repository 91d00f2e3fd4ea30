"""The Gaussian likelihood, its scale fixed, learned once, or learned for each element."""

import math
from typing import Any

import keras
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.family import Family, Parameters, Projection
from tfvae.part import registered


@registered()
class Normal(Family):
    r"""Independent real elements around a mean that the decoder gives.

    $$\log p(x) = \sum_i \log \mathcal N(x_i;\ loc_i,\ scale_i^2)$$

    Args:
        event_shape: shape of one event.
        scale: a number above zero: fixed. `"shared"`: one learned number. `"per_pixel"`: one
            learned number for each element of the event, the same for all examples.
            The learned ones start at 1.

    Raises:
        ValueError: if `scale` is none of these, or the shape is not of whole numbers above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.Normal((4,), scale="shared")
        >>> likelihood.distribution(likelihood(tf.zeros([2, 8]))).batch_shape
        TensorShape([2])

    Reference:
        Rybkin, Daniilidis and Levine 2020, arXiv:2006.13202, equation 3 (the shared scale).
    """

    def __init__(
        self, event_shape: tuple[int, ...], scale: float | str = "shared", **kwargs: Any
    ) -> None:
        super().__init__(event_shape, **kwargs)
        if isinstance(scale, str):
            valid = scale in ("shared", "per_pixel")
        else:
            valid = not isinstance(scale, bool) and math.isfinite(scale) and scale > 0.0
        if not valid:
            raise ValueError(
                f"`scale` must be a number above zero, 'shared' or 'per_pixel', but is {scale!r}."
            )
        self.scale = scale

    def heads(self) -> dict[str, Projection]:
        return {"loc": Projection(self.event_shape, name="loc")}

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        if isinstance(self.scale, str):
            self.log_scale = self.add_weight(
                name="log_scale",
                shape=() if self.scale == "shared" else self.event_shape,
                initializer=keras.initializers.Zeros(),
                dtype=self.density_dtype,
                autocast=False,
            )
        super().build(features_shape)

    def distribution(self, parameters: Parameters) -> Any:
        loc = parameters["loc"]
        if isinstance(self.scale, str):
            scale = tf.exp(tf.convert_to_tensor(self.log_scale))
        else:
            scale = tf.constant(self.scale, loc.dtype)
        elements = tfp.distributions.Normal(loc, scale)
        return tfp.distributions.Independent(elements, len(self.event_shape))

    def mean(self, parameters: Parameters) -> tf.Tensor:
        return parameters["loc"]
