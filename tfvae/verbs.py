"""What a trained model does for its user: on arrays, in batches, seeded by argument."""

import math
import random as python_random
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import random
from tfvae.checking import checked_arrays
from tfvae.part import positive_integer
from tfvae.pretraining import pretrain
from tfvae.side import LABEL
from tfvae.weighing import Weighing

BATCH_SIZE = 128


class Verbs(Weighing):
    """Mixin of the model: its verbs, on arrays, tensors, `Images` and `tf.data.Dataset`s."""

    def encode(self, x: Any, batch_size: int = BATCH_SIZE) -> Any:
        """Returns q(z given x).

        Args:
            x: examples, `[N, *event_shape]`.
            batch_size: examples at a time.

        Returns:
            A `tfd.Distribution` of batch `[N]` over latents.
        """
        return self.latents.distribution(self._over(self._encode, x, batch_size))

    def decode(self, z: Any, batch_size: int = BATCH_SIZE, **given: Any) -> Any:
        """Returns p(x given z).

        Args:
            z: latents, float `[N, *latent_shape]`.
            batch_size: latents at a time.
            **given: what the model reads beside z, by name, such as `condition`: one for all, or
                one each.

        Returns:
            A `tfd.Distribution` of batch `[N]` over examples.
        """
        return self.likelihood.distribution(self._over_latents(self._decode, z, batch_size, given))

    def reconstruct(
        self, x: Any, seed: int | None = None, batch_size: int = BATCH_SIZE
    ) -> np.ndarray:
        """Returns the mean of p(x given z) for z from the posterior.

        Args:
            x: examples, `[N, *event_shape]`.
            seed: seed of the draw of z; None takes the posterior's point instead of a draw.
            batch_size: examples at a time.

        Returns:
            Float `[N, *mean_shape]`.
        """
        if seed is None:
            return self._over(self._reconstruct_point, x, batch_size).numpy()
        row_seed = random.rows(seed, 1)[0]
        return self._over(self._reconstruct_draw, x, batch_size, row_seed).numpy()

    def sample(
        self,
        n: int,
        seed: int | None = None,
        component: Any = None,
        temperature: float = 1.0,
        batch_size: int = BATCH_SIZE,
        **given: Any,
    ) -> np.ndarray:
        """Draws z from the prior, or the sampler, and returns the mean of p(x given z).

        It is the sampler, if `fit_sampler` has been called or one was given.

        The same seed gives the same images here and in every artefact; the first images do not
        depend on how many follow.

        Args:
            n: number of images.
            seed: a 32-bit whole number; None takes one from Python's generator.
            component: component of a mixture to draw from: one for all, or one each `[n]`.
            temperature: what the noise around a location is multiplied by.
            batch_size: images at a time.
            **given: what the model reads beside z, by name, such as `condition`: one for all, or
                one each.

        Returns:
            Float `[n, *mean_shape]`.

        Raises:
            ValueError: if there is no such component, something is missing beside z, or `n` is not
                above zero.
        """
        positive_integer(n, "n")
        positive_integer(batch_size, "batch_size")
        number = isinstance(temperature, float | int | np.number)
        if not (number and math.isfinite(temperature) and temperature >= 0.0):
            raise ValueError(
                f"`temperature` must be a number of at least 0, but is {temperature!r}."
            )
        seed = python_random.randrange(2**31) if seed is None else seed
        seeds, index = random.rows(seed, n)
        components = None if component is None else self._checked_components(component, n)
        scale = tf.constant(temperature, self.likelihood.density_dtype)
        side = self._generative_side(given, n)
        images = []
        for start in range(0, n, batch_size):
            part = slice(start, start + batch_size)
            chosen = () if components is None else (components[part],)
            beside = {name: values[part] for name, values in side.items()}
            drawn = self._run(self._sample, seeds[part], index[part], scale, beside, *chosen)
            images.append(drawn.numpy())
        return np.concatenate(images)

    def elbo(
        self,
        x: Any,
        num_samples: int = 1,
        seed: int = 0,
        batch_size: int = BATCH_SIZE,
        y: Any = None,
    ) -> np.ndarray:
        """Returns the evidence lower bound of each example.

        Args:
            x: examples, `[N, *event_shape]`.
            num_samples: samples of z that the distortion is averaged over; the rate is in closed
                form where there is one.
            seed: seed of the samples.
            batch_size: examples at a time.
            y: what the likelihood is of, `[N, *event_shape]`; x itself if left out. As in `fit`,
                the labels for a model that reads labels.

        Returns:
            Float `[N]`, in nats.
        """
        samples = tf.constant(positive_integer(num_samples, "num_samples"))
        key = random.rows(seed, 1)[0]
        return self._over(self._elbo, x, batch_size, key, samples, dense=True, y=y).numpy()

    def anomaly_score(
        self,
        x: Any,
        num_samples: int = 16,
        seed: int = 0,
        batch_size: int = BATCH_SIZE,
        y: Any = None,
    ) -> np.ndarray:
        """Returns the negative evidence lower bound: higher is stranger. `[N]`, in nats.

        Args:
            x: examples, `[N, *event_shape]`.
            num_samples: samples of z an example.
            seed: seed of the samples.
            batch_size: examples at a time.
            y: as in `elbo`.
        """
        return -self.elbo(x, num_samples, seed, batch_size, y)

    def log_likelihood(
        self,
        x: Any,
        num_samples: int = 500,
        seed: int = 0,
        batch_size: int = BATCH_SIZE,
        y: Any = None,
    ) -> np.ndarray:
        r"""Returns an importance-sampled estimate of log p(x).

        $$\log \frac1k \sum_{i=1}^k \frac{p(x, z_i)}{q(z_i|x)},\qquad z_i \sim q(z|x)$$

        A lower bound in expectation, tight as k grows. Summed in float64, in bounded memory.

        Args:
            x: examples, `[N, *event_shape]`.
            num_samples: k.
            seed: seed of the samples.
            batch_size: examples at a time.
            y: as in `elbo`.

        Returns:
            Float64 `[N]`, in nats.

        Raises:
            ValueError: if the posterior is a point, which has no density to weigh samples by.

        Reference:
            Burda, Grosse and Salakhutdinov 2015, arXiv:1509.00519, section 5.
        """
        sums, samples = self._importance_sums(x, num_samples, seed, batch_size, y)
        return (sums.log_sum - math.log(samples)).numpy()

    def responsibilities(self, x: Any, batch_size: int = BATCH_SIZE) -> np.ndarray:
        """Returns the share of each component in an example, float `[N, K]`.

        It is p(component given z) at the posterior's point, or, for latents that infer a class,
        such as those of `tfvae.models.GMVAE`, q(class given x).

        Raises:
            ValueError: if the model has no components.
        """
        self._need_components("responsibilities")
        return self._over(self._responsibilities, x, batch_size).numpy()

    def cluster(self, x: Any, batch_size: int = BATCH_SIZE) -> np.ndarray:
        """Returns the component with the largest responsibility, int64 `[N]`.

        Raises:
            ValueError: if the model has no components.
        """
        self._need_components("cluster")
        return np.argmax(self.responsibilities(x, batch_size), axis=1)

    def predict_labels(self, x: Any, batch_size: int = BATCH_SIZE) -> np.ndarray:
        """Returns the most probable label, int64 `[N]`.

        Raises:
            ValueError: if the model does not learn from labels.
        """
        if LABEL not in self.side_inputs():
            raise ValueError(
                "`predict_labels` needs a model that learns from labels, such as `tfvae.models.M2`."
            )
        return self.cluster(x, batch_size)

    def adapt(self, x: Any, batch_size: int = BATCH_SIZE, epochs: int = 0) -> None:
        """Starts from data what can start from them, such as a mixture prior or a codebook.

        Call it before `fit`, once, with the training data; what has no such start ignores it. A
        prior starts from draws of q, one an example, because it is to match them; after `epochs`
        of an autoencoder, which does not train the width of q, from the points that stand for it.

        Args:
            x: examples, `[N, *event_shape]`.
            batch_size: examples at a time.
            epochs: for how many epochs encoder and decoder are trained first, as an autoencoder at
                the posterior's point.
        """
        if isinstance(x, dict):
            self.likelihood.adapt(checked_arrays(self, x).side)
        if epochs:
            pretrain(self, x, epochs, batch_size)
        given: tuple[Any, ...] = ()
        if self.latents.adapts_to == "examples":
            source: Any = self._examples
        elif epochs:
            source = self._point
        else:
            source, given = self._start, (random.rows(0, 1)[0],)
        values = self._over(source, x, batch_size, *given, dense=not self.needs_target)
        self.latents.adapt(values.numpy())

    def _need_components(self, verb: str) -> None:
        if self.latents.num_components is None:
            raise ValueError(
                f"`{verb}` needs a model with components, but the prior is "
                f"{type(self.prior).__name__}: take `tfvae.priors.MixtureOfGaussians(10)`."
            )

    def _checked_components(self, component: Any, n: int) -> np.ndarray:
        count = self.num_sample_components
        if count is None:
            origin = "prior" if self.sampler is None else "sampler"
            raise ValueError(
                f"`sample(component=...)` needs a model with components, but the {origin} is "
                f"{type(self.sampler or self.prior).__name__}: take "
                "`tfvae.priors.MixtureOfGaussians(10)`."
            )
        components = np.asarray(component)
        if components.dtype.kind not in "iu" or components.shape not in ((), (n,)):
            raise ValueError(
                f"`component` must be a whole number, or {n} of them, but is {component!r}."
            )
        if components.min() < 0 or components.max() >= count:
            raise ValueError(
                f"`component` must be from 0 to {count - 1}, but {component!r} was given."
            )
        return np.broadcast_to(components, (n,)).astype(np.int32)
