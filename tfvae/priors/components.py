"""What every mixture of known components is: weights, a choice among them, and their use."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import keras
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.part import positive_integer
from tfvae.priors.prior import Prior
from tfvae.priors.usage import ComponentUsage
from tfvae.random import Noise


class Components(Protocol):
    """The distributions p(z given k) of a mixture, side by side, made anew from tensors."""

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log p(z given k) in nats, `[..., K]`."""

    def exact_log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns the same, slower if need be, but rounded no more than its result is."""

    def lean_log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns the same; as a graph, it stores no table but those of `exact_log_prob`."""

    def distribution(self) -> Any:
        """Returns them as one `tfd.Distribution`, batch `[K]`."""


class MixtureDensity:
    """A mixture at the present weights: whatever is asked of it, its components are made once.

    Args:
        log_weights: `[K]`.
        components: K distributions.
        lean: whether densities shall read no tables but those that responsibilities do.
    """

    def __init__(self, log_weights: tf.Tensor, components: Components, lean: bool = False) -> None:
        self.log_weights, self.components = log_weights, components
        self.lean = lean

    def component_log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log p(k, z), in nats, `[..., K]`."""
        density = self.components.lean_log_prob if self.lean else self.components.log_prob
        return self.log_weights + density(z)

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log p(z), in nats, `[...]`."""
        return tf.reduce_logsumexp(self.component_log_prob(z), axis=-1)

    def responsibilities(self, z: tf.Tensor) -> tf.Tensor:
        """Returns p(k given z), `[..., K]`."""
        # Where components compete, the rounding of products would show, and differ between
        # backends.
        return tf.nn.softmax(self.log_weights + self.components.exact_log_prob(z), axis=-1)

    def distribution(self) -> Any:
        """Returns p(z) as a `tfd.Distribution`."""
        from tfvae.priors.mixture_distribution import MixtureDistribution

        return MixtureDistribution(
            tfp.distributions.Categorical(logits=self.log_weights),
            self.components.distribution(),
            self,
        )


class Mixture(Prior):
    r"""A prior with K components, its weights a softmax of logits.

    $$p(z) = \sum_k w_k\, p(z\,|\,k)$$

    Args:
        num_components: K.

    Raises:
        ValueError: if it is not a whole number above zero.
    """

    num_components: int

    def __init__(self, num_components: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_components = positive_integer(num_components, "num_components")
        self._shared: MixtureDensity | None = None
        self._lean = False

    def made_components(self) -> Components:
        """Returns p(z given k) for all k, made from the present weights."""
        raise TypeError(f"{type(self).__name__} must define `made_components`.")

    def evaluated(self) -> MixtureDensity:
        if self._shared is not None:
            return self._shared
        return MixtureDensity(self.log_weights(), self.made_components(), self._lean)

    @contextmanager
    def evaluated_once(self) -> Iterator[None]:
        self._shared = self.evaluated()
        try:
            yield
        finally:
            self._shared = None

    def as_constants(self) -> AbstractContextManager[None]:
        return AsConstants(self)

    def log_weights(self) -> tf.Tensor:
        """Returns log w, `[K]`."""
        return tf.nn.log_softmax(tf.convert_to_tensor(self.logits))

    def component_log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log p(k, z) = log w_k + log p(z given k), in nats, `[..., K]`."""
        return self.evaluated().component_log_prob(z)

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        return self.evaluated().log_prob(z)

    def responsibilities(self, z: tf.Tensor) -> tf.Tensor:
        """Returns p(k given z), `[..., K]`."""
        return self.evaluated().responsibilities(z)

    def distribution(self) -> Any:
        return self.evaluated().distribution()

    def components(self) -> Any:
        """Returns p(z given k) of all components as one `tfd.Distribution`, batch `[K]`."""
        return self.made_components().distribution()

    def noise(self) -> dict[str, Noise]:
        return {"component": Noise("uniform", ()), **super().noise()}

    def usage_metrics(self) -> list[keras.metrics.Metric]:
        return [ComponentUsage(self.num_components)]

    def weight(self, name: str, shape: tuple[int, ...], initializer: Any, trainable: bool) -> Any:
        """Adds a weight in the type of densities, whatever the networks compute in."""
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            trainable=trainable,
            dtype=self.density_dtype,
            autocast=False,
        )

    def _choose(self, uniform: tf.Tensor) -> tf.Tensor:
        """Returns components drawn by the weights from uniform numbers, int32 of their shape."""
        # The inverse of the cumulative weights: how many of them the uniform number exceeds.
        reached = self._thresholds() < uniform[..., None]
        return tf.reduce_sum(tf.cast(reached, tf.int32), axis=-1)

    def _thresholds(self) -> tf.Tensor:
        # Float32 sums differ between backends in their last bit, and a uniform number between two
        # of them would choose another component.  Float64 sums round to one and the same multiple
        # of 2^-23, and seeded uniforms lie halfway between those.
        weights = tf.nn.softmax(tf.cast(tf.convert_to_tensor(self.logits), tf.float64))
        thresholds = tf.round(tf.cumsum(weights)[:-1] * 2.0**23) * 2.0**-23
        return tf.cast(thresholds, self.density_dtype)


class AsConstants(AbstractContextManager[None]):
    """Within it, densities of a mixture read no tables but those that its responsibilities do."""

    def __init__(self, prior: Mixture) -> None:
        self.prior = prior

    def __enter__(self) -> None:
        self.prior._lean = True

    def __exit__(self, *exception: object) -> None:
        self.prior._lean = False
