"""A flowed distribution as a `tfd.Distribution`: apart, since defining it loads TFP."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

Map = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


class FlowedDistribution(tfp.distributions.Distribution):
    """What a flow makes of a Gaussian: exact samples, and densities where it can be inverted.

    A flow has no mean or mode in closed form: `mean()` and `mode()` are both the image of the
    Gaussian's, the point that stands for the distribution.

    Args:
        base: the Gaussian.
        forward: from its events to ours, with the log-determinant, as in `Flow.forward`.
        inverse: back, with the log-determinant of that.
    """

    def __init__(self, base: Any, forward: Map, inverse: Map, name: str = "Flowed") -> None:
        parameters = dict(locals())
        self._base, self._forward_map, self._inverse_map = base, forward, inverse
        super().__init__(
            dtype=base.dtype,
            reparameterization_type=base.reparameterization_type,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name=name,
        )

    def _batch_shape(self) -> tf.TensorShape:
        return self._base.batch_shape

    def _batch_shape_tensor(self) -> tf.Tensor:
        return self._base.batch_shape_tensor()

    def _event_shape(self) -> tf.TensorShape:
        return self._base.event_shape

    def _event_shape_tensor(self) -> tf.Tensor:
        return self._base.event_shape_tensor()

    def _sample_n(self, n: tf.Tensor, seed: Any = None) -> tf.Tensor:
        return self._forward_map(self._base.sample(n, seed=seed))[0]

    def _log_prob(self, z: tf.Tensor) -> tf.Tensor:
        u, log_det = self._inverse_map(z)
        return self._base.log_prob(u) + log_det

    def _mean(self) -> tf.Tensor:
        return self._forward_map(self._base.mean())[0]

    def _mode(self) -> tf.Tensor:
        return self._mean()

    def _covariance(self) -> tf.Tensor:
        raise ValueError(
            "What a flow makes of a Gaussian has no covariance in closed form: estimate it from "
            "samples, or, for `tfvae.objectives.DIP`, take `kind=1` or a Gaussian posterior."
        )
