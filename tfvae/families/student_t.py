"""Student's t likelihood: errors may be far out, and training does not chase them."""

import math
from typing import Any

import keras
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.family import Parameters
from tfvae.families.location_scale import LocationScale, is_positive
from tfvae.part import registered
from tfvae.special import log_1_plus, log_gamma_ratio

# Near enough to a Gaussian that training starts like one.
DEGREES_AT_START = 10.0


@registered()
class StudentT(LocationScale):
    r"""Independent real elements whose errors have heavy tails.

    $$\log p(x) = \sum_i \log \frac{\Gamma((\nu + 1) / 2)}{\Gamma(\nu / 2) \sqrt{\pi \nu}\, scale_i}
    - \frac{\nu + 1}{2} \log \left(1 + \frac{(x_i - loc_i)^2}{\nu\, scale_i^2} \right)$$

    `mean` is the location in any case: it is the expectation where $\nu > 1$, and the median where
    there is none.

    Args:
        event_shape: shape of one event.
        scale: a number above zero: fixed. `"shared"`: one learned number. `"per_pixel"`: one
            learned number for each element of the event, the same for all examples.
            The learned ones start at 1.
        degrees_of_freedom: $\nu$, a number above zero; or `"learned"`, one for all elements that
            starts at 10.

    Raises:
        ValueError: if `scale` or `degrees_of_freedom` is none of these, or the shape is not of
            whole numbers above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.StudentT((1,), 1.0, degrees_of_freedom=1.0)
        >>> likelihood.log_prob({"loc": tf.zeros([1, 1])}, tf.ones([1, 1])).numpy().round(4)
        array([-1.8379], dtype=float32)

    Reference:
        Takahashi et al. 2018, "Student-t Variational Autoencoder for Robust Density Estimation",
        IJCAI. There the scale and the degrees of freedom come from the decoder; here each is fixed
        or a weight.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        scale: float | str = "shared",
        degrees_of_freedom: float | str = "learned",
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape, scale, **kwargs)
        if not (is_positive(degrees_of_freedom) or degrees_of_freedom == "learned"):
            raise ValueError(
                "`degrees_of_freedom` must be a number above zero or 'learned', but is "
                f"{degrees_of_freedom!r}."
            )
        self.degrees_of_freedom = degrees_of_freedom

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        if self.degrees_of_freedom == "learned":
            self.log_degrees = self.add_weight(
                name="log_degrees",
                initializer=keras.initializers.Constant(math.log(DEGREES_AT_START)),
                dtype=self.density_dtype,
                autocast=False,
            )
        super().build(features_shape)

    def degrees(self) -> tf.Tensor:
        """Returns the degrees of freedom, `[]`."""
        if self.degrees_of_freedom == "learned":
            return tf.exp(tf.convert_to_tensor(self.log_degrees))
        return tf.constant(self.degrees_of_freedom, self.density_dtype)

    def elements(self, loc: tf.Tensor, scale: tf.Tensor) -> Any:
        return tfp.distributions.StudentT(self.degrees(), loc, scale)

    def element_log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        degrees, scale = self.degrees(), self.scale_of(parameters)
        square = tf.square((x - parameters["loc"]) / scale)
        log_normaliser = log_gamma_ratio(0.5 * degrees, tf.constant(0.5, degrees.dtype))
        log_normaliser -= 0.5 * tf.math.log(math.pi * degrees) + tf.math.log(scale)
        return log_normaliser - 0.5 * (degrees + 1.0) * log_1_plus(square / degrees)
