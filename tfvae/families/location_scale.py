"""What likelihoods around a location share: a scale that is fixed, or learned beside it."""

import math
import numbers
from typing import Any

import keras
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.elementwise import Elementwise
from tfvae.families.family import Parameters, Projection

LEARNED = ("shared", "per_pixel")


def is_positive(value: Any) -> bool:
    """Whether a value is a finite number above zero."""
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return number and math.isfinite(value) and value > 0.0


class LocationScale(Elementwise):
    """Independent real elements around a location that the decoder gives.

    Args:
        event_shape: shape of one event.
        scale: a number above zero: fixed; `"shared"` or `"per_pixel"`: one learned number, or one
            for each element of the event; or another of `scales`.

    Attributes:
        scales: the words that say where the scale comes from.
    """

    scales: tuple[str, ...] = LEARNED

    def __init__(self, event_shape: Any, scale: float | str, **kwargs: Any) -> None:
        super().__init__(event_shape, **kwargs)
        if not (is_positive(scale) or isinstance(scale, str) and scale in self.scales):
            *most, last = ("a number above zero", *map(repr, self.scales))
            raise ValueError(f"`scale` must be {', '.join(most)} or {last}, but is {scale!r}.")
        self.scale = scale

    def heads(self) -> dict[str, Projection]:
        return {"loc": Projection(self.event_shape, name="loc")}

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        if self.scale in LEARNED:
            self.log_scale = self.add_weight(
                name="log_scale",
                shape=() if self.scale == "shared" else self.event_shape,
                initializer=keras.initializers.Zeros(),
                dtype=self.density_dtype,
                autocast=False,
            )
        super().build(features_shape)

    def elements(self, loc: tf.Tensor, scale: tf.Tensor) -> Any:
        """Returns the `tfd.Distribution` of elements on their own, its batch that of `loc`."""
        raise TypeError(f"{type(self).__name__} must define `elements`.")

    def scale_of(self, parameters: Parameters) -> tf.Tensor:
        """Returns the scale, broadcastable to the location."""
        if isinstance(self.scale, str):
            return tf.exp(tf.convert_to_tensor(self.log_scale))
        return tf.constant(self.scale, parameters["loc"].dtype)

    def distribution(self, parameters: Parameters) -> Any:
        elements = self.elements(parameters["loc"], self.scale_of(parameters))
        return tfp.distributions.Independent(elements, len(self.event_shape))

    def element_log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        return self.elements(parameters["loc"], self.scale_of(parameters)).log_prob(x)

    def mean(self, parameters: Parameters) -> tf.Tensor:
        return parameters["loc"]
