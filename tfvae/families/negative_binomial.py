"""Likelihoods of counts that vary more than a Poisson: negative binomial, with zeros inflated."""

from typing import Any

import keras
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.counts import Counts
from tfvae.families.family import Parameters, Projection
from tfvae.part import registered
from tfvae.special import log_gamma, log_gamma_ratio, softplus

DISPERSIONS = ("shared", "per_element")


@registered()
class NegativeBinomial(Counts):
    r"""Independent counts whose rate itself varies, as a gamma variable.

    $$\log p(x) = \sum_i \log \frac{\Gamma(x_i + \theta_i)}{x_i!\, \Gamma(\theta_i)}
    + \theta_i \log \frac{\theta_i}{\theta_i + rate_i}
    + x_i \log \frac{rate_i}{\theta_i + rate_i}$$

    The variance is $rate + rate^2 / \theta$: the smaller $\theta$, the more it is dispersed. Rates
    are as in `Poisson`; `mean` is the rate, `point` the nearest count.

    Args:
        event_shape: shape of one event, such as `(num_genes,)`.
        dispersion: `"shared"`: one learned $\theta$ for each element of the event, shared by all
            examples. `"per_element"`: the decoder gives one for each element of each example.
            Both start at 1.
        library_size: whether the total count of an example is a side input. Where none is given,
            the weight `usual_library_size` stands for it: 1 at the start.

    Raises:
        ValueError: if an argument is none of these.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.NegativeBinomial((4,))
        >>> likelihood.log_prob(likelihood(tf.zeros([1, 8])), tf.zeros([1, 4])).numpy().round(3)
        array([-2.773], dtype=float32)

    Reference:
        Lopez et al. 2018, "Deep generative modeling for single-cell transcriptomics", Nature
        Methods 15, methods (earlier, under another title, arXiv:1709.02082), without the zeros
        that are inflated.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        dispersion: str = "shared",
        library_size: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape, library_size, **kwargs)
        if dispersion not in DISPERSIONS:
            raise ValueError(f"`dispersion` must be one of {DISPERSIONS}, but is {dispersion!r}.")
        self.dispersion = dispersion

    def heads(self) -> dict[str, Projection]:
        heads = super().heads()
        if self.dispersion == "per_element":
            heads["log_theta"] = Projection(self.event_shape, name="log_theta")
        return heads

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        if self.dispersion == "shared":
            self.log_theta = self.add_weight(
                name="log_theta",
                shape=self.event_shape,
                initializer=keras.initializers.Zeros(),
                dtype=self.density_dtype,
                autocast=False,
            )
        super().build(features_shape)

    def _log_theta(self, parameters: Parameters) -> tf.Tensor:
        if self.dispersion == "per_element":
            return parameters["log_theta"]
        return tf.convert_to_tensor(self.log_theta)

    def distribution(self, parameters: Parameters) -> Any:
        return tfp.distributions.Independent(self._elements(parameters), len(self.event_shape))

    def _elements(self, parameters: Parameters) -> Any:
        log_theta = self._log_theta(parameters)
        logits = parameters["log_rate"] - log_theta
        return tfp.distributions.NegativeBinomial(
            tf.exp(log_theta) + tf.zeros_like(logits), logits, require_integer_total_count=False
        )

    def element_log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        log_theta = self._log_theta(parameters)
        theta, logits = tf.exp(log_theta), parameters["log_rate"] - log_theta
        log_ways = log_gamma_ratio(theta, x) - log_gamma(x + 1.0)
        return log_ways - theta * softplus(logits) - x * softplus(-logits)


@registered()
class ZeroInflatedNegativeBinomial(NegativeBinomial):
    r"""A negative binomial some of whose counts were dropped, and are zero.

    $$p(x_i) = \pi_i\, [x_i = 0] + (1 - \pi_i)\, \mathrm{NB}(x_i;\ rate_i, \theta_i)$$

    The decoder gives the logit of $\pi$. `mean` is $(1 - \pi)\, rate$, `point` the nearest count.

    Args:
        event_shape: shape of one event, such as `(num_genes,)`.
        dispersion: as in `NegativeBinomial`.
        library_size: as in `NegativeBinomial`.

    Raises:
        ValueError: if an argument is none of these.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> likelihood = tfvae.families.ZeroInflatedNegativeBinomial((4,))
        >>> likelihood.mean(likelihood(tf.zeros([1, 8]))).numpy()
        array([[0.5, 0.5, 0.5, 0.5]], dtype=float32)

    Reference:
        Lopez et al. 2018, "Deep generative modeling for single-cell transcriptomics", Nature
        Methods 15, methods (earlier, under another title, arXiv:1709.02082).
    """

    def heads(self) -> dict[str, Projection]:
        zeros = Projection(self.event_shape, name="zero_logits")
        return {**super().heads(), "zero_logits": zeros}

    def _elements(self, parameters: Parameters) -> Any:
        counts = super()._elements(parameters)
        return tfp.distributions.ZeroInflatedNegativeBinomial(
            total_count=counts.total_count,
            logits=counts.logits,
            # TFP 0.25 makes two logits of it, itself and its negative: the odds squared.
            inflated_loc_logits=0.5 * parameters["zero_logits"],
            require_integer_total_count=False,
        )

    def element_log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        zero_logits = parameters["zero_logits"]
        log_counted = super().element_log_prob(parameters, x) - softplus(zero_logits)
        log_dropped = -softplus(-zero_logits)
        either = log_dropped + softplus(log_counted - log_dropped)
        return tf.where(x < 0.5, either, log_counted)

    def mean(self, parameters: Parameters) -> tf.Tensor:
        return tf.exp(parameters["log_rate"]) * tf.math.sigmoid(-parameters["zero_logits"])
