"""A mixture of Gaussians as the prior, its density written as matrix products."""

import math
import random as python_random
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.part import positive_integer, registered
from tfvae.priors.mixture_start import fit_start
from tfvae.priors.prior import Prior
from tfvae.priors.usage import ComponentUsage
from tfvae.random import Noise

LEARNABLE = ("weights", "loc", "scale")


@registered()
class MixtureOfGaussians(Prior):
    r"""A mixture of Gaussians with learned weights, locations and scales.

    $$p(z) = \sum_k w_k\, \mathcal N(z;\ loc_k,\ \Sigma_k)$$

    Weights are a softmax of logits. With diagonal covariance the scales are exponentials of
    `log_scale`; with full covariance the component holds the inverse A of its Cholesky factor
    (lower triangular, positive diagonal, $\Sigma^{-1} = A^\top A$), so that the density needs no
    triangular solve.

    At random, each location is drawn from N(0, `spread`^2 I), scales are 1 and weights equal.
    `vae.adapt(x)` starts the mixture from data instead: from clusters of the encoder's means.

    The density of a diagonal mixture is one product of [z^2, z] with the components' precisions,
    taken relative to the mean of the locations; its absolute error grows with the square of the
    largest distance between components in units of their scales: for 100 scales, about 1e-3 nat
    in float32.

    Args:
        num_components: number of components, K.
        covariance: `"diagonal"` or `"full"`.
        learned: which of `"weights"`, `"loc"` and `"scale"` are trained; the rest stay as they
            start (or as `adapt` leaves them).
        spread: standard deviation of the locations at a random start.
        start: what `adapt` fits: `"kmeans"` (locations, shares and spreads of the clusters) or
            `"mixture"` (scikit-learn's `GaussianMixture` of the same covariance).
        seed: seed of the random start; None takes Keras's global seed.
        restarts: how many such fits `adapt` makes, from beginnings of their own; the best is kept.

    Raises:
        ValueError: if an argument is none of the above.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> prior = tfvae.priors.MixtureOfGaussians(3, seed=0)
        >>> prior.build((None, 2))
        >>> prior.responsibilities(tf.zeros([4, 2])).shape
        TensorShape([4, 3])

    Reference:
        Jiang et al. 2017, arXiv:1611.05148, equation 3, for the density; trained here by the
        plain bound, as in Tomczak and Welling 2017, arXiv:1705.07120, section 2.
    """

    num_components: int

    def __init__(
        self,
        num_components: int,
        covariance: str = "diagonal",
        learned: Sequence[str] = LEARNABLE,
        spread: float = 1.0,
        start: str = "kmeans",
        seed: int | None = None,
        restarts: int = 4,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_components = positive_integer(num_components, "num_components")
        if covariance not in ("diagonal", "full"):
            raise ValueError(f"`covariance` must be 'diagonal' or 'full', but is {covariance!r}.")
        if isinstance(learned, str) or not set(learned) <= set(LEARNABLE):
            raise ValueError(f"`learned` must be some of {LEARNABLE}, but is {learned!r}.")
        if not (math.isfinite(spread) and spread >= 0.0):
            raise ValueError(f"`spread` must be a number of at least 0, but is {spread!r}.")
        if start not in ("kmeans", "mixture"):
            raise ValueError(f"`start` must be 'kmeans' or 'mixture', but is {start!r}.")
        self.covariance, self.learned, self.spread = covariance, tuple(learned), float(spread)
        self.start, self.seed = start, seed
        self.restarts = positive_integer(restarts, "restarts")

    def build(self, latent_shape: tuple[Any, ...]) -> None:
        super().build(latent_shape)
        if len(self.event_shape) != 1:
            raise ValueError(
                f"A mixture of Gaussians is over vectors, but the latents have shape "
                f"{self.event_shape}. Take a posterior whose event is a vector."
            )
        components, size = self.num_components, self.event_shape[0]
        self.logits = self._weight("logits", (components,), "zeros", "weights")
        location = keras.initializers.RandomNormal(0.0, self.spread, seed=self.seed)
        self.loc = self._weight("loc", (components, size), location, "loc")
        self.log_scale = self._weight("log_scale", (components, size), "zeros", "scale")
        if self.covariance == "full":
            # The diagonal of A is exp(-log_scale); this is what lies below it, relative to that.
            shape = (components, size, size)
            self.shear = self._weight("shear", shape, "zeros", "scale")

    def _weight(self, name: str, shape: tuple[int, ...], initializer: Any, kind: str) -> Any:
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            trainable=kind in self.learned,
            dtype=self.density_dtype,
            autocast=False,
        )

    def whitening(self) -> tf.Tensor:
        """Returns A, `[K, D, D]`, lower triangular: A (z - loc) is standard normal."""
        inverse_scale = tf.exp(-tf.convert_to_tensor(self.log_scale))
        if self.covariance == "diagonal":
            return tf.linalg.diag(inverse_scale)
        size = self.event_shape[0]
        below = tf.constant(np.tril(np.ones([size, size]), -1), self.density_dtype)
        return inverse_scale[:, :, None] * (
            tf.convert_to_tensor(self.shear) * below + tf.eye(size, dtype=self.density_dtype)
        )

    def log_weights(self) -> tf.Tensor:
        """Returns log w, `[K]`."""
        return tf.nn.log_softmax(tf.convert_to_tensor(self.logits))

    def component_log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log p(k, z) = log w_k + log N(z; loc_k, S_k), in nats, `[..., K]`."""
        loc = tf.convert_to_tensor(self.loc)
        size = self.event_shape[0]
        # A common shift keeps the terms of the expanded square small; it has no gradient.
        centre = tf.stop_gradient(tf.reduce_mean(loc, axis=0))
        # All leading axes in one: one product, whatever the number of samples.
        centred = tf.reshape(z - centre, (-1, size))
        quadratic = (
            self._diagonal_quadratic(centred, loc - centre)
            if self.covariance == "diagonal"
            else self._full_quadratic(centred, loc - centre)
        )
        log_volume = tf.reduce_sum(tf.convert_to_tensor(self.log_scale), axis=-1)
        constant = self.log_weights() - log_volume - 0.5 * size * math.log(2.0 * math.pi)
        joint = constant - 0.5 * quadratic
        leading = tf.shape(z)[:-1]
        return tf.reshape(joint, tf.concat([leading, [self.num_components]], axis=0))

    def _diagonal_quadratic(self, z: tf.Tensor, loc: tf.Tensor) -> tf.Tensor:
        precision = tf.exp(-2.0 * tf.convert_to_tensor(self.log_scale))
        features = tf.concat([tf.square(z), z], axis=-1)
        weights = tf.concat([precision, -2.0 * precision * loc], axis=-1)
        offset = tf.reduce_sum(precision * tf.square(loc), axis=-1)
        return tf.matmul(features, weights, transpose_b=True) + offset

    def _full_quadratic(self, z: tf.Tensor, loc: tf.Tensor) -> tf.Tensor:
        components, size = self.num_components, self.event_shape[0]
        whitening = self.whitening()
        stacked = tf.reshape(whitening, (components * size, size))
        whitened = tf.reshape(tf.matmul(z, stacked, transpose_b=True), (-1, components, size))
        whitened -= tf.linalg.matvec(whitening, loc)
        return tf.reduce_sum(tf.square(whitened), axis=-1)

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        return tf.reduce_logsumexp(self.component_log_prob(z), axis=-1)

    def responsibilities(self, z: tf.Tensor) -> tf.Tensor:
        """Returns p(k given z), `[..., K]`."""
        if self.covariance == "full":
            return tf.nn.softmax(self.component_log_prob(z), axis=-1)
        # Where components compete, the rounding of the products would show, and differ between
        # backends: here are the differences themselves, `[..., K, D]`, slower and exact.
        log_scale = tf.convert_to_tensor(self.log_scale)
        whitened = (z[..., None, :] - tf.convert_to_tensor(self.loc)) * tf.exp(-log_scale)
        distance = 0.5 * tf.reduce_sum(tf.square(whitened), axis=-1)
        log_volume = tf.reduce_sum(log_scale, axis=-1)
        return tf.nn.softmax(self.log_weights() - log_volume - distance, axis=-1)

    def distribution(self) -> Any:
        from tfvae.priors.mixture_distribution import MixtureDistribution

        return MixtureDistribution(
            tfp.distributions.Categorical(logits=self.log_weights()),
            self.components(),
            self.log_prob,
        )

    def components(self) -> Any:
        """Returns the Gaussians as one `tfd.Distribution`, batch `[K]`."""
        loc = tf.convert_to_tensor(self.loc)
        if self.covariance == "diagonal":
            scale = tf.exp(tf.convert_to_tensor(self.log_scale))
            return tfp.distributions.MultivariateNormalDiag(loc, scale)
        return tfp.distributions.MultivariateNormalTriL(loc, self._scale_tril())

    def _scale_tril(self) -> tf.Tensor:
        # A = diag(1/scale) (I + N) with N strictly lower triangular, hence nilpotent, so that
        # (I + N)^-1 = (I - N)(I + N^2)(I + N^4)... ends: products alone, which LiteRT has, where
        # it has no triangular solve.
        size = self.event_shape[0]
        scale = tf.exp(tf.convert_to_tensor(self.log_scale))
        identity = tf.eye(size, dtype=self.density_dtype)
        power = identity - scale[:, :, None] * self.whitening()
        inverse = identity + power
        for _ in range(math.ceil(math.log2(size)) - 1 if size > 1 else 0):
            power = tf.matmul(power, power)
            inverse = tf.matmul(inverse, identity + power)
        return inverse * scale[:, None, :]

    def noise(self) -> dict[str, Noise]:
        return {"component": Noise("uniform", ()), **super().noise()}

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        if component is None:
            # The inverse of the cumulative weights: how many of them the uniform number exceeds.
            reached = self._thresholds() < noise["component"][..., None]
            component = tf.reduce_sum(tf.cast(reached, tf.int32), axis=-1)
        loc = tf.gather(tf.convert_to_tensor(self.loc), component)
        if self.covariance == "diagonal":
            scale = tf.exp(tf.gather(tf.convert_to_tensor(self.log_scale), component))
            return loc + temperature * scale * noise["z"]
        scale_tril = tf.gather(self._scale_tril(), component)
        return loc + temperature * tf.linalg.matvec(scale_tril, noise["z"])

    def _thresholds(self) -> tf.Tensor:
        # Float32 sums differ between backends in their last bit, and a uniform number between two
        # of them would choose another component.  Float64 sums round to one and the same multiple
        # of 2^-23, and seeded uniforms lie halfway between those.
        weights = tf.nn.softmax(tf.cast(tf.convert_to_tensor(self.logits), tf.float64))
        thresholds = tf.round(tf.cumsum(weights)[:-1] * 2.0**23) * 2.0**-23
        return tf.cast(thresholds, self.density_dtype)

    def adapt(self, latents: np.ndarray) -> None:
        """Starts the mixture from the clusters of latents `[N, D]`; frozen parts start there too.

        Raises:
            ValueError: if there are fewer latents than components.
        """
        # Keras's global seed sets this generator, so that it rules this start as it does the other.
        seed = python_random.randrange(2**31) if self.seed is None else self.seed
        start = fit_start(
            latents, self.num_components, self.covariance, self.start, seed, self.restarts
        )
        self.logits.assign(start.logits)
        self.loc.assign(start.loc)
        self.log_scale.assign(start.log_scale)
        if self.covariance == "full":
            self.shear.assign(start.shear)

    def usage_metrics(self) -> list[keras.metrics.Metric]:
        return [ComponentUsage(self.num_components)]
