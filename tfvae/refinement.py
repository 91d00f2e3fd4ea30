"""Refining a posterior for each example, beyond what the encoder says of it in one step."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import random
from tfvae.batchwise import Batchwise
from tfvae.part import positive_integer
from tfvae.side import split
from tfvae.wiring import apply_network, as_events

BATCH_SIZE = 128
# Adam's: decay of the mean and of the mean square, and what keeps a step finite.
DECAY, SQUARE_DECAY, SMALLEST_ROOT = 0.9, 0.999, 1e-8
# Number of the noise by which bounds are compared; steps are numbered from 0.
OF_COMPARISON = -1

Raw = dict[str, tf.Tensor]
# The moments that Adam keeps: means of gradients, and of their squares.
Adam = tuple[Raw, Raw]


@dataclass(frozen=True)
class Refinement:
    """What `vae.refine` found.

    Args:
        q: the refined q(z given x), a `tfd.Distribution` of batch `[N]`.
        elbo_before: the bound at the encoder's own parameters, float `[N]`, in nats.
        elbo_after: the bound at the refined ones, from the same noise, float `[N]`, in nats.
    """

    q: Any
    elbo_before: np.ndarray
    elbo_after: np.ndarray

    @property
    def amortisation_gap(self) -> np.ndarray:
        """What the encoder loses against a posterior of its own for each example, `[N]`, in nats.

        Both bounds are estimates: where there is nothing to gain, it can fall below zero.
        """
        return self.elbo_after - self.elbo_before


class Refining(Batchwise):
    """Mixin of the model: the posterior's parameters, optimised one example at a time."""

    def refine(
        self,
        x: Any,
        steps: int = 100,
        learning_rate: float = 0.05,
        num_samples: int = 4,
        comparison_samples: int = 64,
        seed: int = 0,
        batch_size: int = BATCH_SIZE,
        y: Any = None,
    ) -> Refinement:
        r"""Maximises the evidence lower bound over the parameters of each example's posterior.

        $$\lambda^*(x) = \arg\max_\lambda E_{q_\lambda(z)} \log \frac{p(x, z)}{q_\lambda(z)},\qquad
        \lambda_0 = encoder(x)$$

        Adam moves the outputs of the posterior's heads, which are free real numbers, from where
        the encoder puts them; its rate falls to 0 along half a cosine. The model's weights stay as
        they are. What is found for an example depends on it, on its row and on the seed: not on
        the other examples, nor (but for rounding) on the batch size.

        Args:
            x: examples, `[N, *event_shape]`.
            steps: number of steps.
            learning_rate: Adam's, at the first step.
            num_samples: samples of z in each step.
            comparison_samples: samples of z from which the bound is estimated, before and after.
            seed: seed of all samples, a 32-bit whole number.
            batch_size: examples at a time.
            y: as in `elbo`.

        Returns:
            The refined q, the bounds before and after, and their difference, the amortisation gap.

        Raises:
            ValueError: if a number is not a whole one above 0, `learning_rate` no number above 0,
                or the posterior has no parameters that could be moved.

        Example:
            >>> import numpy as np, tfvae
            >>> vae = tfvae.VAE(
            ...     tfvae.encoders.MLP((8,)),
            ...     tfvae.decoders.MLP((8,)),
            ...     posterior=tfvae.families.DiagonalNormal(2),
            ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
            ... )
            >>> refined = vae.refine(np.ones([3, 4, 4, 1]), steps=20)
            >>> refined.q.batch_shape, refined.amortisation_gap.shape
            (TensorShape([3]), (3,))

        Reference:
            Cremer, Li and Duvenaud 2018, arXiv:1801.03558, for the amortisation gap; Kim et al.
            2018, arXiv:1802.02550, for refinement from the encoder's start. Our steps are Adam's.
        """
        for name, count in (
            ("steps", steps),
            ("num_samples", num_samples),
            ("comparison_samples", comparison_samples),
        ):
            positive_integer(count, name)
        rate = tf.constant(checked_rate(learning_rate), self.likelihood.density_dtype)
        key = random.rows(seed, 1)[0]
        extra = (key, np.int32(steps), rate, np.int32(num_samples), np.int32(comparison_samples))
        found = self._over(self._refine, x, batch_size, *extra, dense=True, y=y)
        q = self.latents.distribution(self.latents.parameters(found["raw"]))
        return Refinement(q, found["before"].numpy(), found["after"].numpy())

    def _refine(
        self,
        x: Any,
        first: tf.Tensor,
        seed: tf.Tensor,
        steps: tf.Tensor,
        rate: tf.Tensor,
        samples: tf.Tensor,
        comparison_samples: tf.Tensor,
        y: tf.Tensor | None = None,
    ) -> dict[str, Any]:
        x_alone, side = split(x)
        inputs = as_events(x_alone, self.input_shape)
        row = first + tf.range(tf.shape(inputs)[0])
        features = apply_network(self.encoder, inputs, training=False)
        start = self.latents.project(features, side)

        def elbo(raw: Raw, number: Any, count: tf.Tensor) -> tf.Tensor:
            noise = self._noise_of_rows(seed[0], row, number, count)
            return self.trace(x, y, noise, parameters=self.latents.parameters(raw)).elbo

        def step(done: tf.Tensor, raw: Raw, adam: Adam) -> tuple[tf.Tensor, Raw, Adam]:
            with tf.GradientTape() as tape:
                tape.watch(raw)
                # The gradient of a sum: each example's parameters have that of its own bound.
                total = tf.reduce_sum(elbo(raw, done, samples))
            gradient = tape.gradient(total, raw, unconnected_gradients="zero")
            progress = tf.cast(done, rate.dtype) / tf.cast(steps, rate.dtype)
            present = 0.5 * rate * (1.0 + tf.cos(math.pi * progress))
            raw, adam = ascend(raw, gradient, adam, done, present)
            return done + 1, raw, adam

        nothing = tf.nest.map_structure(tf.zeros_like, start)
        _, raw, _ = tf.while_loop(
            lambda done, *_: done < steps,
            step,
            (tf.constant(0), start, (nothing, nothing)),
            parallel_iterations=1,
        )
        before, after = (elbo(one, OF_COMPARISON, comparison_samples) for one in (start, raw))
        return {"raw": raw, "before": before, "after": after}

    def _noise_of_rows(
        self, seed: tf.Tensor, row: tf.Tensor, number: Any, samples: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Returns noise `[S, B, *shape]` by the numbers of rows, whatever batch they are in."""
        specs, count = self.latents.noise(), tf.shape(row)[0]
        keys, _ = random.threefry_2x32(seed, number, tf.range(samples), 0)
        drawn = random.threefry_draw(specs, tf.repeat(keys, count), tf.tile(row, [samples]))
        dtype = self.likelihood.density_dtype
        return {
            name: tf.reshape(tf.cast(drawn[name], dtype), (samples, count, *spec.shape))
            for name, spec in specs.items()
        }


def checked_rate(learning_rate: Any) -> float:
    """Returns a learning rate, if it is a number above 0.

    Raises:
        ValueError: if it is anything else.
    """
    number = isinstance(learning_rate, float | int | np.number)
    if not (number and math.isfinite(learning_rate) and learning_rate > 0.0):
        raise ValueError(f"`learning_rate` must be a number above 0, but is {learning_rate!r}.")
    return float(learning_rate)


def ascend(
    raw: Raw, gradient: Raw, adam: Adam, done: tf.Tensor, rate: tf.Tensor
) -> tuple[Raw, Adam]:
    """Takes a step of Adam uphill, after `done` others; returns it and the moments after it.

    All of it goes element by element, so that no example feels another.

    Reference:
        Kingma and Ba 2014, arXiv:1412.6980, algorithm 1.
    """
    mean = tf.nest.map_structure(lambda m, g: DECAY * m + (1 - DECAY) * g, adam[0], gradient)
    square = tf.nest.map_structure(
        lambda v, g: SQUARE_DECAY * v + (1 - SQUARE_DECAY) * tf.square(g), adam[1], gradient
    )
    count = tf.cast(done + 1, rate.dtype)
    unbiased, unbiased_square = 1.0 - DECAY**count, 1.0 - SQUARE_DECAY**count

    def moved(value: tf.Tensor, m: tf.Tensor, v: tf.Tensor) -> tf.Tensor:
        root = tf.sqrt(v / unbiased_square) + SMALLEST_ROOT
        return value + rate * (m / unbiased) / root

    return tf.nest.map_structure(moved, raw, mean, square), (mean, square)
