"""Bounds by importance sampling: of all samples at once, or of groups of them."""

from typing import Any

import tensorflow as tf

from tfvae.objectives.gradients import Gradient, gradient_named
from tfvae.objectives.objective import Objective, checked_share
from tfvae.part import positive_integer, registered
from tfvae.trace import Trace


@registered()
class IWAE(Objective):
    r"""Maximises the importance-weighted bound of k samples.

    $$\mathcal L_k = E \log \frac1k \sum_{i=1}^k \frac{p(x, z_i)}{q(z_i|x)},\qquad z_i \sim q$$

    It rises with k and tends to log p(x). With k = 1 it is the ELBO, its rate sampled.

    Args:
        num_samples: k.
        gradient: how gradients reach the encoder; the bound is the same. `"reparametrised"`
            through samples and density; `"doubly_reparametrised"` through samples alone, each
            weighed by the square of its share: as right, and with less noise as k grows;
            `"sticking_the_landing"` through samples alone, each weighed by its share: with less
            noise still, but biased for k above 1.

    Raises:
        ValueError: if `num_samples` is not a whole number above zero, or `gradient` none of these.

    Example:
        >>> import tfvae
        >>> tfvae.objectives.IWAE(5).num_samples
        5

    Reference:
        Burda, Grosse and Salakhutdinov 2015, arXiv:1509.00519, equation 8; Tucker et al. 2018,
        arXiv:1810.04152, for doubly reparametrised gradients; Roeder, Wu and Duvenaud 2017,
        arXiv:1703.09194, for sticking the landing.
    """

    def __init__(
        self, num_samples: int = 5, gradient: str = "reparametrised", **kwargs: Any
    ) -> None:
        super().__init__(num_samples, **kwargs)
        self.gradient = gradient_named(gradient)

    def loss(self, trace: Trace) -> tf.Tensor:
        gate = trace.inference.gate
        if gate is not None and self.gradient is Gradient.DOUBLY_REPARAMETRISED:
            gate.factor = tf.exp(log_shares(trace))
        return -importance_bound(trace)


@registered()
class MIWAE(Objective):
    r"""Maximises the mean of several importance-weighted bounds, of k samples each.

    $$\frac1m \sum_{j=1}^m \log \frac1k \sum_{i=1}^k \frac{p(x, z_{ij})}{q(z_{ij}|x)}$$

    In expectation it is the bound of k samples; its gradient has less noise.

    Args:
        num_bounds: m.
        samples_each: k.

    Raises:
        ValueError: if one of the two is not a whole number above zero.

    Example:
        >>> import tfvae
        >>> tfvae.objectives.MIWAE(8, 8).num_samples
        64

    Reference:
        Rainforth et al. 2018, arXiv:1802.04537, section 5.
    """

    def __init__(self, num_bounds: int = 8, samples_each: int = 8, **kwargs: Any) -> None:
        self.num_bounds = positive_integer(num_bounds, "num_bounds")
        self.samples_each = positive_integer(samples_each, "samples_each")
        super().__init__(num_bounds * samples_each, **kwargs)

    def loss(self, trace: Trace) -> tf.Tensor:
        return -importance_bound(trace, self.num_bounds)


@registered()
class PIWAE(MIWAE):
    r"""Trains the decoder and the prior by the bound of all m k samples, the encoder as MIWAE.

    A tighter bound serves the decoder; to the encoder it leaves gradients of more noise than
    signal. The loss is that of the decoder.

    Args:
        num_bounds: m.
        samples_each: k.

    Raises:
        ValueError: if one of the two is not a whole number above zero.

    Example:
        >>> import tfvae
        >>> tfvae.objectives.PIWAE(8, 8).num_samples
        64

    Reference:
        Rainforth et al. 2018, arXiv:1802.04537, section 5.
    """

    gradient = Gradient.TWO_SHARES

    def loss(self, trace: Trace) -> tf.Tensor:
        bound = importance_bound(trace)
        if trace.inference.gate is None:
            return -bound
        # A share too small for a float would leave nothing for the gate to multiply.
        decoder_share = tf.exp(tf.maximum(log_shares(trace), LEAST_LOG_SHARE))
        encoder_share = tf.exp(log_shares(trace, self.num_bounds)) / self.num_bounds
        trace.inference.gate.factor = encoder_share / decoder_share
        ratio = trace.log_ratio
        moving = decoder_share * (ratio - tf.stop_gradient(ratio))
        log_w = trace.inference.log_w
        if log_w is not None:
            # The weights are the encoder's; where one is zero, its logarithm is infinite.
            moving += tf.math.multiply_no_nan(log_w - tf.stop_gradient(log_w), encoder_share)
        return -tf.stop_gradient(bound) - tf.reduce_sum(moving, axis=(0, 1))


@registered()
class CIWAE(Objective):
    r"""Maximises a mean of the ELBO and of the importance-weighted bound of the same k samples.

    $$\beta\, \mathcal L_{ELBO} + (1 - \beta)\, \mathcal L_k$$

    Args:
        num_samples: k.
        beta: share of the ELBO, from 0 to 1.

    Raises:
        ValueError: if `num_samples` is not a whole number above zero, or `beta` not such a share.

    Example:
        >>> import tfvae
        >>> tfvae.objectives.CIWAE(64, beta=0.05).get_config()["beta"]
        0.05

    Reference:
        Rainforth et al. 2018, arXiv:1802.04537, section 5. Our ELBO takes its rate in closed form
        where there is one.
    """

    def __init__(self, num_samples: int = 64, beta: float = 0.05, **kwargs: Any) -> None:
        super().__init__(num_samples, **kwargs)
        self.beta = checked_share(beta, "beta")

    def loss(self, trace: Trace) -> tf.Tensor:
        return -(self.beta * trace.elbo + (1.0 - self.beta) * importance_bound(trace))


# exp(-46) is about 1e-20.
LEAST_LOG_SHARE = -46.0


def importance_bound(trace: Trace, num_bounds: int = 1, power: float = 1.0) -> tf.Tensor:
    """Returns log of the mean importance weight over K and S, `[B]`, in nats.

    Args:
        trace: of log-weights `[K, S, B]`.
        num_bounds: how many groups the samples fall into; what is returned is their mean.
        power: the weights' exponent; the logarithm is divided by it.
    """
    terms = _in_groups(power * trace.log_ratio, num_bounds)
    log_w = trace.inference.log_w
    size = tf.shape(terms)[2]
    if log_w is None:
        # Uniform weights over K are left out of `log_w`: they are part of the mean.
        size *= tf.shape(terms)[0]
    else:
        terms += _in_groups(tf.broadcast_to(log_w, tf.shape(trace.log_ratio)), num_bounds)
    bounds = tf.reduce_logsumexp(terms, axis=(0, 2)) - tf.math.log(tf.cast(size, terms.dtype))
    return tf.reduce_mean(bounds, axis=0) / power


def log_shares(trace: Trace, num_bounds: int = 1) -> tf.Tensor:
    """Returns the logarithm of each sample's share in its group's weight, `[K, S, B]`, constant."""
    log_weight = trace.log_ratio
    if trace.inference.log_w is not None:
        log_weight += trace.inference.log_w
    groups = _in_groups(tf.stop_gradient(log_weight), num_bounds)
    shares = groups - tf.reduce_logsumexp(groups, axis=(0, 2), keepdims=True)
    return tf.reshape(shares, tf.shape(trace.log_ratio))


def _in_groups(values: tf.Tensor, num_groups: int) -> tf.Tensor:
    """Folds the samples: `[K, S, B]` to `[K, num_groups, S / num_groups, B]`."""
    shape = tf.shape(values)
    return tf.reshape(values, [shape[0], num_groups, shape[1] // num_groups, shape[2]])
