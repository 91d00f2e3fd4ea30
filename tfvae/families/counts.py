"""Likelihoods of counts: what they share, and the Poisson."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.categorical import are_whole
from tfvae.families.elementwise import Elementwise
from tfvae.families.family import Parameters, Projection
from tfvae.part import check_finite, registered
from tfvae.side import SideInput
from tfvae.special import log_gamma

LIBRARY_SIZE = "library_size"


class Counts(Elementwise):
    """What likelihoods of counts share: a rate of each element, and the size of the library.

    Args:
        event_shape: shape of one event, such as `(num_genes,)`.
        library_size: whether the decoder gives the shares of the elements (a softmax over the
            event), which the total count of an example multiplies: a side input.
    """

    is_discrete = True

    def __init__(self, event_shape: Any, library_size: bool = False, **kwargs: Any) -> None:
        super().__init__(event_shape, **kwargs)
        if not isinstance(library_size, bool):
            raise ValueError(
                "`library_size` says whether the family is given one: True or False, but is "
                f"{library_size!r}."
            )
        self.library_size = library_size

    def heads(self) -> dict[str, Projection]:
        return {"log_rate": Projection(self.event_shape, name="log_rate")}

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        if self.library_size:
            # What stands in for the library size where none is given.
            self.usual_library_size = self.add_weight(
                name="usual_library_size",
                initializer="ones",
                dtype=self.density_dtype,
                trainable=False,
                autocast=False,
            )
        super().build(features_shape)

    def parameters(self, projected: Parameters) -> Parameters:
        if not self.library_size:
            return projected
        log_rate = projected["log_rate"]
        shape = tf.shape(log_rate)
        flat = tf.reshape(log_rate, (-1, tf.reduce_prod(shape[1:])))
        log_share = tf.reshape(tf.nn.log_softmax(flat), shape)
        return {**projected, "log_rate": log_share + self._log_usual()}

    def _log_usual(self) -> tf.Tensor:
        return tf.math.log(tf.convert_to_tensor(self.usual_library_size))

    def side_inputs(self) -> dict[str, SideInput]:
        one = SideInput((), needed=False, check=_check_library_size)
        return {LIBRARY_SIZE: one} if self.library_size else {}

    def adapt(self, side: Mapping[str, np.ndarray]) -> None:
        """Takes the median library size of data for one that is not given."""
        if self.library_size and LIBRARY_SIZE in side:
            self.usual_library_size.assign(np.median(side[LIBRARY_SIZE]))

    def conditioned(self, parameters: Parameters, side: Mapping[str, tf.Tensor]) -> Parameters:
        if LIBRARY_SIZE not in side or not self.library_size:
            return parameters
        log_rate = parameters["log_rate"]
        log_size = tf.math.log(tf.cast(side[LIBRARY_SIZE], log_rate.dtype)) - self._log_usual()
        log_size = tf.reshape(log_size, (-1, *(1 for _ in self.event_shape)))
        return {**parameters, "log_rate": log_rate + log_size}

    def mean(self, parameters: Parameters) -> tf.Tensor:
        return tf.exp(parameters["log_rate"])

    def point(self, parameters: Parameters) -> tf.Tensor:
        return tf.round(self.mean(parameters))

    def check(self, x: np.ndarray) -> None:
        super().check(x)
        lowest = float(np.min(x))
        if lowest < 0.0 or not are_whole(x):
            found = f"go down to {lowest:g}" if lowest < 0.0 else "have values in between"
            raise ValueError(
                f"{type(self).__name__} is over counts, whole numbers of at least 0, but the data "
                f"{found}. Give the raw counts, neither normalised nor logarithms."
            )


@registered()
class Poisson(Counts):
    r"""Independent counts with a rate each.

    $$\log p(x) = \sum_i x_i \log rate_i - rate_i - \log x_i!$$

    The rate is the exponential of its head or, with a library size, the softmax of the head over
    the event, times the library size. `mean` is the rate, `point` the nearest count.

    Args:
        event_shape: shape of one event, such as `(num_genes,)`.
        library_size: whether the total count of an example is a side input. Where none is given,
            the weight `usual_library_size` stands for it: 1 at the start.

    Raises:
        ValueError: if the shape is not of whole numbers above zero, or `library_size` no bool.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.Poisson((4,), library_size=True)
        >>> parameters = likelihood(tf.zeros([2, 8]))
        >>> given = likelihood.conditioned(parameters, {"library_size": tf.constant([8.0, 80.0])})
        >>> likelihood.mean(given)[:, 0].numpy().round(3)
        array([ 2., 20.], dtype=float32)

    Reference:
        Lopez et al. 2018, "Deep generative modeling for single-cell transcriptomics", Nature
        Methods 15 (earlier, under another title, arXiv:1709.02082), for the library size.
    """

    def __init__(
        self, event_shape: tuple[int, ...], library_size: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(event_shape, library_size, **kwargs)

    def distribution(self, parameters: Parameters) -> Any:
        elements = tfp.distributions.Poisson(log_rate=parameters["log_rate"])
        return tfp.distributions.Independent(elements, len(self.event_shape))

    def element_log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        log_rate = parameters["log_rate"]
        return x * log_rate - tf.exp(log_rate) - log_gamma(x + 1.0)


def _check_library_size(sizes: np.ndarray) -> None:
    check_finite(sizes)
    if sizes.min() <= 0.0:
        raise ValueError(
            f"`library_size` is how many counts an example has, above 0, but {sizes.min():g} came."
        )
