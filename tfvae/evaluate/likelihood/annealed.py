"""log p(x) by annealed importance sampling: a check that does not depend on how good q is."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfvae import random
from tfvae.evaluate.likelihood import hamiltonian
from tfvae.evaluate.likelihood.hamiltonian import Point
from tfvae.evaluate.likelihood.importance import WeightedEstimate, estimate_of, warn_of_few
from tfvae.part import positive_integer
from tfvae.side import LABEL, repeated, split
from tfvae.weighing import DECODED_AT_ONCE, WeightSums
from tfvae.wiring import as_events

# Probability to move for which step sizes are chosen, and how the best one falls with dimensions:
# Beskos et al. 2010, arXiv:1001.4460.
TARGET_ACCEPTANCE, POWER_OF_DIMENSIONS = 0.65, -0.25
# Chains that choose them, beside those that count, and transitions before the path begins.
TUNING_CHAINS, TUNING_TRANSITIONS = 4, 50
# Change of the logarithm of a step size, for each unit that the acceptance is off.
TUNING_RATE = 0.2
# Half of the interval of the sigmoid that the shares lie on.
STEEPNESS = 4.0
# Which noise it is: of the chains that tune, of those that count, and each one's start.
OF_TUNING, OF_CHAINS, OF_START = 0, 1, -1


@dataclass(frozen=True)
class AnnealedEstimate(WeightedEstimate):
    """What annealed importance sampling finds; its `num_samples` are its chains.

    Args:
        acceptance_rate: mean probability with which an example's chains moved, `[N]`; NaN if
            there was no transition.
    """

    acceptance_rate: np.ndarray


def annealed_importance_sampling(
    vae: Any,
    x: Any,
    num_chains: int = 16,
    num_distributions: int = 1000,
    num_leapfrog_steps: int = 10,
    start: str = "prior",
    seed: int = 0,
    batch_size: int = 128,
    y: Any = None,
) -> AnnealedEstimate:
    r"""Estimates log p(x) by chains that go from the prior, or from q, to the posterior.

    $$\log w = \sum_{t=1}^T (\beta_t - \beta_{t-1}) \log \frac{p(x, z_{t-1})}{p_0(z_{t-1})},\qquad
    z_0 \sim p_0,\qquad z_t \sim HMC_t(z_{t-1}),\qquad
    HMC_t \text{ keeps } p_0(z)^{1 - \beta_t}\, p(x, z)^{\beta_t}$$

    The mean of w over chains is an unbiased estimate of p(x), as that of importance weights is,
    and its logarithm too low; but as T grows all w come near to p(x), even where q is far from the
    posterior. That has its price: each of T - 1 transitions takes L gradients through the decoder.
    From the prior, what is found does not depend on q at all, and T of some thousands are usual;
    from q, far fewer do.

    Shares of the way lie on a sigmoid. Step sizes aim at an acceptance of 0.65: four chains beside
    those that count are first led through the whole path, and move a step size of each example up
    and down; the chains that count then take it as it is, for a step size that depended on their
    own past would cost them their unbiasedness.

    Sums are float64. At most 2,048 chains are in memory at once, or those of one example.

    Args:
        vae: a `tfvae.VAE` whose latents are real vectors with a density p(z): no codes, no points
            of a sphere or of a simplex, no classes beside z. Ladders are such.
        x: examples, `[N, *event_shape]`, `tfvae.pipeline.Images` or a `tf.data.Dataset`.
        num_chains: chains of each example.
        num_distributions: T: how many densities follow p_0, the last being the posterior.
        num_leapfrog_steps: L: steps in a transition.
        start: p_0: `"prior"`, or `"posterior"` for q(z given x), of which less is to be corrected.
        seed: seed of all noise, a 32-bit whole number.
        batch_size: examples at a time, at most.
        y: as in `vae.elbo`.

    Returns:
        The estimates, float64 `[N]`, their effective sample sizes and standard errors over chains,
        and acceptance rates.

    Raises:
        ValueError: if a number is not a whole one above 0, `start` is neither of the two, latents
            are not such vectors, q is a point and to be started from, or the data cannot be what
            the likelihood is over.

    Warns:
        RuntimeWarning: if, of at least 10 chains, more than a tenth of the examples have fewer
            than 10 effective ones, or than half of them, if that is less.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((2, 2, 1)),
        ... )
        >>> x = np.zeros([3, 2, 2, 1])
        >>> found = annealed_importance_sampling(vae, x, num_distributions=20)
        >>> bool(np.abs(found.log_likelihood - vae.log_likelihood(x)).max() < 1.0)
        True

    Reference:
        Neal 2001, Annealed importance sampling, Statistics and Computing 11, arXiv:physics/9803008;
        Wu, Burda, Salakhutdinov and Grosse 2017, arXiv:1611.04273, for decoders. That chains of
        their own choose the step sizes is ours.
    """
    for name, count in (
        ("num_chains", num_chains),
        ("num_distributions", num_distributions),
        ("num_leapfrog_steps", num_leapfrog_steps),
        ("batch_size", batch_size),
    ):
        positive_integer(count, name)
    _check(vae, start)

    # Two functions, since each is traced under its name.
    def from_prior(x: Any, first: Any, seed: Any, shares: Any, *rest: Any) -> Any:
        return _anneal(vae, False, x, first, seed, shares, *rest)

    def from_posterior(x: Any, first: Any, seed: Any, shares: Any, *rest: Any) -> Any:
        return _anneal(vae, True, x, first, seed, shares, *rest)

    function = from_prior if start == "prior" else from_posterior
    counts = np.int32(num_chains), np.int32(num_leapfrog_steps)
    extra = (random.rows(seed, 1)[0], sigmoid_shares(num_distributions), *counts)
    at_once = min(batch_size, max(1, DECODED_AT_ONCE // num_chains))
    sums, acceptance = vae._over(function, x, at_once, *extra, dense=True, y=y)
    found = estimate_of(sums, num_chains)
    warn_of_few(found, "chains", "`num_distributions` or `num_chains`")
    return AnnealedEstimate(**vars(found), acceptance_rate=acceptance.numpy())


def sigmoid_shares(num_distributions: int) -> np.ndarray:
    """Returns shares of the way from 0 to 1, closest to each other at both ends, `[T + 1]`.

    Reference:
        Grosse, Ghahramani and Adams 2015, arXiv:1511.02543.
    """
    points = 1.0 / (1.0 + np.exp(-np.linspace(-STEEPNESS, STEEPNESS, num_distributions + 1)))
    return (points - points[0]) / (points[-1] - points[0])


def _check(vae: Any, start: str) -> None:
    if start not in ("prior", "posterior"):
        raise ValueError(f"`start` must be 'prior' or 'posterior', but is {start!r}.")
    if not vae.latents.is_euclidean:
        raise ValueError(
            "Annealed importance sampling moves z in small steps, and so needs latents that are "
            f"real vectors with a density of their own; those of `{type(vae.latents).__name__}` "
            f"with the prior `{type(vae.prior).__name__}` are not: they are codes, points of a "
            "sphere or a simplex, or have a class beside them. `importance_sampling` takes all "
            "whose posterior has a density."
        )
    if start == "posterior":
        vae._need_density("annealed_importance_sampling(start='posterior')")


class _Path(NamedTuple):
    """The densities between which a batch's chains go, and what they need."""

    vae: Any
    target: tf.Tensor
    side: dict[str, tf.Tensor]
    base: Any
    key: tf.Tensor
    num_leapfrog_steps: tf.Tensor

    def densities(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns log p_0(z), and log p(x, z) less that, each `[C, B]`, in nats."""
        vae, leading = self.vae, tf.shape(z)[:2]
        flat = tf.reshape(z, (-1, *vae.latents.event_shape))
        decoded = {
            name: tf.reshape(value, tf.concat([leading, tf.shape(value)[1:]], axis=0))
            for name, value in vae.decode_parameters(
                flat, side=repeated(self.side, leading[0])
            ).items()
        }
        log_likelihood = vae.likelihood.log_prob(decoded, self.target)
        log_prior = vae.prior.log_prob(z)
        if self.base is None:
            return log_prior, log_likelihood
        log_base = self.base.log_prob(z)
        return log_base, log_prior + log_likelihood - log_base

    def moved(
        self, point: Point, share: tf.Tensor, log_step: tf.Tensor, number: Any
    ) -> tuple[Point, tf.Tensor]:
        """Takes the transition of a number at a share of the way, by a step size for each row."""
        specs, dtype = hamiltonian.noise(self.vae.latents.event_shape), point.base.dtype
        key = tf.random.fold_in(self.key, number)
        given = random.draw(specs, tf.shape(point.base), key, dtype)
        share, size = tf.cast(share, dtype), tf.exp(log_step)
        steps = self.num_leapfrog_steps
        return hamiltonian.transition(self.densities, point, share, size, steps, given)


def _anneal(
    vae: Any,
    from_posterior: bool,
    x: Any,
    first: tf.Tensor,
    seed: tf.Tensor,
    shares: tf.Tensor,
    num_chains: tf.Tensor,
    num_leapfrog_steps: tf.Tensor,
    y: tf.Tensor | None = None,
) -> tuple[WeightSums, tf.Tensor]:
    """Returns the sums of a batch's weights, and its acceptance rates `[B]`."""
    inputs, side = split(x)
    if LABEL in side:
        raise ValueError(
            "Annealed importance sampling estimates log p(x), without a label: leave it out."
        )
    target = as_events(inputs if y is None else y, vae.event_shape)
    target = tf.cast(target, vae.likelihood.density_dtype)
    parameters = vae.infer_parameters(x) if from_posterior else None
    base = vae.latents.distribution(parameters) if from_posterior else None

    def path_and_start(chains: Any, which: int) -> tuple[_Path, Point]:
        key = tf.random.fold_in(tf.stack([seed[0], first]), which)
        path = _Path(vae, target, side, base, key, num_leapfrog_steps)
        z = _start(vae, parameters, tf.stack([chains, tf.shape(target)[0]]), key)
        return path, hamiltonian.evaluated(path.densities, z)

    with vae.prior.evaluated_once():
        log_steps = _tuned(*path_and_start(TUNING_CHAINS, OF_TUNING), shares)
        return _weighed(*path_and_start(num_chains, OF_CHAINS), shares, log_steps)


def _start(vae: Any, parameters: Any, leading: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    """Returns draws from the prior, or of q at its parameters, `[C, B, *event]`."""
    latents, dtype = vae.latents, vae.likelihood.density_dtype
    key = tf.random.fold_in(key, OF_START)
    if parameters is not None:
        return latents.draw(parameters, random.draw(latents.noise(), leading, key, dtype))
    rows = tf.reduce_prod(leading, keepdims=True)
    z = latents.generate(random.draw(latents.generative_noise(), rows, key, dtype))
    return tf.reshape(z, tf.concat([leading, latents.event_shape], axis=0))


def _tuned(path: _Path, start: Point, shares: tf.Tensor) -> tf.Tensor:
    """Returns the logarithm of a step size for each transition and example, `[T, B]`."""
    size = math.prod(path.vae.latents.event_shape)
    first = tf.zeros_like(start.base[0]) + POWER_OF_DIMENSIONS * math.log(size)
    moves = tf.shape(shares)[0] - 2
    count = TUNING_TRANSITIONS + moves
    kept = tf.TensorArray(first.dtype, count, element_shape=first.shape)

    def step(number: Any, at: Point, log_step: tf.Tensor, kept: Any) -> tuple[Any, ...]:
        share = shares[tf.clip_by_value(number - TUNING_TRANSITIONS + 1, 1, moves + 1)]
        at, probability = path.moved(at, share, log_step, number)
        kept = kept.write(number, log_step)
        log_step += TUNING_RATE * (tf.reduce_mean(probability, axis=0) - TARGET_ACCEPTANCE)
        return number + 1, at, log_step, kept

    *_, kept = tf.while_loop(
        lambda number, *_: number < count,
        step,
        (tf.constant(0), start, first, kept),
        parallel_iterations=1,
    )
    return kept.stack()[TUNING_TRANSITIONS:]


def _weighed(
    path: _Path, start: Point, shares: tf.Tensor, log_steps: tf.Tensor
) -> tuple[WeightSums, tf.Tensor]:
    """Leads chains along the path; returns the sums of their weights, and acceptance rates."""
    moves = tf.shape(shares)[0] - 2

    def weight(number: Any, at: Point) -> tf.Tensor:
        return (shares[number + 1] - shares[number]) * tf.cast(at.ratio, tf.float64)

    def step(number: Any, at: Point, log_weight: Any, accepted: Any) -> tuple[Any, ...]:
        # After the last density there is nothing left to weigh, so none moves by it.
        at, probability = path.moved(at, shares[number + 1], log_steps[number], number)
        log_weight += weight(number + 1, at)
        return number + 1, at, log_weight, accepted + tf.reduce_mean(probability, axis=0)

    begin = (tf.constant(0), start, weight(0, start), tf.zeros_like(start.base[0]))
    _, _, log_weight, accepted = tf.while_loop(
        lambda number, *_: number < moves, step, begin, parallel_iterations=1
    )
    sums = WeightSums.of_none(tf.shape(log_weight)[1])
    acceptance = accepted / tf.cast(moves, accepted.dtype)
    return sums.with_log_weights(log_weight, log_weight), acceptance
