"""Distributions on the sphere: apart, since they cannot be defined without loading TFP."""

from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

from tfvae.families.polar import Polar, PowerSphericalAngle, VonMisesFisherAngle


class _ByQuadrature(tfp.distributions.Distribution):
    """TFP's distribution, its integrals replaced: TFP's have fewer digits in float32."""

    angle: type[Polar]

    def _polar(self) -> Polar:
        return self.angle(tf.convert_to_tensor(self.concentration), self.event_shape[-1])

    def _log_prob(self, x: tf.Tensor) -> tf.Tensor:
        # Half the chord is the sine of half the angle: unlike the cosine, precise at the mode.
        difference = tf.reduce_sum(tf.square(x - self.mean_direction), axis=-1)
        total = tf.reduce_sum(tf.square(x + self.mean_direction), axis=-1)
        # Moved off the ends, where the square root has no gradient.
        tiny = tf.constant(1e-20, difference.dtype)
        angle = 2.0 * tf.atan2(tf.sqrt(difference + tiny), tf.sqrt(total + tiny))
        return self._polar().log_prob(angle)

    def _mean(self) -> tf.Tensor:
        return self._polar().expectation(tf.cos)[..., None] * self.mean_direction

    def _mode(self) -> tf.Tensor:
        return self.mean_direction + tf.zeros_like(self.concentration)[..., None]

    def _entropy(self) -> tf.Tensor:
        uniform = tfp.distributions.SphericalUniform(self.event_shape[-1], dtype=self.dtype)
        return uniform.entropy() - self._polar().rate()


class VonMisesFisherDistribution(_ByQuadrature, tfp.distributions.VonMisesFisher):
    """Von Mises and Fisher's distribution."""

    angle = VonMisesFisherAngle


class PowerSphericalDistribution(_ByQuadrature, tfp.distributions.PowerSpherical):
    """The power spherical distribution."""

    angle = PowerSphericalAngle


@tfp.distributions.RegisterKL(VonMisesFisherDistribution, tfp.distributions.SphericalUniform)
@tfp.distributions.RegisterKL(PowerSphericalDistribution, tfp.distributions.SphericalUniform)
def _rate(q: Any, p: Any, name: str | None = None) -> tf.Tensor:
    return q._polar().rate()
