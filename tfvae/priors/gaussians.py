"""Gaussians side by side, their densities written as matrix products."""

import math
from typing import Any

import tensorflow as tf

from tfvae import probability as tfp
from tfvae.priors.covariance import Covariance, Diagonal, Full


class Gaussians:
    """K Gaussians in D dimensions, made anew from tensors.

    Args:
        loc: `[K, D]`.
        covariance: theirs.
    """

    def __init__(self, loc: tf.Tensor, covariance: Covariance) -> None:
        self.loc, self.covariance = loc, covariance

    @classmethod
    def of(cls, distribution: Any) -> "Gaussians | None":
        """Returns a Gaussian `tfd.Distribution` of batch `[K]` as these; None for any other."""
        if isinstance(distribution, tfp.distributions.MultivariateNormalDiag):
            scale = distribution.stddev()
            return cls(distribution.mean(), Diagonal(tf.math.log(scale)))
        if isinstance(distribution, tfp.distributions.MultivariateNormalTriL):
            # As it was given: the operator that TFP makes of it has no LiteRT counterpart.
            scale_tril = tf.convert_to_tensor(distribution.parameters["scale_tril"])
            return cls(distribution.mean(), Full.of(scale_tril))
        return None

    def cast(self, dtype: Any) -> "Gaussians":
        """Returns the same, computed in another floating type."""
        return Gaussians(tf.cast(self.loc, dtype), self.covariance.cast(dtype))

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log N(z; loc_k, S_k) in nats, `[..., K]` for z of shape `[..., D]`."""
        components, size = self.loc.shape
        # A common shift keeps the terms of the expanded square small; it has no gradient.
        centre = tf.stop_gradient(tf.reduce_mean(self.loc, axis=0))
        # All leading axes in one: one product, whatever the number of samples.
        centred = tf.reshape(z - centre, (-1, size))
        density = self._normalised(self.covariance.quadratic(centred, self.loc - centre))
        return tf.reshape(density, tf.concat([tf.shape(z)[:-1], [components]], axis=0))

    def exact_log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns the same without the rounding of products: slower, by way of `[..., K, D]`."""
        whitened = self.covariance.whiten(z[..., None, :] - self.loc)
        return self._normalised(tf.reduce_sum(tf.square(whitened), axis=-1))

    def lean_log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns the same; as a graph, it stores no table but those of `exact_log_prob`."""
        if not isinstance(self.covariance, Diagonal):
            return self.log_prob(z)
        if z.shape.is_fully_defined():
            return self.exact_log_prob(z)
        # A converter computes at once what depends on constants alone, and would store a table for
        # the product beside those that it is made of. It cannot know that these rows are all.
        rows = tf.range(self.loc.shape[0]) + tf.minimum(tf.size(z), 0)
        inverse_scale = tf.gather(tf.exp(-self.covariance.log_scale), rows)
        remade = Diagonal(-tf.math.log(inverse_scale))
        return Gaussians(tf.gather(self.loc, rows), remade).log_prob(z)

    def log_prob_each(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log N(z_k; loc_k, S_k) with an own z for each k, or one for all, in nats.

        Args:
            z: `[K or 1, S, B, D]`.

        Returns:
            `[K, S, B]`.
        """
        whitened = self.covariance.whiten(tf.transpose(z, (1, 2, 0, 3)) - self.loc)
        density = self._normalised(tf.reduce_sum(tf.square(whitened), axis=-1))
        return tf.transpose(density, (2, 0, 1))

    def _normalised(self, quadratic: tf.Tensor) -> tf.Tensor:
        constant = 0.5 * self.loc.shape[-1] * math.log(2.0 * math.pi)
        return -0.5 * quadratic - self.covariance.log_volume - constant

    def draw(self, noise: tf.Tensor, component: tf.Tensor) -> tf.Tensor:
        """Returns what standard normal noise `[..., D]` makes of components `[...]`."""
        return tf.gather(self.loc, component) + self.covariance.spread(noise, component)

    def distribution(self) -> Any:
        """Returns them as one `tfd.Distribution`, batch `[K]`."""
        return self.covariance.distribution(self.loc)
