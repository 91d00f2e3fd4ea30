"""The Laplace likelihood: the absolute error, as a density."""

from typing import Any

import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.location_scale import LocationScale
from tfvae.part import registered


@registered()
class Laplace(LocationScale):
    r"""Independent real elements, their error counted by its size and not by its square.

    $$\log p(x) = -\sum_i \left( \frac{|x_i - loc_i|}{scale_i} + \log (2\, scale_i) \right)$$

    Args:
        event_shape: shape of one event.
        scale: a number above zero: fixed. `"shared"`: one learned number. `"per_pixel"`: one
            learned number for each element of the event, the same for all examples.
            The learned ones start at 1.

    Raises:
        ValueError: if `scale` is none of these, or the shape is not of whole numbers above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.Laplace((4,), scale=0.5)
        >>> likelihood.log_prob({"loc": tf.zeros([1, 4])}, tf.ones([1, 4])).numpy()
        array([-8.], dtype=float32)

    Reference:
        Johnson, Kotz and Balakrishnan 1995, "Continuous Univariate Distributions", volume 2,
        chapter 24.
    """

    def __init__(
        self, event_shape: tuple[int, ...], scale: float | str = "shared", **kwargs: Any
    ) -> None:
        super().__init__(event_shape, scale, **kwargs)

    def elements(self, loc: tf.Tensor, scale: tf.Tensor) -> Any:
        return tfp.distributions.Laplace(loc, scale)
