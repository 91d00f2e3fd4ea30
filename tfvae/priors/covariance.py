"""Covariances of a mixture's components: one each, with or without correlations, or one for all."""

import math
from typing import Any, Self

import numpy as np
import tensorflow as tf

from tfvae import probability as tfp


class Covariance:
    r"""The covariances of K Gaussians in D dimensions, made anew from the tensors of their weights.

    Each is held by the inverse A of its Cholesky factor, $\Sigma^{-1} = A^\top A$: lower
    triangular with the diagonal exp(-log_scale), so that no density needs a triangular solve.

    Args:
        log_scale: minus the logarithm of A's diagonal, `[K, D]`, or `[D]` if they share it.
        shear: what lies below the diagonal of A, relative to it: `[K, D, D]` or `[D, D]`.
    """

    def __init__(self, log_scale: tf.Tensor, shear: tf.Tensor | None = None) -> None:
        self.log_scale, self.shear = log_scale, shear

    @staticmethod
    def shapes(components: int, size: int) -> dict[str, tuple[int, ...]]:
        """Returns the shapes of the weights, by name."""
        raise NotImplementedError

    def cast(self, dtype: Any) -> Self:
        """Returns the same in another floating type."""
        shear = None if self.shear is None else tf.cast(self.shear, dtype)
        return type(self)(tf.cast(self.log_scale, dtype), shear)

    @property
    def log_volume(self) -> tf.Tensor:
        """Half the logarithm of the determinant, `[K]` or `[]`."""
        return tf.reduce_sum(self.log_scale, axis=-1)

    def quadratic(self, z: tf.Tensor, loc: tf.Tensor) -> tf.Tensor:
        """Returns |A (z - loc)|^2 for z `[N, D]` and loc `[K, D]`, `[N, K]`, by matrix products."""
        raise NotImplementedError

    def whiten(self, differences: tf.Tensor) -> tf.Tensor:
        """Returns A (z - loc) for differences `[..., K, D]`."""
        raise NotImplementedError

    def whitening(self) -> tf.Tensor:
        """Returns A, `[K, D, D]` or `[D, D]`."""
        raise NotImplementedError

    def spread(self, noise: tf.Tensor, component: tf.Tensor) -> tf.Tensor:
        """Returns standard normal noise `[..., D]` with the covariance of components `[...]`."""
        raise NotImplementedError

    def distribution(self, loc: tf.Tensor) -> Any:
        """Returns the Gaussians around loc `[K, D]` as one `tfd.Distribution`, batch `[K]`."""
        raise NotImplementedError


class Diagonal(Covariance):
    """A diagonal covariance for each component."""

    @staticmethod
    def shapes(components: int, size: int) -> dict[str, tuple[int, ...]]:
        return {"log_scale": (components, size)}

    def quadratic(self, z: tf.Tensor, loc: tf.Tensor) -> tf.Tensor:
        precision = tf.exp(-2.0 * self.log_scale)
        features = tf.concat([tf.square(z), z], axis=-1)
        weights = tf.concat([precision, -2.0 * precision * loc], axis=-1)
        offset = tf.reduce_sum(precision * tf.square(loc), axis=-1)
        return tf.matmul(features, weights, transpose_b=True) + offset

    def whiten(self, differences: tf.Tensor) -> tf.Tensor:
        return differences * tf.exp(-self.log_scale)

    def whitening(self) -> tf.Tensor:
        return tf.linalg.diag(tf.exp(-self.log_scale))

    def spread(self, noise: tf.Tensor, component: tf.Tensor) -> tf.Tensor:
        # By the table that `whiten` multiplies by: an artefact then holds it once for both.
        return noise / tf.gather(tf.exp(-self.log_scale), component)

    def distribution(self, loc: tf.Tensor) -> Any:
        return tfp.distributions.MultivariateNormalDiag(loc, tf.exp(self.log_scale))


class _Correlated(Covariance):
    """What the full ones have in common: the triangle A, and its inverse."""

    def whitening(self) -> tf.Tensor:
        size = self.log_scale.shape[-1]
        below = tf.constant(np.tril(np.ones([size, size]), -1), self.log_scale.dtype)
        unit = self.shear * below + _identity_like(self.log_scale)
        return tf.exp(-self.log_scale)[..., None] * unit

    def scale_tril(self) -> tf.Tensor:
        """Returns the Cholesky factor, the inverse of A."""
        # A = diag(1/scale) (I + N) with N strictly lower triangular.
        scale = tf.exp(self.log_scale)
        strictly_lower = scale[..., None] * self.whitening() - _identity_like(scale)
        return _inverse_of_unit_triangle(strictly_lower) * scale[..., None, :]

    def distribution(self, loc: tf.Tensor) -> Any:
        return tfp.distributions.MultivariateNormalTriL(loc, self.scale_tril())


class Full(_Correlated):
    """A full covariance for each component."""

    @classmethod
    def of(cls, scale_tril: tf.Tensor) -> "Full":
        """Returns the covariances with these Cholesky factors, `[K, D, D]`."""
        identity = _identity_like(scale_tril)
        scale = tf.reduce_sum(scale_tril * identity, axis=-1)
        strictly_lower = scale_tril / scale[..., None, :] - identity
        return cls(tf.math.log(scale), _inverse_of_unit_triangle(strictly_lower) - identity)

    @staticmethod
    def shapes(components: int, size: int) -> dict[str, tuple[int, ...]]:
        return {"log_scale": (components, size), "shear": (components, size, size)}

    def quadratic(self, z: tf.Tensor, loc: tf.Tensor) -> tf.Tensor:
        components, size = loc.shape
        whitening = self.whitening()
        stacked = tf.reshape(whitening, (components * size, size))
        whitened = tf.reshape(tf.matmul(z, stacked, transpose_b=True), (-1, components, size))
        whitened -= tf.linalg.matvec(whitening, loc)
        return tf.reduce_sum(tf.square(whitened), axis=-1)

    def whiten(self, differences: tf.Tensor) -> tf.Tensor:
        return tf.linalg.matvec(self.whitening(), differences)

    def spread(self, noise: tf.Tensor, component: tf.Tensor) -> tf.Tensor:
        return tf.linalg.matvec(tf.gather(self.scale_tril(), component), noise)


class Shared(_Correlated):
    """One full covariance for all components."""

    @staticmethod
    def shapes(components: int, size: int) -> dict[str, tuple[int, ...]]:
        return {"log_scale": (size,), "shear": (size, size)}

    def quadratic(self, z: tf.Tensor, loc: tf.Tensor) -> tf.Tensor:
        # Whitened once for all of them, z is as far from each location as unit spheres have it.
        z, loc = self.whiten(z), self.whiten(loc)
        squares = tf.reduce_sum(tf.square(z), axis=-1, keepdims=True)
        offset = tf.reduce_sum(tf.square(loc), axis=-1)
        return squares - 2.0 * tf.matmul(z, loc, transpose_b=True) + offset

    def whiten(self, differences: tf.Tensor) -> tf.Tensor:
        return tf.matmul(differences, self.whitening(), transpose_b=True)

    def spread(self, noise: tf.Tensor, component: tf.Tensor) -> tf.Tensor:
        return tf.linalg.matvec(self.scale_tril(), noise)


def _identity_like(values: tf.Tensor) -> tf.Tensor:
    return tf.eye(values.shape[-1], dtype=values.dtype)


def _inverse_of_unit_triangle(strictly_lower: tf.Tensor) -> tf.Tensor:
    """Returns (I + N)^-1 for N `[..., D, D]`, strictly lower triangular."""
    # N is nilpotent, so that (I + N)^-1 = (I - N)(I + N^2)(I + N^4)... ends: products alone, which
    # LiteRT has, where it has no triangular solve.
    size = strictly_lower.shape[-1]
    identity = _identity_like(strictly_lower)
    power = -strictly_lower
    inverse = identity + power
    for _ in range(math.ceil(math.log2(size)) - 1 if size > 1 else 0):
        power = tf.matmul(power, power)
        inverse = tf.matmul(inverse, identity + power)
    return inverse


KINDS: dict[str, type[Covariance]] = {"diagonal": Diagonal, "full": Full, "shared": Shared}
