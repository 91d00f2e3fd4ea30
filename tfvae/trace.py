"""What one pass through a model leaves behind: all that an objective may see."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import tensorflow as tf

from tfvae.divergence import closed_form_kl, kl_by_dimension


def mean_over_examples(values: tf.Tensor) -> tf.Tensor:
    """Returns the mean over a batch whose examples all count alike, `[B, ...]` to `[...]`."""
    return tf.reduce_mean(values, axis=0)


def two_views(
    latents: Any, parameters: dict[str, tf.Tensor], infer: Callable[..., dict[str, tf.Tensor]]
) -> Callable[..., tuple[tf.Tensor, tf.Tensor]] | None:
    """Returns a trace's `views`, of its posterior's parameters and of those that `infer` makes."""
    if latents.num_components is None:
        return None
    classify = latents.class_probabilities

    def views(change: Any = None) -> tuple[tf.Tensor, tf.Tensor]:
        first = parameters if change is None else infer(change)
        return classify(first), classify(infer(change))

    return views


@dataclass(frozen=True)
class Inference:
    """What the latent variables make of an encoder's features.

    Axes: K enumerated classes or 1, S samples, B batch. Densities are in nats.

    Args:
        z: all latent variables, `[K or 1, S, B, *event]`.
        log_q: log q of each group of latent variables, each `[K or 1, S, B]`.
        log_p: log p of the same groups, each `[K or 1, S, B]`.
        posteriors: q of each group as a `tfd.Distribution` of batch `[B]`; of batch
            `[K or 1, S, B]` where it depends on samples of other groups. Where q is a point,
            without a density, there are no groups, and the rate is 0.
        priors: p of each group as a `tfd.Distribution`, its batch none or that of q.
        log_w: log-weights over K, `[K, 1 or S, B]`; None for uniform ones.
        gate: what gradients pass on their way to z, if an objective asked for one.
        log_q_label: log q(label given x) of examples with a label, 0 of the others, `[B]`; None
            if no labels were given.
        added_loss: what the latents add to the loss of an objective, `[B]`: no part of a bound.
        path: where networks lead from z to the decoder, what they give, `[K or 1, S, B, ...]`.
    """

    z: tf.Tensor
    log_q: tuple[tf.Tensor, ...]
    log_p: tuple[tf.Tensor, ...]
    posteriors: tuple[Any, ...]
    priors: tuple[Any, ...]
    log_w: tf.Tensor | None = None
    gate: Any = None
    log_q_label: tf.Tensor | None = None
    added_loss: Any = 0.0
    path: tf.Tensor | None = None

    def expectation(self, values: tf.Tensor) -> tf.Tensor:
        """Returns the expectation over K and S: `[K or 1, S, B, ...]` to `[B, ...]`."""
        log_w = self.log_w
        if log_w is None:
            return tf.reduce_mean(values, axis=(0, 1))
        extra = [1] * (values.shape.rank - log_w.shape.rank)
        weights = tf.reshape(tf.exp(log_w), tf.concat([tf.shape(log_w), extra], axis=0))
        # Weights may differ between samples, so they meet the values before these are averaged.
        return tf.reduce_sum(tf.reduce_mean(weights * values, axis=1), axis=0)


@dataclass(frozen=True)
class Trace:
    """One pass: latents, likelihood, and what else an objective may ask for.

    Args:
        inference: the latent variables of this pass.
        parameters: what the decoder made of z for the likelihood, each `[K or 1, S, B, ...]`.
        log_likelihood: log p(x given z), `[K or 1, S, B]`, in nats.
        step: number of training steps taken so far, an integer scalar or the variable of one.
        average: the mean over the examples of the global batch, `[B, ...]` to `[...]`: it knows
            about padding, sample weights and replicas.
        prior_sample: latents drawn from the prior, `[B, *event]`, if the objective asks for them.
        noise: what the objective's own `noise` asks for, each `[S, B, *shape]`.
        decode: the decoder, from latents `[N, *event]` to means of p(x given z).
        decoder_weights: all that decoder and likelihood learn.
        views: the probabilities of components, or of classes, in this pass and in another one of
            the same examples, in which the encoder's random layers draw anew, each `[B, K]`; given
            a layer that changes examples at random, those in two more passes, each of examples
            that it changed. None if there are no components.
    """

    inference: Inference
    parameters: dict[str, tf.Tensor]
    log_likelihood: tf.Tensor
    step: Any
    average: Callable[[tf.Tensor], tf.Tensor] = mean_over_examples
    prior_sample: tf.Tensor | None = None
    noise: dict[str, tf.Tensor] = field(default_factory=dict)
    decode: Callable[[tf.Tensor], tf.Tensor] | None = None
    decoder_weights: tuple[Any, ...] = ()
    views: Callable[..., tuple[tf.Tensor, tf.Tensor]] | None = None

    def expectation(self, values: tf.Tensor) -> tf.Tensor:
        """Returns the expectation over K and S: `[K or 1, S, B, ...]` to `[B, ...]`."""
        return self.inference.expectation(values)

    @cached_property
    def log_ratio(self) -> tf.Tensor:
        """log p(x, z) - log q(z given x), the logarithm of the importance weight, `[K, S, B]`."""
        total = self.log_likelihood
        for log_p, log_q in zip(self.inference.log_p, self.inference.log_q, strict=True):
            total += log_p - log_q
        return total

    @cached_property
    def distortion(self) -> tf.Tensor:
        """-E_q log p(x given z), `[B]`, in nats."""
        return -self.expectation(self.log_likelihood)

    @cached_property
    def group_rates(self) -> tuple[tf.Tensor, ...]:
        """KL(q, p) of each group of latents, each `[B]`: in closed form if there is one."""
        inference = self.inference
        rates = []
        for group, (q, p) in enumerate(zip(inference.posteriors, inference.priors, strict=True)):
            rate = closed_form_kl(q, p)
            sampled = rate is None
            rates.append(self._sampled_group_rates[group] if sampled else self._over_batch(rate, 1))
        return tuple(rates)

    @cached_property
    def rates_by_dimension(self) -> tuple[tf.Tensor | None, ...]:
        """KL(q, p) of each group by dimension, each `[B, D]`: None if it is no sum over them."""
        pairs = zip(self.inference.posteriors, self.inference.priors, strict=True)
        rates = (kl_by_dimension(q, p) for q, p in pairs)
        return tuple(None if rate is None else self._over_batch(rate, 2) for rate in rates)

    def _over_batch(self, rate: tf.Tensor, rank: int) -> tf.Tensor:
        """Averages a rate over K and S, unless it has the rank that it has without these axes."""
        return rate if rate.shape.rank == rank else self.expectation(rate)

    @cached_property
    def _sampled_group_rates(self) -> tuple[tf.Tensor, ...]:
        pairs = zip(self.inference.log_q, self.inference.log_p, strict=True)
        return tuple(self.expectation(log_q - log_p) for log_q, log_p in pairs)

    @cached_property
    def sampled_rate(self) -> tf.Tensor:
        """The same as `rate`, but estimated from the samples in any case, `[B]`, in nats."""
        return tf.add_n([tf.zeros_like(self.distortion), *self._sampled_group_rates])

    @cached_property
    def rate(self) -> tf.Tensor:
        """KL(q, p), `[B]`, in nats."""
        return tf.add_n([tf.zeros_like(self.distortion), *self.group_rates])

    @cached_property
    def elbo(self) -> tf.Tensor:
        """The evidence lower bound, -(distortion + rate), `[B]`, in nats."""
        return -(self.distortion + self.rate)
