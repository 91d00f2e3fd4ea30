"""The beta likelihood: shares, strictly between 0 and 1."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.elementwise import Elementwise
from tfvae.families.family import Parameters, Projection
from tfvae.families.gaussian import positive
from tfvae.part import registered
from tfvae.special import log_gamma, log_gamma_ratio


@registered()
class Beta(Elementwise):
    r"""Independent elements strictly between 0 and 1.

    $$\log p(x) = \sum_i (a_i - 1) \log x_i + (b_i - 1) \log (1 - x_i)
    - \log \frac{\Gamma(a_i)\, \Gamma(b_i)}{\Gamma(a_i + b_i)}$$

    The decoder gives both concentrations, a and b, each 1 where its head gives 0. At 0 and 1 the
    density may be infinite, and data that have them are refused: squeeze them first, or take
    `ContinuousBernoulli`.

    Args:
        event_shape: shape of one event.

    Raises:
        ValueError: if the shape is not of whole numbers above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.Beta((4,))
        >>> likelihood.mean(likelihood(tf.zeros([1, 8]))).numpy()
        array([[0.5, 0.5, 0.5, 0.5]], dtype=float32)

    Reference:
        Johnson, Kotz and Balakrishnan 1995, "Continuous Univariate Distributions", volume 2,
        chapter 25.
    """

    placeholder = 0.5

    def __init__(self, event_shape: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(event_shape, **kwargs)

    def heads(self) -> dict[str, Projection]:
        names = ("concentration1", "concentration0")
        return {name: Projection(self.event_shape, name=name) for name in names}

    def parameters(self, projected: Parameters) -> Parameters:
        return {name: positive(value) for name, value in projected.items()}

    def distribution(self, parameters: Parameters) -> Any:
        elements = tfp.distributions.Beta(**parameters)
        return tfp.distributions.Independent(elements, len(self.event_shape))

    def element_log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        a, b = parameters["concentration1"], parameters["concentration0"]
        log_normaliser = log_gamma_ratio(a, b) - log_gamma(b)
        return (a - 1.0) * tf.math.log(x) + (b - 1.0) * tf.math.log(1.0 - x) + log_normaliser

    def mean(self, parameters: Parameters) -> tf.Tensor:
        a, b = parameters["concentration1"], parameters["concentration0"]
        return a / (a + b)

    def check(self, x: np.ndarray) -> None:
        super().check(x)
        lowest, highest = float(np.min(x)), float(np.max(x))
        if lowest <= 0.0 or highest >= 1.0:
            advice = (
                "Squeeze them, as by `0.005 + 0.99 * x`, or take `ContinuousBernoulli`."
                if lowest >= 0.0 and highest <= 1.0
                else "For images of bytes, take `(x + 0.5) / 256`."
            )
            raise ValueError(
                "Beta is a distribution over values above 0 and below 1, but the data go from "
                f"{lowest:g} to {highest:g}. {advice}"
            )
