"""What a model makes of parts: the missing values of an example, and what lies between two."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import random
from tfvae.batch_functions import rows_of
from tfvae.checking import Arrays, checked_arrays
from tfvae.code_verbs import CodeVerbs
from tfvae.part import positive_integer
from tfvae.side import Side, join, split
from tfvae.verbs import BATCH_SIZE


class Completing(CodeVerbs):
    """Mixin of the model: imputation and interpolation."""

    def impute(
        self,
        x: Any,
        mask: Any = None,
        num_steps: int = 20,
        seed: int = 0,
        batch_size: int = BATCH_SIZE,
    ) -> np.ndarray:
        r"""Returns examples with their missing values filled in, by pseudo-Gibbs sampling.

        $$z \sim q(z|x),\qquad x_\text{missing} \leftarrow E[x_\text{missing}|z]$$

        Each step draws z anew from the posterior of the example as it then is. Missing values start
        at 0, but as missing where the encoder reads such (`tfvae.encoders.Observed`): the first
        z is then drawn from q(z given the observed values). The same seed gives the same values,
        whatever the batches.

        Args:
            x: examples, `[N, *event_shape]`, or a dict of them and of what the model reads beside
                them; missing values may be anything, NaN included.
            mask: true or 1 where a value is observed, false or 0 where it is missing,
                `[N, *event_shape]`, or one for all `[*event_shape]`; None where NaN is missing.
            num_steps: how often z is drawn.
            seed: a 32-bit whole number.
            batch_size: examples at a time.

        Returns:
            Float `[N, *event_shape]`; observed values are as they were.

        Raises:
            ValueError: if the mask has another shape or other values, or the model's means are not
                of the shape of what it reads.

        Example:
            >>> import numpy as np, tfvae
            >>> vae = tfvae.VAE(
            ...     tfvae.encoders.MLP((8,)),
            ...     tfvae.decoders.MLP((8,)),
            ...     posterior=tfvae.families.DiagonalNormal(2),
            ...     likelihood=tfvae.families.Bernoulli((2, 2, 1)),
            ... )
            >>> x, mask = np.ones([1, 2, 2, 1]), np.array([[1, 1], [1, 0]])[None, ..., None]
            >>> vae.impute(x, mask)[0, :, :, 0].round().shape
            (2, 2)

        Reference:
            Rezende, Mohamed and Wierstra 2014, arXiv:1401.4082, appendix F, who draw the missing
            values too, where their mean is taken here; Mattei and Frellsen 2018, arXiv:1802.04826.
        """
        if not self.imputes:
            raise ValueError(
                "`impute` puts the likelihood's means in place of missing values of x, but the "
                f"model reads {self.input_shape}, and its means have shape "
                f"{self.likelihood.mean_shape}."
            )
        positive_integer(num_steps, "num_steps")
        positive_integer(batch_size, "batch_size")
        arrays, observed = self._with_holes(x, mask)
        known = arrays.images.x
        shown = observed.astype(known.dtype)
        random.rows(seed, 1)
        # Numbers that those of another seed share nothing with.
        words = np.random.SeedSequence(int(seed) % 2**32).generate_state(num_steps)
        seeds = words.view(np.int32)
        completed = []
        for start in range(0, len(known), batch_size):
            part = slice(start, start + batch_size)
            batch = join(known[part], {name: each[part] for name, each in arrays.side.items()})
            completed.append(self._run(self._impute, batch, shown[part], start, seeds).numpy())
        return np.where(observed, known, np.concatenate(completed))

    def _with_holes(self, x: Any, mask: Any) -> tuple[Arrays, np.ndarray]:
        """Returns examples, their holes as the encoder may read them, and where there are none."""
        examples, side = split(x)
        values = np.asarray(examples, np.float64)
        shape = (len(values), *self.input_shape) if values.ndim else ()
        if values.size != np.prod(shape):
            raise ValueError(
                f"`x` must be examples of shape {self.input_shape}, but has shape {values.shape}."
            )
        observed = ~np.isnan(values).reshape(shape) if mask is None else _checked_mask(mask, shape)
        start = np.nan if getattr(self.encoder, "reads_missing", False) else 0.0
        filled = np.where(observed, values.reshape(shape), start)
        arrays = checked_arrays(self, join(filled, side), dense=False)
        # A model of data with holes may be given more of them than the mask names.
        return arrays, observed & ~np.isnan(filled)

    def interpolate(
        self, a: Any, b: Any, steps: int = 8, batch_size: int = BATCH_SIZE
    ) -> np.ndarray:
        r"""Returns means of p(x given z) for z on the way from one example to another.

        $$z_t = (1 - t) z_a + t z_b,\qquad t = 0, \ldots, 1$$

        with the points that stand for the posteriors of a and b; on the unit sphere, z follows the
        great circle.

        Args:
            a: examples to begin at, `[N, *event_shape]`, or a dict of them and of what the model
                reads beside them, which then holds all the way.
            b: as many to end at.
            steps: how many means, both ends included; at least 2.
            batch_size: examples at a time.

        Returns:
            Float `[N, steps, *mean_shape]`.

        Raises:
            ValueError: if a and b are not equally many, or there are fewer than 2 steps.

        Example:
            >>> import numpy as np, tfvae
            >>> vae = tfvae.VAE(
            ...     tfvae.encoders.MLP((8,)),
            ...     tfvae.decoders.MLP((8,)),
            ...     posterior=tfvae.families.DiagonalNormal(2),
            ...     likelihood=tfvae.families.Bernoulli((2, 2, 1)),
            ... )
            >>> vae.interpolate(np.zeros([3, 2, 2, 1]), np.ones([3, 2, 2, 1]), steps=5).shape
            (3, 5, 2, 2, 1)
        """
        if positive_integer(steps, "steps") < 2:
            raise ValueError(f"`steps` must be at least 2, the two ends, but is {steps!r}.")
        begin, end = (self._over(self._point, each, batch_size) for each in (a, b))
        if len(begin) != len(end):
            raise ValueError(f"There are {len(begin)} examples `a`, but {len(end)} examples `b`.")
        beside = split(a)[1] if isinstance(a, Mapping) else {}
        given = {name: beside[name] for name in self.generative_inputs() if name in beside}
        means = []
        for fraction in np.linspace(0.0, 1.0, steps, dtype=begin.dtype.as_numpy_dtype):
            z = self.latents.between(begin, end, tf.fill([len(begin)], fraction))
            means.append(self._over_latents(self._decode_mean, z, batch_size, given).numpy())
        return np.stack(means, axis=1)

    @property
    def imputes(self) -> bool:
        """Whether the model's means can stand in place of what it reads."""
        return not self.needs_target and self.likelihood.mean_shape == self.input_shape

    def impute_from(self, x: Any, mask: tf.Tensor, noise: dict[str, tf.Tensor]) -> tf.Tensor:
        """Returns examples with missing values replaced by their means for one z: a step.

        Args:
            x: `[B, *input_shape]`, missing values being any numbers that the encoder can read, or a
                dict of it and of what the model reads beside it.
            mask: 1 where a value is observed, else 0, `[B, *input_shape]`.
            noise: what `latents.noise()` asks for, each `[B, *shape]`.
        """
        values = split(x)[0]
        # Data whose missing values are NaN, as tables have them, may have some under the mask too.
        observed = tf.logical_and(mask > 0.5, tf.logical_not(tf.math.is_nan(values)))
        return tf.where(observed, values, self.reconstruct_from(x, noise))

    def interpolate_from(
        self, a: Any, b: Any, fraction: tf.Tensor, side: Side | None = None
    ) -> tf.Tensor:
        """Returns the mean of p(x given z) for z a fraction `[B]` of the way from a to b.

        Args:
            a: `[B, *input_shape]`, or a dict of it and of what the model reads beside it.
            b: the same.
            fraction: `[B]`, from 0 to 1.
            side: what joins z, by name, each `[B, ...]`.
        """
        begin, end = (self.latents.point(self.infer_parameters(each)) for each in (a, b))
        z = self.latents.between(begin, end, fraction)
        return self.likelihood.mean(self.decode_parameters(z, side=side))

    def _impute(self, x: Any, mask: tf.Tensor, first: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        values, side = split(x)
        index = first + tf.range(rows_of(x))

        def step(number: tf.Tensor, values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            seed = tf.zeros_like(index) + seeds[number]
            noise = self._portable_noise(self.latents.noise(), seed, index)
            return number + 1, self.impute_from(join(values, side), mask, noise)

        _, values = tf.while_loop(
            lambda number, _: number < tf.size(seeds), step, (tf.constant(0), values)
        )
        return values

    def _point(self, x: Any, first: tf.Tensor) -> tf.Tensor:
        return self.latents.point(self.infer_parameters(x))

    def _decode_mean(self, z: tf.Tensor, side: Side) -> tf.Tensor:
        return self.likelihood.mean(self.decode_parameters(z, side=side))


def _checked_mask(mask: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Returns a mask as booleans of the shape of the examples."""
    array = np.asarray(mask)
    if array.dtype.kind not in "biuf" or not np.all((array == 0) | (array == 1)):
        raise ValueError(
            "`mask` must be true or 1 where a value is observed and false or 0 where it is "
            f"missing, but has dtype {array.dtype} and other values."
        )
    fits = array.size == np.prod(shape) and array.shape[:1] == shape[:1]
    one_for_all = array.size == np.prod(shape[1:])
    if not (fits or one_for_all):
        raise ValueError(
            f"`mask` must have the shape of the examples, {shape}, or of one, {shape[1:]}, but has "
            f"shape {array.shape}."
        )
    whole = array.reshape(shape if fits else (1, *shape[1:]))
    return np.broadcast_to(whole.astype(bool), shape)
