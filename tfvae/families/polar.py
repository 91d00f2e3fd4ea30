r"""The angle between a draw on a sphere and its mean direction: integrals and quantiles of it.

A density on the sphere that depends on this angle alone is one of the angle,

$$p(\theta) \propto g(\theta; \kappa)\, \sin^{d-2}\theta,\qquad 0 \le \theta \le \pi,$$

and everything that is asked of it is an integral over an interval. They are computed by quadrature
around the mode: Bessel functions, digamma and lgamma (with a dynamic batch) have no LiteRT
counterpart, and lose digits in float32 where the concentration is large.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfvae.special import log_1_plus

# Nothing that a float can see lies farther from the mode, in units of the density's width there.
REACH = 12.0
NODES = 64
# Each squares the error of the first guess, which is a small part of the density's width.
NEWTON_STEPS = 2


def _rule() -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and log-weights on (0, 1), crowded at the ends by 3 x^2 - 2 x^3.

    At the ends the density may be a power that is not whole, for which the rule alone is slow.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    x = 0.5 * (nodes + 1.0)
    return x * x * (3.0 - 2.0 * x), np.log(0.5 * weights * 6.0 * x * (1.0 - x))


PLACES, LOG_WEIGHTS = _rule()


def log_area(size: int) -> float:
    """Returns the logarithm of the area of the unit sphere in so many dimensions."""
    return math.log(2.0) + 0.5 * size * math.log(math.pi) - math.lgamma(0.5 * size)


class Polar(ABC):
    """Densities of the angle, one for each concentration.

    Args:
        concentration: above zero, `[B]`.
        size: dimension d of the space around the sphere, at least 2.
    """

    def __init__(self, concentration: tf.Tensor, size: int) -> None:
        self.concentration, self.size = concentration, size
        fixed = tf.stop_gradient(concentration)
        mode, width = self.mode_and_width(fixed)
        self.low = tf.maximum(mode - REACH * width, 0.0)
        self.high = tf.minimum(mode + REACH * width, _pi_from_below(concentration.dtype))

    @abstractmethod
    def log_kernel(self, angle: tf.Tensor, concentration: tf.Tensor) -> tf.Tensor:
        """Returns log g, 0 at the angle 0."""

    @abstractmethod
    def mode_and_width(self, concentration: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns where the density of the angle is largest, and how wide it is there."""

    def log_prob(self, angle: tf.Tensor) -> tf.Tensor:
        """Returns the log-density on the sphere at an angle, `[..., B]`, in nats."""
        return self.log_kernel(angle, self.concentration) - self.log_normaliser()

    def log_normaliser(self) -> tf.Tensor:
        """Returns the logarithm of the integral of g over the sphere, `[B]`."""
        return self._log_integral(self.low, self.high) + log_area(self.size - 1)

    def expectation(self, function: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
        """Returns the mean of a function of the angle, `[B]`."""
        angle, log_mass = self._log_masses(self.low, self.high)
        return tf.reduce_sum(tf.nn.softmax(log_mass, axis=-1) * function(angle), axis=-1)

    def rate(self) -> tf.Tensor:
        """Returns the divergence from the uniform distribution on the sphere, `[B]`, in nats."""
        concentration = self.concentration[..., None]
        kernel = self.expectation(lambda angle: self.log_kernel(angle, concentration))
        return kernel - self.log_normaliser() + log_area(self.size)

    def quantile(self, share: tf.Tensor) -> tf.Tensor:
        """Returns the angle below which lies a share of the probability, `[..., B]`.

        By Newton's method on the logarithm of the smaller tail. Its gradient with respect to the
        concentration is that of the implicit function, exact whatever the steps left over.
        """
        total = self._log_integral(self.low, self.high)
        lower = share < 0.5
        log_tail = tf.math.log(tf.where(lower, share, 1.0 - share))
        sign = tf.where(lower, tf.ones_like(share), -tf.ones_like(share))

        def step(angle: tf.Tensor) -> tf.Tensor:
            start, stop = tf.where(lower, self.low, angle), tf.where(lower, angle, self.high)
            log_found = self._log_integral(start, stop) - total
            log_density = self._log_density(angle, self.concentration) - total
            slope = tf.stop_gradient(tf.exp(log_found - log_density))
            return angle - sign * slope * (log_found - log_tail)

        nodes, log_mass = self._log_masses(self.low, self.high)
        angle = _interpolate(nodes, tf.nn.softmax(tf.stop_gradient(log_mass), axis=-1), share)
        for _ in range(NEWTON_STEPS):
            # Not to the very ends, where no step would lead back.
            angle = tf.clip_by_value(tf.stop_gradient(step(angle)), nodes[..., 0], nodes[..., -1])
        return step(angle)

    def _log_density(self, angle: tf.Tensor, concentration: tf.Tensor) -> tf.Tensor:
        kernel = self.log_kernel(angle, concentration)
        # The sine is zero at an end of the interval, where 0 log 0 is 0.
        return kernel if self.size == 2 else kernel + (self.size - 2) * tf.math.log(tf.sin(angle))

    def _log_masses(self, low: tf.Tensor, high: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        dtype = self.concentration.dtype
        # Where the nodes are changes no integral, so no gradient passes through them.
        low, length = tf.stop_gradient(low)[..., None], tf.stop_gradient(high - low)[..., None]
        angle = tf.minimum(low + length * tf.constant(PLACES, dtype), low + length)
        log_density = self._log_density(angle, self.concentration[..., None])
        return angle, log_density + tf.constant(LOG_WEIGHTS, dtype) + tf.math.log(length)

    def _log_integral(self, low: tf.Tensor, high: tf.Tensor) -> tf.Tensor:
        return tf.reduce_logsumexp(self._log_masses(low, high)[1], axis=-1)


class VonMisesFisherAngle(Polar):
    r"""$g = \exp(\kappa (\cos\theta - 1))$."""

    def log_kernel(self, angle: tf.Tensor, concentration: tf.Tensor) -> tf.Tensor:
        # The difference of the cosine from 1 has no digits left where it is small.
        return -2.0 * concentration * tf.square(tf.sin(0.5 * angle))

    def mode_and_width(self, concentration: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        power = self.size - 2
        root = tf.sqrt(float(power**2) + 4.0 * tf.square(concentration))
        cosine = 2.0 * concentration / (power + root)
        # 1 - cosine, by the same quadratic equation.
        both = root + 2.0 * concentration
        rest = power * (both + power) / (both * (power + root))
        sine_squared = rest * (1.0 + cosine)
        mode = 2.0 * _arcsine(tf.sqrt(0.5 * rest))
        bent = power / sine_squared if power else 0.0
        return mode, tf.math.rsqrt(concentration * cosine + bent)


class PowerSphericalAngle(Polar):
    r"""$g = (\tfrac12 (1 + \cos\theta))^\kappa$."""

    def log_kernel(self, angle: tf.Tensor, concentration: tf.Tensor) -> tf.Tensor:
        # The cosine has no digits left where it is next to 1: cos^-2 = 1 + tan^2.
        return -concentration * log_1_plus(tf.square(tf.sin(0.5 * angle) / tf.cos(0.5 * angle)))

    def mode_and_width(self, concentration: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        power = self.size - 2
        tangent_squared = power / (2.0 * concentration + power)
        mode = 2.0 * _arcsine(tf.sqrt(tangent_squared / (1.0 + tangent_squared)))
        sine_squared = 4.0 * tangent_squared / tf.square(1.0 + tangent_squared)
        bent = power / sine_squared if power else 0.0
        return mode, tf.math.rsqrt(0.5 * concentration * (1.0 + tangent_squared) + bent)


def _interpolate(nodes: tf.Tensor, mass: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
    """Returns where among nodes `[B, N]` of that mass a share `[..., B]` is reached."""
    # Summed from its own end each, a small tail keeps its digits; the upper one counts down to 0.
    lower = (share < 0.5)[..., None]
    below = tf.cumsum(mass, axis=-1) - 0.5 * mass
    above = tf.cumsum(mass, axis=-1, reverse=True) - 0.5 * mass
    tail = tf.where(lower, below, -above)
    wanted = tf.where(lower, share[..., None], share[..., None] - 1.0)
    reached = tail < wanted

    def around(values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        first, last = values[..., :1], values[..., -1:]
        before = tf.reduce_max(tf.where(reached, values, first), axis=-1)
        return before, tf.reduce_min(tf.where(reached, last, values), axis=-1)

    (low, high), (start, stop) = around(nodes), around(tail)
    fraction = tf.math.divide_no_nan(wanted[..., 0] - start, stop - start)
    return low + (high - low) * tf.clip_by_value(fraction, 0.0, 1.0)


def _pi_from_below(dtype: tf.DType) -> float:
    """Returns the largest number of a type below pi, where the sine is not negative yet."""
    pi = np.asarray(np.pi, dtype.as_numpy_dtype)
    return float(pi if float(pi) < math.pi else np.nextafter(pi, pi.dtype.type(0.0)))


def _arcsine(x: tf.Tensor) -> tf.Tensor:
    """Returns the arcsine up to sqrt(1/2), to three digits: enough to place nodes around a mode."""
    return x * (1.0 + tf.square(x) * (1.0 / 6.0 + tf.square(x) * (0.075 + 0.09 * tf.square(x))))
