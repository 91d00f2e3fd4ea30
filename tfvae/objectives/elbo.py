"""The evidence lower bound, with a weight on its rate and a floor under it."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tfvae.objectives.gradients import Gradient, gradient_named
from tfvae.objectives.objective import Objective, at_step, checked_weight
from tfvae.part import registered
from tfvae.trace import Trace


@registered()
class ELBO(Objective):
    r"""Minimises distortion + beta * rate.

    $$\mathcal L = -E_{q(z|x)} \log p(x|z) + \beta\, \mathrm{KL}(q(z|x), p(z))$$

    The rate is in closed form where there is one, else estimated from the same samples.

    Args:
        beta: weight of the rate: a number of at least 0, or a Keras schedule of the training
            step, such as `Warmup(1000)` or any of `keras.optimizers.schedules`.
        free_bits: a floor, in nats a latent dimension, under the rate averaged over the batch: no
            gradient pushes it lower. Where the rate is a sum over dimensions (diagonal Gaussians)
            each dimension has the floor; elsewhere each group of latents has it, times its size.
            A tuple has a floor for each group of latents, in the order of the rate's groups.
        num_samples: samples of z an example.
        gradient: `"reparametrised"`, or `"sticking_the_landing"`: through samples alone, the rate
            sampled. Its noise vanishes where q is the exact posterior.

    Raises:
        ValueError: if `beta` or `free_bits` is negative or not finite, or `gradient` is neither of
            the two, or goes with free bits.

    Example:
        >>> import tfvae
        >>> tfvae.objectives.ELBO(beta=4.0).get_config()["beta"]
        4.0

    Reference:
        Kingma and Welling 2013, arXiv:1312.6114, equation 3; Higgins et al. 2017, beta-VAE, ICLR,
        equation 4, for beta; Kingma et al. 2016, arXiv:1606.04934, equation 15, for free bits;
        Roeder, Wu and Duvenaud 2017, arXiv:1703.09194, for sticking the landing.
    """

    def __init__(
        self,
        beta: float | keras.optimizers.schedules.LearningRateSchedule = 1.0,
        free_bits: float | Sequence[float] = 0.0,
        num_samples: int = 1,
        gradient: str = "reparametrised",
        **kwargs: Any,
    ) -> None:
        super().__init__(num_samples, **kwargs)
        if not callable(beta):
            beta = checked_weight(beta, "beta")
        self.beta = beta
        several = isinstance(free_bits, list | tuple)
        floors: Any = free_bits if several else [free_bits]
        # One for all groups, or one for each.
        self.floors = tuple(checked_weight(floor, "free_bits") for floor in floors)
        self.free_bits: Any = self.floors if several else self.floors[0]
        self.gradient = gradient_named(gradient)
        if self.gradient is Gradient.DOUBLY_REPARAMETRISED:
            raise ValueError(
                "The doubly reparametrised gradient of the ELBO is that of sticking the landing: "
                "ask for `gradient='sticking_the_landing'`."
            )
        if self.gradient.gated and self._has_floor:
            raise ValueError(
                "`free_bits` are a floor under a rate in closed form, and sticking the landing "
                "samples it: leave one of the two out."
            )

    def loss(self, trace: Trace) -> tf.Tensor:
        if self.gradient.gated:
            rate = trace.sampled_rate
        else:
            rate = self._floored_rate(trace) if self._has_floor else trace.rate
        return trace.distortion + at_step(self.beta, trace) * rate

    @property
    def _has_floor(self) -> bool:
        return any(self.floors)

    def _floored_rate(self, trace: Trace) -> tf.Tensor:
        total = tf.zeros_like(trace.distortion)
        posteriors, rates = trace.inference.posteriors, trace.group_rates
        groups = zip(posteriors, trace.rates_by_dimension, rates, self._floors(trace), strict=True)
        for q, by_dimension, group_rate, floor in groups:
            if not floor:
                total += group_rate
            elif by_dimension is None:
                size = 1 if q is None else math.prod(q.event_shape)
                total += tf.maximum(trace.average(group_rate), floor * size)
            else:
                total += tf.reduce_sum(tf.maximum(trace.average(by_dimension), floor))
        return total

    def _floors(self, trace: Trace) -> tuple[float, ...]:
        groups = len(trace.group_rates)
        floors = self.floors if isinstance(self.free_bits, tuple) else self.floors * groups
        if len(floors) != groups:
            raise ValueError(
                f"`free_bits` has {len(floors)} floors, but the latents have {groups} groups: give "
                "one number for all, or one each."
            )
        return floors
