"""The categorical likelihood: each element is one of K classes."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.elementwise import Elementwise
from tfvae.families.family import Parameters, Projection
from tfvae.part import positive_integer, registered


@registered()
class Categorical(Elementwise):
    r"""Independent elements with one of K classes each, as codes 0, 1, ..., K-1.

    $$\log p(x) = \sum_i \log \mathrm{softmax}(logits_i)_{x_i}$$

    Data are codes, whole numbers or floats that are whole, `[N, *event_shape]`. A network that
    reads them begins with `keras.layers.Embedding` or `keras.layers.CategoryEncoding`.
    `mean` is the probability of each class, `[..., *event_shape, K]`; `point` is the code of the
    most probable one.

    Args:
        event_shape: shape of one event; `(1,)` for a label.
        num_classes: K, at least 2.

    Raises:
        ValueError: if the shape is not of whole numbers above zero, or `num_classes` is no whole
            number of at least 2.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.Categorical((1,), num_classes=4)
        >>> parameters = likelihood(tf.zeros([2, 8]))
        >>> likelihood.log_prob(parameters, tf.constant([[0.0], [3.0]])).numpy().round(3)
        array([-1.386, -1.386], dtype=float32)
        >>> likelihood.mean(parameters).shape
        TensorShape([2, 1, 4])

    Reference:
        Bishop 2006, "Pattern Recognition and Machine Learning", section 4.3.4.
    """

    is_discrete = True

    def __init__(self, event_shape: tuple[int, ...], num_classes: int, **kwargs: Any) -> None:
        super().__init__(event_shape, **kwargs)
        self.num_classes = checked_classes(num_classes)

    @property
    def mean_shape(self) -> tuple[int, ...]:
        return (*self.event_shape, self.num_classes)

    def heads(self) -> dict[str, Projection]:
        return {"logits": Projection(self.event_shape, depth=self.num_classes, name="logits")}

    def parameters(self, projected: Parameters) -> Parameters:
        """Returns the logits, `[..., D, num_classes]` for D elements."""
        return {"logits": self.flat(projected["logits"], rest=1)}

    def distribution(self, parameters: Parameters) -> Any:
        logits = self.unflat(parameters["logits"], rest=1)
        elements = tfp.distributions.Categorical(logits, dtype=self.density_dtype)
        return tfp.distributions.Independent(elements, len(self.event_shape))

    def element_log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        log_probs = tf.nn.log_softmax(parameters["logits"])
        return self.unflat(log_prob_of_codes(log_probs, self.flat(x)))

    def mean(self, parameters: Parameters) -> tf.Tensor:
        return self.unflat(tf.nn.softmax(parameters["logits"]), rest=1)

    def point(self, parameters: Parameters) -> tf.Tensor:
        codes = tf.argmax(parameters["logits"], axis=-1, output_type=tf.int32)
        return self.unflat(tf.cast(codes, self.density_dtype))

    def check(self, x: np.ndarray) -> None:
        super().check(x)
        check_codes(x, self.num_classes, type(self).__name__)


def checked_classes(num_classes: Any) -> int:
    """Returns a number of classes, checked to be a whole number of at least 2."""
    count = positive_integer(num_classes, "num_classes")
    if count < 2:
        raise ValueError(f"`num_classes` must be at least 2, but is {num_classes!r}.")
    return count


def log_prob_of_codes(log_probs: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """Picks log-probabilities `[..., K]` by codes, floats `[...]` that are whole."""
    classes = log_probs.shape[-1]
    one_hot = tf.one_hot(tf.cast(x, tf.int32), classes, dtype=log_probs.dtype)
    return tf.reduce_sum(one_hot * log_probs, axis=-1)


def check_codes(x: np.ndarray, classes: int, name: str) -> None:
    """Raises a ValueError if an array has values other than 0, 1, ..., classes - 1."""
    lowest, highest = float(np.min(x)), float(np.max(x))
    if lowest < 0.0 or highest > classes - 1:
        raise ValueError(
            f"{name} is over codes from 0 to {classes - 1}, but the data go from {lowest:g} to "
            f"{highest:g}. Number the classes from 0, or give as many as there are."
        )
    if not are_whole(x):
        raise ValueError(
            f"{name} is over codes, whole numbers from 0 to {classes - 1}, but the data have "
            "others in between. One-hot vectors become codes by `np.argmax(x, axis=-1)`."
        )


def are_whole(x: np.ndarray) -> bool:
    """Whether all values of an array are whole numbers."""
    # In blocks, so that a large data set is not held in memory a second time.
    return all(bool(np.all(block == np.round(block))) for block in np.array_split(x, 16))
