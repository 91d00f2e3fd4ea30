"""Multivariate Gaussians with diagonal and with full covariance: the usual posteriors."""

import math
from typing import Any

import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.family import Family, Parameters, Projection
from tfvae.part import positive_integer, registered
from tfvae.random import Noise
from tfvae.special import softplus

# Keeps the density finite where a network drives a scale to zero: far below any scale in use.
SMALLEST_SCALE = 1e-6
# softplus(x + SOFTPLUS_ONE) is 1 at x = 0: a head at its start gives scales of one.
SOFTPLUS_ONE = math.log(math.e - 1.0)


def positive(raw: tf.Tensor) -> tf.Tensor:
    """Maps any real number to a scale: softplus, shifted so that 0 becomes 1."""
    return softplus(raw + SOFTPLUS_ONE) + SMALLEST_SCALE


def standard_normal_log_prob(noise: tf.Tensor) -> tf.Tensor:
    """Returns log N(noise; 0, I), summed over the last axis, in nats."""
    size = noise.shape[-1]
    return -0.5 * (tf.reduce_sum(tf.square(noise), axis=-1) + size * math.log(2.0 * math.pi))


class _Gaussian(Family):
    """What the two share: a vector event, standard normal noise, the mean as the point."""

    def __init__(self, latent_size: int, **kwargs: Any) -> None:
        super().__init__((positive_integer(latent_size, "latent_size"),), **kwargs)
        self.latent_size = self.event_shape[0]

    def noise(self) -> dict[str, Noise]:
        """States the noise that one draw needs."""
        return {"z": Noise("normal", self.event_shape)}

    def mean(self, parameters: Parameters) -> tf.Tensor:
        return parameters["loc"]


@registered()
class DiagonalNormal(_Gaussian):
    r"""A Gaussian with independent coordinates.

    $$q(z) = \prod_d \mathcal N(z_d;\ loc_d,\ scale_d^2)$$

    Location and scale have a dense head each, so that each keeps its own range when quantised.
    The scale is a softplus, 1 where its head gives 0.

    Args:
        latent_size: number of coordinates, at least 1.

    Raises:
        ValueError: if `latent_size` is not a whole number above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> family = tfvae.families.DiagonalNormal(2)
        >>> parameters = family(tf.zeros([3, 8]))
        >>> family.distribution(parameters).event_shape
        TensorShape([2])

    Reference:
        Kingma and Welling 2013, arXiv:1312.6114, section 3.
    """

    def __init__(self, latent_size: int, **kwargs: Any) -> None:
        super().__init__(latent_size, **kwargs)

    def heads(self) -> dict[str, Projection]:
        return {name: Projection(self.event_shape, name=name) for name in ("loc", "scale")}

    def parameters(self, projected: Parameters) -> Parameters:
        return {"loc": projected["loc"], "scale": positive(projected["scale"])}

    def distribution(self, parameters: Parameters) -> Any:
        return tfp.distributions.MultivariateNormalDiag(parameters["loc"], parameters["scale"])

    def reparametrise(
        self, parameters: Parameters, noise: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns z = loc + scale * noise, `[..., D]`, and its log-density `[...]` in nats."""
        z = parameters["loc"] + parameters["scale"] * noise["z"]
        log_volume = tf.reduce_sum(tf.math.log(parameters["scale"]), axis=-1)
        return z, standard_normal_log_prob(noise["z"]) - log_volume


@registered()
class FullNormal(_Gaussian):
    r"""A Gaussian with a full covariance, by its Cholesky factor.

    $$q(z) = \mathcal N(z;\ loc,\ L L^\top)$$

    The diagonal of L is a softplus, the rest of its lower triangle is free.

    Args:
        latent_size: number of coordinates D, at least 1; the head of L has D (D + 1) / 2 outputs.

    Raises:
        ValueError: if `latent_size` is not a whole number above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> family = tfvae.families.FullNormal(2)
        >>> family(tf.zeros([3, 8]))["scale_tril"].shape
        TensorShape([3, 2, 2])

    Reference:
        Kingma and Welling 2019, arXiv:1906.02691, section 2.5.1.
    """

    def __init__(self, latent_size: int, **kwargs: Any) -> None:
        super().__init__(latent_size, **kwargs)

    def heads(self) -> dict[str, Projection]:
        heads = {name: Projection(self.event_shape, name=name) for name in ("loc", "scale")}
        if self.latent_size > 1:
            below = self.latent_size * (self.latent_size - 1) // 2
            heads["off_diagonal"] = Projection((below,), name="off_diagonal")
        return heads

    def parameters(self, projected: Parameters) -> Parameters:
        scale_tril = tf.linalg.diag(positive(projected["scale"]))
        if self.latent_size > 1:
            scale_tril += self._strictly_lower(projected["off_diagonal"])
        return {"loc": projected["loc"], "scale_tril": scale_tril}

    def _strictly_lower(self, packed: tf.Tensor) -> tf.Tensor:
        # A gather from a padded vector: unlike `fill_triangular`, it exists in LiteRT.
        size, zero = self.latent_size, self.latent_size * (self.latent_size - 1) // 2
        index = [
            [row * (row - 1) // 2 + column if column < row else zero for column in range(size)]
            for row in range(size)
        ]
        return tf.gather(tf.pad(packed, [[0, 0], [0, 1]]), index, axis=-1)

    def distribution(self, parameters: Parameters) -> Any:
        return tfp.distributions.MultivariateNormalTriL(parameters["loc"], parameters["scale_tril"])

    def reparametrise(
        self, parameters: Parameters, noise: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns z = loc + L noise, `[..., D]`, and its log-density `[...]` in nats."""
        scale_tril = parameters["scale_tril"]
        z = parameters["loc"] + tf.linalg.matvec(scale_tril, noise["z"])
        # `diag_part` has no LiteRT counterpart.
        diagonal = tf.reduce_sum(scale_tril * tf.eye(self.latent_size, dtype=z.dtype), axis=-1)
        log_volume = tf.reduce_sum(tf.math.log(diagonal), axis=-1)
        return z, standard_normal_log_prob(noise["z"]) - log_volume
