"""A mixture of Gaussians as the prior, its density written as matrix products."""

import math
import random as python_random
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.part import positive_integer, registered
from tfvae.priors.components import Mixture
from tfvae.priors.covariance import KINDS, Covariance
from tfvae.priors.gaussians import Gaussians
from tfvae.priors.mixture_start import fit_start

LEARNABLE = ("weights", "loc", "scale")


@registered()
class MixtureOfGaussians(Mixture):
    r"""A mixture of Gaussians with learned weights, locations and scales.

    $$p(z) = \sum_k w_k\, \mathcal N(z;\ loc_k,\ \Sigma_k)$$

    Weights are a softmax of logits. With diagonal covariance the scales are exponentials of
    `log_scale`; with full covariance the component holds the inverse A of its Cholesky factor
    (lower triangular, positive diagonal, $\Sigma^{-1} = A^\top A$), so that the density needs no
    triangular solve; with a shared one, all components hold the same A, and borders between two
    of them are planes.

    At random, each location is drawn from N(0, `spread`^2 I), scales are 1 and weights equal.
    `vae.adapt(x)` starts the mixture from data instead: from clusters of draws from q.

    The density of a diagonal mixture is one product of [z^2, z] with the components' precisions,
    taken relative to the mean of the locations; its absolute error grows with the square of the
    largest distance between components in units of their scales: for 100 scales, about 1e-3 nat
    in float32.

    Args:
        num_components: number of components, K.
        covariance: `"diagonal"`, `"full"`, or `"shared"`: one full covariance for all components.
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
        Jiang et al. 2017, arXiv:1611.05148, who draw a component, and z from its Gaussian; trained
        here by the plain bound, as the mixture, of equal weights, to which Tomczak and Welling
        2017, arXiv:1705.07120, section 3, compare the VampPrior.
    """

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
        super().__init__(num_components, **kwargs)
        if covariance not in KINDS:
            raise ValueError(
                f"`covariance` must be 'diagonal', 'full' or 'shared', but is {covariance!r}."
            )
        if isinstance(learned, str) or not set(learned) <= set(LEARNABLE):
            raise ValueError(f"`learned` must be some of {LEARNABLE}, but is {learned!r}.")
        if not (math.isfinite(spread) and spread >= 0.0):
            raise ValueError(f"`spread` must be a number of at least 0, but is {spread!r}.")
        if start not in ("kmeans", "mixture"):
            raise ValueError(f"`start` must be 'kmeans' or 'mixture', but is {start!r}.")
        self.covariance, self.learned, self.spread = covariance, tuple(learned), float(spread)
        self.start, self.seed = start, seed
        self.adapt_fits = start == "mixture"
        self.restarts = positive_integer(restarts, "restarts")

    def build(self, latent_shape: tuple[Any, ...]) -> None:
        super().build(latent_shape)
        if len(self.event_shape) != 1:
            raise ValueError(
                f"A mixture of Gaussians is over vectors, but the latents have shape "
                f"{self.event_shape}. Take a posterior whose event is a vector."
            )
        components, size = self.num_components, self.event_shape[0]
        self.logits = self.weight("logits", (components,), "zeros", "weights" in self.learned)
        location = keras.initializers.RandomNormal(0.0, self.spread, seed=self.seed)
        self.loc = self.weight("loc", (components, size), location, "loc" in self.learned)
        for name, shape in self._covariance_shapes().items():
            setattr(self, name, self.weight(name, shape, "zeros", "scale" in self.learned))

    def _covariance(self) -> Covariance:
        names = self._covariance_shapes()
        return KINDS[self.covariance](
            **{name: tf.convert_to_tensor(getattr(self, name)) for name in names}
        )

    def _covariance_shapes(self) -> dict[str, tuple[int, ...]]:
        return KINDS[self.covariance].shapes(self.num_components, self.event_shape[0])

    def whitening(self) -> tf.Tensor:
        """Returns A, `[K, D, D]`, lower triangular: A (z - loc) is standard normal."""
        size = self.event_shape[0]
        return tf.broadcast_to(self._covariance().whitening(), (self.num_components, size, size))

    def made_components(self) -> Gaussians:
        return Gaussians(tf.convert_to_tensor(self.loc), self._covariance())

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        if component is None:
            component = self._choose(noise["component"])
        return self.made_components().draw(temperature * noise["z"], component)

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
        for name in self._covariance_shapes():
            getattr(self, name).assign(getattr(start, name))
