"""A likelihood of images whose pixels have levels: mixtures of logistics, cut into bins."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.elementwise import Elementwise
from tfvae.families.family import Parameters, Projection, own_distribution
from tfvae.families.gaussian import positive
from tfvae.part import positive_integer, registered
from tfvae.special import log_1_minus_exp, softplus

# How far, in levels, a value may be from its level: rounding of float32 stays below.
ROUNDING = 1e-2
# Of a scale at the start: a few bins of 256 are likely, and gradients reach everywhere.
SCALE_AT_START = 0.1
# Below it a component is certain of its level to the last bit of a float32.
SMALLEST_SHARE_OF_A_BIN = 1e-2


@registered()
class DiscretizedLogistic(Elementwise):
    r"""Elements with levels 0, 1/(L-1), ..., 1: a mixture of logistics, integrated over each bin.

    $$p(x) = \prod_i \sum_k \pi_{i k} \left[\sigma\!\left(\frac{x_i + h - loc_{i k}}{scale_{i k}}
    \right) - \sigma\!\left(\frac{x_i - h - loc_{i k}}{scale_{i k}}\right)\right],
    \qquad h = \frac{1}{2 (L - 1)}$$

    At level 0 the lower bound is minus infinity, at level 1 the upper is infinity, so that the
    probabilities of all levels sum to one.

    `mean` is that of the logistics clipped to [0, 1], in closed form: within half a level of the
    mean over the levels. `point` is the level nearest to it. `distribution` draws levels.

    Args:
        event_shape: shape of one event, such as `(32, 32, 3)`; its elements are independent.
        num_components: logistics in the mixture of an element; 1 for the plain one.
        num_levels: L, at least 2: 256 for images of bytes, divided by 255.

    Raises:
        ValueError: if a number is not whole or too small.

    Example:
        >>> import numpy as np, tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.DiscretizedLogistic((1,), num_levels=4)
        >>> levels = tf.constant(np.arange(4)[:, None] / 3, tf.float32)
        >>> log_p = likelihood.log_prob(likelihood(tf.zeros([1, 8])), levels)
        >>> float(tf.round(tf.reduce_sum(tf.exp(log_p))))
        1.0

    Reference:
        Salimans, Karpathy, Chen and Kingma 2017, arXiv:1701.05517, equations 1 and 2. Channels
        are independent here (there, each is conditioned on those before it), data go from 0 to 1
        (there from -1), and the probability of a bin is computed exactly: their code takes the
        density at its centre where that is small.
    """

    is_discrete = True

    def __init__(
        self,
        event_shape: tuple[int, ...],
        num_components: int = 1,
        num_levels: int = 256,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape, **kwargs)
        self.num_components = positive_integer(num_components, "num_components")
        self.num_levels = positive_integer(num_levels, "num_levels")
        if self.num_levels < 2:
            raise ValueError(f"`num_levels` must be at least 2, but is {num_levels!r}.")

    def heads(self) -> dict[str, Projection]:
        depth = self.num_components
        heads = {
            name: Projection(self.event_shape, depth=depth, name=name) for name in ("loc", "scale")
        }
        if depth > 1:
            heads["logits"] = Projection(self.event_shape, depth=depth, name="logits")
        return heads

    def parameters(self, projected: Parameters) -> Parameters:
        """Returns the mixtures' parameters, `[..., D, num_components]` for D elements.

        The components are between 0 and 1, spread evenly where the heads give 0.
        """
        if self.num_components == 1:
            projected = {name: value[..., None] for name, value in projected.items()}
            projected["logits"] = tf.zeros_like(projected["loc"])
        projected = {name: self.flat(value, rest=1) for name, value in projected.items()}
        start = (np.arange(self.num_components) + 0.5) / self.num_components
        floor = SMALLEST_SHARE_OF_A_BIN / (self.num_levels - 1)
        return {
            "loc": projected["loc"] + start,
            "scale": SCALE_AT_START * positive(projected["scale"]) + floor,
            "log_weights": tf.nn.log_softmax(projected["logits"]),
        }

    def element_log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        scale, last = parameters["scale"], self.num_levels - 1
        x = tf.expand_dims(self.flat(x), -1)
        centre, half = (x - parameters["loc"]) / scale, 0.5 / (last * scale)
        # The logarithm of sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(a - b)), of
        # which no factor cancels; at the edges one factor alone is left.
        below_upper, above_lower = -softplus(-centre - half), -softplus(centre - half)
        lowest, highest = x < 0.5 / last, x > 1.0 - 0.5 / last
        bin_ = below_upper + above_lower + log_1_minus_exp(2.0 * half)
        log_prob = tf.where(lowest, below_upper, tf.where(highest, above_lower, bin_))
        return self.unflat(tf.reduce_logsumexp(parameters["log_weights"] + log_prob, axis=-1))

    def mean(self, parameters: Parameters) -> tf.Tensor:
        loc, scale = parameters["loc"], parameters["scale"]
        # The integral of the probability to lie above t, for t from 0 to 1.
        clipped = scale * (softplus(loc / scale) - softplus((loc - 1.0) / scale))
        return self.unflat(tf.reduce_sum(tf.exp(parameters["log_weights"]) * clipped, axis=-1))

    def point(self, parameters: Parameters) -> tf.Tensor:
        return self._to_levels(self.mean(parameters))

    def _to_levels(self, x: tf.Tensor) -> tf.Tensor:
        last = self.num_levels - 1
        return tf.round(tf.clip_by_value(x, 0.0, 1.0) * last) / last

    def distribution(self, parameters: Parameters) -> Any:
        leading = tf.shape(parameters["loc"])[:-2]
        return own_distribution(self, parameters, leading)

    def draw(self, parameters: Parameters, n: tf.Tensor, seed: Any) -> tf.Tensor:
        """Draws n events from each distribution: `[n, ..., *event_shape]`."""
        mixture = tfp.distributions.MixtureSameFamily(
            tfp.distributions.Categorical(logits=parameters["log_weights"]),
            tfp.distributions.Logistic(parameters["loc"], parameters["scale"]),
        )
        return self.unflat(self._to_levels(mixture.sample(n, seed)))

    def check(self, x: np.ndarray) -> None:
        super().check(x)
        last = self.num_levels - 1
        lowest, highest = float(np.min(x)), float(np.max(x))
        outside = lowest < 0.0 or highest > 1.0
        # In blocks, so that a large data set is not held in memory a second time.
        if outside or not all(_are_whole(block * last) for block in np.array_split(x, 16)):
            raise ValueError(
                f"{type(self).__name__} is over values 0, 1/{last}, ..., 1, but the data go from "
                f"{lowest:g} to {highest:g}"
                + (
                    f": divide whole numbers from 0 to {last} by {last}."
                    if outside
                    else f" and have others in between. Give as many levels as they have (here "
                    f"`num_levels={self.num_levels}`), and do not change sizes or add noise."
                )
            )


def _are_whole(x: np.ndarray) -> bool:
    return bool(np.all(np.abs(x - np.round(x)) < ROUNDING))
