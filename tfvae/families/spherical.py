"""Families on the unit sphere: the posteriors of hyperspherical models."""

from typing import Any

import tensorflow as tf

from tfvae.families.family import Family, Parameters, Projection
from tfvae.families.gaussian import positive
from tfvae.families.polar import Polar, PowerSphericalAngle, VonMisesFisherAngle
from tfvae.part import positive_integer, registered
from tfvae.random import Noise

# Where the head of the direction gives nothing at all, the direction is the first axis.
SMALLEST_DIRECTION = 1e-6


class _Spherical(Family):
    """What the two share: a direction, a concentration, and an angle between draw and direction."""

    support = "unit sphere"
    angle: type[Polar]

    def __init__(self, latent_size: int, **kwargs: Any) -> None:
        size = positive_integer(latent_size, "latent_size")
        if size < 2:
            raise ValueError(
                "`latent_size` is the dimension of the space around the sphere and must be at "
                "least 2: the sphere of dimension 0, two points, has no directions to learn."
            )
        super().__init__((size,), **kwargs)
        self.latent_size = size

    def heads(self) -> dict[str, Projection]:
        return {
            "mean_direction": Projection(self.event_shape, name="mean_direction"),
            "concentration": Projection((1,), name="concentration"),
        }

    def parameters(self, projected: Parameters) -> Parameters:
        raw = projected["mean_direction"]
        first = tf.one_hot(0, self.latent_size, SMALLEST_DIRECTION, 0.0, dtype=raw.dtype)
        return {
            "mean_direction": _normalised(raw + first),
            "concentration": positive(projected["concentration"])[..., 0],
        }

    def noise(self) -> dict[str, Noise]:
        """States the noise that one draw needs: one number for the angle, the rest for the turn."""
        return {"angle": Noise("uniform", ()), "turn": Noise("normal", self.event_shape)}

    def reparametrise(
        self, parameters: Parameters, noise: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns z on the unit sphere, `[..., d]`, and its log-density `[...]` in nats."""
        direction, concentration = parameters["mean_direction"], parameters["concentration"]
        polar = self.angle(concentration, self.latent_size)
        angle = polar.quantile(noise["angle"])
        # What is left of a standard normal beside the direction points anywhere around it alike.
        # Where that is little, it is rounding error in part, which a second time takes away.
        turn = _beside(_beside(noise["turn"], direction), direction)
        z = tf.cos(angle)[..., None] * direction + tf.sin(angle)[..., None] * turn
        return z, polar.log_prob(angle)

    def point(self, parameters: Parameters) -> tf.Tensor:
        return parameters["mean_direction"]


@registered()
class VonMisesFisher(_Spherical):
    r"""The normal distribution's counterpart on the unit sphere.

    $$q(z) \propto \exp(\kappa\, m^\top z), \qquad |z| = |m| = 1$$

    A draw is the quantile of a uniform number, for the angle to the mean direction m, turned around
    m by normal noise: no rejection, and exact gradients. The normaliser is an integral by
    quadrature, for any dimension, to 1e-6 of its value in float32 (tried from 2 to 128 dimensions
    with concentrations from 1e-3 to 1e4). The concentration is 1 where its head gives 0.

    Args:
        latent_size: dimension d of the space around the sphere, at least 2.

    Raises:
        ValueError: if `latent_size` is not a whole number of at least 2.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> family = tfvae.families.VonMisesFisher(3)
        >>> parameters = family(tf.ones([5, 8]))
        >>> tf.norm(parameters["mean_direction"], axis=-1).numpy().round(5)
        array([1., 1., 1., 1., 1.], dtype=float32)

    Reference:
        Davidson et al. 2018, arXiv:1804.00891, section 3. They draw the angle by rejection (Ulrich
        1984, Wood 1994) and correct its gradient; we invert its distribution function.
    """

    angle = VonMisesFisherAngle

    def __init__(self, latent_size: int, **kwargs: Any) -> None:
        super().__init__(latent_size, **kwargs)

    def distribution(self, parameters: Parameters) -> Any:
        from tfvae.families.spherical_distributions import VonMisesFisherDistribution

        return VonMisesFisherDistribution(parameters["mean_direction"], parameters["concentration"])


@registered()
class PowerSpherical(_Spherical):
    r"""A power on the unit sphere, with lighter tails than von Mises-Fisher's of the same width.

    $$q(z) \propto (1 + m^\top z)^\kappa, \qquad |z| = |m| = 1$$

    Drawn and normalised as `VonMisesFisher` is.

    Args:
        latent_size: dimension d of the space around the sphere, at least 2.

    Raises:
        ValueError: if `latent_size` is not a whole number of at least 2.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> family = tfvae.families.PowerSpherical(3)
        >>> family.distribution(family(tf.ones([5, 8]))).event_shape
        TensorShape([3])

    Reference:
        De Cao and Aziz 2020, arXiv:2006.04437. They draw the angle by a beta distribution, and
        normalise by gamma functions; ours are by quadrature, since LiteRT has neither, and float32
        loses the divergence where the concentration is large.
    """

    angle = PowerSphericalAngle

    def __init__(self, latent_size: int, **kwargs: Any) -> None:
        super().__init__(latent_size, **kwargs)

    def distribution(self, parameters: Parameters) -> Any:
        from tfvae.families.spherical_distributions import PowerSphericalDistribution

        return PowerSphericalDistribution(parameters["mean_direction"], parameters["concentration"])


def _beside(vectors: tf.Tensor, direction: tf.Tensor) -> tf.Tensor:
    along = tf.reduce_sum(vectors * direction, axis=-1, keepdims=True)
    return _normalised(vectors - along * direction)


def _normalised(vectors: tf.Tensor) -> tf.Tensor:
    square = tf.reduce_sum(tf.square(vectors), axis=-1, keepdims=True)
    return vectors * tf.math.rsqrt(tf.maximum(square, 1e-24))
