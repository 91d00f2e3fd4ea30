"""Likelihoods of images: pixels that are on or off, and pixels in between."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.elementwise import Elementwise
from tfvae.families.family import Parameters, Projection
from tfvae.part import registered
from tfvae.special import log_sinhc, sum_log_sigmoid


class _Pixels(Elementwise):
    """What the two share: one logit an element, and data between 0 and 1."""

    def heads(self) -> dict[str, Projection]:
        return {"logits": Projection(self.event_shape, name="logits")}

    def check(self, x: np.ndarray) -> None:
        super().check(x)
        lowest, highest = float(np.min(x)), float(np.max(x))
        if lowest < 0.0 or highest > 1.0:
            raise ValueError(
                f"{type(self).__name__} is a distribution over values from 0 to 1, but the data "
                f"go from {lowest:g} to {highest:g}. For images of bytes, divide by 255."
            )


@registered()
class Bernoulli(_Pixels):
    r"""Independent pixels that are on or off.

    $$\log p(x) = \sum_i x_i \log p_i + (1 - x_i) \log (1 - p_i)$$

    Data strictly between 0 and 1 are accepted, as the field does; the sum is then a cross-entropy
    and no log-density: binarise (`tfvae.pipeline.Images`), or take `ContinuousBernoulli`.

    Args:
        event_shape: shape of one event, such as `(28, 28, 1)`.

    Raises:
        ValueError: if the shape is not made of whole numbers above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.Bernoulli((4, 4, 1))
        >>> parameters = likelihood(tf.zeros([2, 8]))
        >>> likelihood.log_prob(parameters, tf.ones([2, 4, 4, 1])).numpy().round(2)
        array([-11.09, -11.09], dtype=float32)

    Reference:
        Kingma and Welling 2013, arXiv:1312.6114, appendix C.1.
    """

    def __init__(self, event_shape: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(event_shape, **kwargs)

    def distribution(self, parameters: Parameters) -> Any:
        pixels = tfp.distributions.Bernoulli(logits=parameters["logits"], dtype=self.density_dtype)
        return tfp.distributions.Independent(pixels, len(self.event_shape))

    def element_log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        # TFP's density is a softplus, which overflows in LiteRT above logits of 88.
        logits = parameters["logits"]
        labels = tf.broadcast_to(tf.cast(x, logits.dtype), tf.shape(logits))
        return -tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)

    def log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        # The sum of the elements' densities at half the cost, since where many samples are scored
        # their logarithms take as long as a layer of the decoder. With s = 2 x - 1, the log-density
        # of an element is (s l - |l|) / 2 + log sigmoid(|l|): what cancels does so before the sum.
        logits = self.flat(parameters["logits"])
        sign = 2.0 * self.flat(tf.cast(x, logits.dtype)) - 1.0
        size = tf.abs(logits)
        return 0.5 * tf.reduce_sum(sign * logits - size, axis=-1) + sum_log_sigmoid(size)

    def mean(self, parameters: Parameters) -> tf.Tensor:
        return tf.math.sigmoid(parameters["logits"])


@registered()
class ContinuousBernoulli(_Pixels):
    r"""Independent pixels between off and on, with the normaliser that cross-entropy leaves out.

    $$p(x) = C(p)\, p^x (1 - p)^{1 - x}, \qquad C = \frac{2\,\mathrm{artanh}(1 - 2p)}{1 - 2p}$$

    With the logit l this is exp(l x) l / (exp(l) - 1), which is how it is computed here.

    Args:
        event_shape: shape of one event, such as `(28, 28, 1)`.

    Raises:
        ValueError: if the shape is not made of whole numbers above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.ContinuousBernoulli((4,))
        >>> likelihood.mean(likelihood(tf.zeros([1, 8]))).numpy()
        array([[0.5, 0.5, 0.5, 0.5]], dtype=float32)

    Reference:
        Loaiza-Ganem and Cunningham 2019, arXiv:1907.06845.
    """

    def __init__(self, event_shape: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(event_shape, **kwargs)

    def distribution(self, parameters: Parameters) -> Any:
        pixels = tfp.distributions.ContinuousBernoulli(logits=parameters["logits"])
        return tfp.distributions.Independent(pixels, len(self.event_shape))

    def element_log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        # -log(sinh(l/2) / (l/2)) is the log-normaliser of exp((x - 1/2) l), even in l; TFP cuts
        # out a hole around 0.
        logits = parameters["logits"]
        return (x - 0.5) * logits - log_sinhc(logits)

    def mean(self, parameters: Parameters) -> tf.Tensor:
        # 1/2 + coth(l/2)/2 - 1/l, by the same two forms.
        logits = parameters["logits"]
        half = 0.5 * tf.clip_by_value(logits, -1.0, 1.0)
        square = tf.square(half)
        series = 1.0 / 6 + square * (-1.0 / 90 + square * (1.0 / 945 - square / 9450))
        far_size = tf.maximum(tf.abs(logits), 1.0)
        decay = tf.exp(-far_size)
        far = tf.sign(logits) * (0.5 * (1.0 + decay) / (1.0 - decay) - 1.0 / far_size)
        return 0.5 + tf.where(tf.abs(logits) < 1.0, half * series, far)
