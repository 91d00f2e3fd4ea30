"""The VampPrior: a mixture of posteriors, those of pseudo-inputs that are learned."""

import random as python_random
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.part import registered
from tfvae.priors.components import AsConstants, Components, Mixture
from tfvae.priors.encoded import side_by_side
from tfvae.priors.encoding import Encoding
from tfvae.random import Noise

LEARNABLE = ("weights", "pseudo_inputs")
# Tells the noise of the chosen posterior from that of the choice.
OF_COMPONENT = "component/"


@registered()
class VampPrior(Mixture):
    r"""A mixture of the posteriors of K pseudo-inputs.

    $$p(z) = \sum_k w_k\, q(z\,|\,u_k)$$

    The pseudo-inputs are weights of the shape of an example. They are clipped to `bounds`; at a
    bound, gradients that lead back inside pass, so that no pixel is stuck there. The encoder reads
    them as it does outside of training (no dropout, BatchNormalization by its moving averages), and
    learns from the prior as it does from the data. Gaussian posteriors, diagonal or full, have
    their densities computed as `MixtureOfGaussians` has; other posteriors by their own `log_prob`.

    At random, pseudo-inputs are uniform between the bounds, or standard normal without.
    `vae.adapt(x)` takes them from examples instead. Artefacts hold the encoded pseudo-inputs as
    constants: they do not encode them.

    A prior belongs to one model, whose encoder it uses.

    Args:
        num_components: number of pseudo-inputs, K.
        learned: which of `"weights"` and `"pseudo_inputs"` are trained; weights stay equal, and
            pseudo-inputs as they start (or as `adapt` leaves them), if they are not.
        start: what `adapt` makes pseudo-inputs of: `"examples"`, drawn without replacement, or
            `"kmeans"`, the means of K clusters of them.
        bounds: the least and the largest value that data have; None where they have none.
        seed: seed of both starts; None takes Keras's global seed.

    Raises:
        ValueError: if an argument is none of the above; in building, if it is the prior of another
            model already, or of none.

    Example:
        >>> import tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     prior=tfvae.priors.VampPrior(10),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> vae.prior.pseudo_inputs().shape
        TensorShape([10, 4, 4, 1])
        >>> vae.sample(3, component=7, seed=0).shape
        (3, 4, 4, 1)

    Reference:
        Tomczak and Welling 2017, arXiv:1705.07120, equation 9. Their pseudo-inputs are a linear map
        through a hard tanh, whose gradient vanishes at the bounds, and their weights equal.
    """

    adapts_to = "examples"
    support = None

    def __init__(
        self,
        num_components: int = 500,
        learned: Sequence[str] = ("pseudo_inputs",),
        start: str = "examples",
        bounds: tuple[float, float] | None = (0.0, 1.0),
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_components, **kwargs)
        if isinstance(learned, str) or not set(learned) <= set(LEARNABLE):
            raise ValueError(f"`learned` must be some of {LEARNABLE}, but is {learned!r}.")
        if start not in ("examples", "kmeans"):
            raise ValueError(f"`start` must be 'examples' or 'kmeans', but is {start!r}.")
        self.learned, self.start, self.seed = tuple(learned), start, seed
        self.bounds = None if bounds is None else _checked_bounds(bounds)
        self._encoding: Encoding | None = None
        self.constants: dict[str, np.ndarray] | None = None

    def attach(self, encoding: Encoding | None) -> None:
        if encoding is not None and self._encoding is not None:
            raise ValueError(
                "This VampPrior is the prior of another model, whose encoder makes its components. "
                "Make a prior of its own for each model."
            )
        self._encoding = encoding

    def build(self, latent_shape: tuple[Any, ...]) -> None:
        event_shape = self._attached().event_shape
        super().build(latent_shape)
        if self.bounds is None:
            start = keras.initializers.RandomNormal(0.0, 1.0, seed=self.seed)
        else:
            start = keras.initializers.RandomUniform(*self.bounds, seed=self.seed)
        components = (self.num_components,)
        self.logits = self.weight("logits", components, "zeros", "weights" in self.learned)
        learned = "pseudo_inputs" in self.learned
        self.raw = self.weight("pseudo_inputs", (*components, *event_shape), start, learned)

    def pseudo_inputs(self) -> tf.Tensor:
        """Returns the pseudo-inputs, within the bounds, `[K, *event_shape]`."""
        raw = tf.convert_to_tensor(self.raw)
        return raw if self.bounds is None else _clip(raw, *self.bounds)

    def made_components(self) -> Components:
        return side_by_side(self._attached().posterior, self._encoded(), self.num_components)

    def noise(self) -> dict[str, Noise]:
        of_component = self._attached().posterior.noise()
        named = {OF_COMPONENT + name: spec for name, spec in of_component.items()}
        return {"component": Noise("uniform", ()), **named}

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        if component is None:
            component = self._choose(noise["component"])
        posterior = self._attached().posterior
        chosen = {name: tf.gather(value, component) for name, value in self._encoded().items()}
        # Uniform noise has no middle to shrink towards.
        of_component = {
            name: (temperature if spec.kind == "normal" else 1.0) * noise[OF_COMPONENT + name]
            for name, spec in posterior.noise().items()
        }
        z, _ = posterior.sample(chosen, {name: value[None] for name, value in of_component.items()})
        return z[0]

    def adapt(self, examples: np.ndarray) -> None:
        """Makes pseudo-inputs of examples `[N, *event_shape]`, learned or not.

        Raises:
            ValueError: if there are fewer examples than pseudo-inputs, or some are out of bounds.
        """
        examples, count = np.asarray(examples), self.num_components
        if len(examples) < count:
            raise ValueError(
                f"{count} pseudo-inputs cannot start from {len(examples)} examples: give `adapt` "
                "more data, or take fewer pseudo-inputs."
            )
        low, high = self.bounds or (-np.inf, np.inf)
        if examples.min() < low or examples.max() > high:
            raise ValueError(
                f"The data go from {examples.min():g} to {examples.max():g}, but pseudo-inputs are "
                f"kept from {low:g} to {high:g}: give `bounds` that hold the data, or None."
            )
        # Keras's global seed sets this generator, so that it rules this start as it does the other.
        seed = python_random.randrange(2**31) if self.seed is None else self.seed
        if self.start == "kmeans":
            chosen = _cluster_means(examples, count, seed)
        else:
            chosen = examples[np.random.default_rng(seed).choice(len(examples), count, False)]
        self.raw.assign(chosen)

    def as_constants(self) -> AbstractContextManager[None]:
        return _Held(self, {name: value.numpy() for name, value in self._encoded().items()})

    def _encoded(self) -> dict[str, tf.Tensor]:
        if self.constants is not None:
            return {name: tf.constant(value) for name, value in self.constants.items()}
        parameters = self._attached().parameters(self.pseudo_inputs())
        # In a graph, a network may have lost count of them.
        return {
            name: tf.ensure_shape(value, (self.num_components, *value.shape[1:]))
            for name, value in parameters.items()
        }

    def _attached(self) -> Encoding:
        if self._encoding is None:
            raise ValueError(
                "A VampPrior is made of a model's posteriors, and has no model yet: give it to "
                "`tfvae.VAE(..., prior=tfvae.priors.VampPrior(500))`. It cannot be the prior of "
                "latents such as `Conditional`, whose posterior needs more than an example."
            )
        return self._encoding


class _Held(AsConstants):
    """Within it, a prior's encoded pseudo-inputs are what they were when it was made."""

    prior: VampPrior

    def __init__(self, prior: VampPrior, constants: dict[str, np.ndarray]) -> None:
        super().__init__(prior)
        self.constants = constants

    def __enter__(self) -> None:
        super().__enter__()
        self.prior.constants = self.constants

    def __exit__(self, *exception: object) -> None:
        self.prior.constants = None
        super().__exit__(*exception)


def _checked_bounds(bounds: Any) -> tuple[float, float]:
    try:
        low, high = (float(bound) for bound in bounds)
    except (TypeError, ValueError):
        low, high = np.nan, np.nan
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(
            "`bounds` must be two numbers, the lower first, such as (0.0, 1.0), or None, but is "
            f"{bounds!r}."
        )
    return low, high


def _clip(values: tf.Tensor, low: float, high: float) -> tf.Tensor:
    @tf.custom_gradient
    def clip(values: tf.Tensor) -> tuple[tf.Tensor, Any]:
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            # A step goes against the gradient: it stops where the step would lead farther out.
            leaves = ((values <= low) & (upstream > 0.0)) | ((values >= high) & (upstream < 0.0))
            return tf.where(leaves, tf.zeros_like(upstream), upstream)

        return tf.clip_by_value(values, low, high), gradient

    return clip(values)


def _cluster_means(examples: np.ndarray, count: int, seed: int) -> np.ndarray:
    from sklearn.cluster import MiniBatchKMeans

    flat = examples.reshape(len(examples), -1)
    fit = MiniBatchKMeans(count, n_init=1, random_state=seed).fit(flat)
    # Rounding may carry a mean past the extremes of what it is a mean of.
    means = np.clip(fit.cluster_centers_, examples.min(), examples.max())
    return means.reshape(count, *examples.shape[1:])
