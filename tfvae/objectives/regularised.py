"""Regularised autoencoders: a bound on codes and a smooth decoder in place of noise."""

from typing import Any

import tensorflow as tf

from tfvae.objectives.objective import Objective, checked_weight
from tfvae.part import registered
from tfvae.random import Noise
from tfvae.trace import Trace


@registered()
class Regularised(Objective):
    r"""Minimises distortion + beta/2 |z|^2 + what keeps the decoder smooth.

    $$\mathcal L = -\log p(x|z) + \tfrac{\beta}{2} |z|^2 + \lambda_\theta |\theta|^2
    + \lambda_J |\partial D(z) / \partial z|_F^2$$

    D(z) is the mean of p(x given z), theta all that decoder and likelihood learn. The norm of the
    Jacobian J is estimated without bias by one product, $E_v |J^\top v|^2$ with v standard normal,
    at the cost of one more pass through the decoder.

    Args:
        beta: weight of the codes' size.
        weight_decay: lambda_theta.
        gradient_penalty: lambda_J.

    Raises:
        ValueError: if a weight is negative or not finite.

    Example:
        >>> import tfvae
        >>> tfvae.objectives.Regularised(gradient_penalty=1e-3).noise((4, 4, 1))
        {'direction': Noise(kind='normal', shape=(4, 4, 1))}

    Reference:
        Ghosh et al. 2020, arXiv:1903.12436, equation 11 and section 3.1: RAE-L2 is
        `weight_decay`, RAE-GP `gradient_penalty`. Their code takes the gradient of the sum of
        squared pixels in place of the Jacobian.
    """

    def __init__(
        self,
        beta: float = 1e-4,
        weight_decay: float = 0.0,
        gradient_penalty: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.beta = checked_weight(beta, "beta")
        self.weight_decay = checked_weight(weight_decay, "weight_decay")
        self.gradient_penalty = checked_weight(gradient_penalty, "gradient_penalty")

    def noise(self, event_shape: tuple[int, ...]) -> dict[str, Noise]:
        return {"direction": Noise("normal", event_shape)} if self.gradient_penalty else {}

    def loss(self, trace: Trace) -> tf.Tensor:
        z = trace.inference.z[0, 0]
        loss = trace.distortion + 0.5 * self.beta * _squared_norm(z)
        if self.weight_decay:
            squares = [tf.reduce_sum(tf.square(weight)) for weight in trace.decoder_weights]
            loss += self.weight_decay * tf.add_n(squares)
        if self.gradient_penalty:
            direction = trace.noise["direction"][0]
            loss += self.gradient_penalty * jacobian_norm(trace.decode, z, direction)
        return loss


def jacobian_norm(decode: Any, z: tf.Tensor, direction: tf.Tensor) -> tf.Tensor:
    """Returns |J^T v|^2, `[B]`, J the Jacobian of `decode` at z `[B, *event]`, v the direction."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(z)
        outputs = decode(z)
    return _squared_norm(tape.gradient(outputs, z, tf.cast(direction, outputs.dtype)))


def _squared_norm(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.square(values), axis=list(range(1, values.shape.rank)))
