"""Hamiltonian Monte Carlo between two densities, many chains side by side."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from tfvae.random import Noise

# How far a step may be from its size, as a share of it.
JITTER = 0.2


class Point(NamedTuple):
    """Where each chain is, on the geometric path from a base density p_0 to a target p_1.

    At the share b of the way, the log-density is log p_0 + b (log p_1 - log p_0).

    Args:
        z: `[C, B, *event]`.
        base: log p_0(z), `[C, B]`, in nats.
        ratio: log p_1(z) - log p_0(z), `[C, B]`, in nats.
        base_gradient: of `base`, in z, `[C, B, *event]`.
        ratio_gradient: of `ratio`, in z, `[C, B, *event]`.
    """

    z: tf.Tensor
    base: tf.Tensor
    ratio: tf.Tensor
    base_gradient: tf.Tensor
    ratio_gradient: tf.Tensor

    def log_density(self, share: tf.Tensor) -> tf.Tensor:
        """Returns the log-density at a share of the way, but for its constant, `[C, B]`."""
        return self.base + share * self.ratio

    def gradient(self, share: tf.Tensor) -> tf.Tensor:
        """Returns the gradient of that in z, `[C, B, *event]`."""
        return self.base_gradient + share * self.ratio_gradient


# From z `[C, B, *event]` to `base` and `ratio`, each `[C, B]`.
Densities = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def evaluated(densities: Densities, z: tf.Tensor) -> Point:
    """Returns the point z, with the densities there and their gradients."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(z)
        base, ratio = densities(z)
    # Chains do not feel each other: the gradient of a sum over them is that of each.
    gradients = [
        tape.gradient(density, z, unconnected_gradients="zero") for density in (base, ratio)
    ]
    return Point(z, base, ratio, *gradients)


def noise(event_shape: tuple[int, ...]) -> dict[str, Noise]:
    """States the noise of one transition."""
    uniform = Noise("uniform", ())
    return {"momentum": Noise("normal", event_shape), "step": uniform, "accept": uniform}


def transition(
    densities: Densities,
    point: Point,
    share: tf.Tensor,
    step_size: tf.Tensor,
    num_steps: tf.Tensor,
    given: dict[str, tf.Tensor],
) -> tuple[Point, tf.Tensor]:
    """Moves each chain by a transition that keeps the density at a share of the way as it is.

    Args:
        densities: those of the path.
        point: where the chains are.
        share: the share, a number.
        step_size: of the leapfrog steps, `[B]`; each chain's is up to a fifth more or less, for
            paths of one length may come back to where they began, time and again.
        num_steps: how many of them.
        given: noise, each `[C, B, ...]`.

    Returns:
        Where the chains are then, and the probability with which each was to move, `[C, B]`.

    Reference:
        Neal 2011, MCMC using Hamiltonian dynamics, arXiv:1206.1901.
    """
    momentum = given["momentum"]
    around = 1.0 + JITTER * (2.0 * given["step"] - 1.0)
    step = _over_event(step_size * around, momentum.shape.rank - 2)

    def leap(done: Any, at: Point, momentum: tf.Tensor) -> tuple[Any, Point, tf.Tensor]:
        momentum += 0.5 * step * at.gradient(share)
        at = evaluated(densities, at.z + step * momentum)
        return done + 1, at, momentum + 0.5 * step * at.gradient(share)

    _, proposed, end = tf.while_loop(
        lambda done, *_: done < num_steps,
        leap,
        (tf.constant(0), point, momentum),
        parallel_iterations=1,
    )
    gain = proposed.log_density(share) - _energy(end)
    gain -= point.log_density(share) - _energy(momentum)
    # A path that ran away, to where a density is no number, is not taken.
    gain = tf.where(tf.math.is_nan(gain), tf.constant(float("-inf"), gain.dtype), gain)
    moves = tf.math.log(given["accept"]) < gain
    chosen = tf.nest.map_structure(lambda new, old: _where(moves, new, old), proposed, point)
    return chosen, tf.exp(tf.minimum(gain, 0.0))


def _energy(momentum: tf.Tensor) -> tf.Tensor:
    """Returns the kinetic energy of each chain, `[C, B]`."""
    return 0.5 * tf.reduce_sum(tf.square(momentum), axis=list(range(2, momentum.shape.rank)))


def _where(moves: tf.Tensor, new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
    """Returns the new values of the chains that move, and the old ones of the others."""
    return tf.where(_over_event(moves, new.shape.rank - 2), new, old)


def _over_event(values: tf.Tensor, rank: int) -> tf.Tensor:
    """Appends axes of size 1, so many as an event has."""
    return tf.reshape(values, tf.concat([tf.shape(values), [1] * rank], axis=0))
