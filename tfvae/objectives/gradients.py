"""How an objective's gradient reaches the encoder: a gate at z, and what passes beside it."""

import enum
from collections.abc import Iterable
from typing import Any

import keras
import tensorflow as tf


class Gradient(enum.Enum):
    """Estimators of the gradient with respect to the posterior's parameters.

    The density log q(z given x) depends on them twice: through z, and directly. The direct part of
    the gradient is zero in expectation, where samples are weighed alike.
    """

    REPARAMETRISED = "reparametrised"
    STICKING_THE_LANDING = "sticking_the_landing"
    DOUBLY_REPARAMETRISED = "doubly_reparametrised"
    # Of PIWAE alone: both parts, as the gate says.
    TWO_SHARES = "two_shares"

    @property
    def gated(self) -> bool:
        """Whether the objective needs a gate."""
        return self is not Gradient.REPARAMETRISED

    @property
    def direct(self) -> bool:
        """Whether the direct part of the gradient is kept."""
        return self in (Gradient.REPARAMETRISED, Gradient.TWO_SHARES)


def gradient_named(name: str) -> Gradient:
    """Returns the estimator of that name.

    Raises:
        ValueError: if it is not one that an objective may be asked for.
    """
    names = [kind.value for kind in Gradient if kind is not Gradient.TWO_SHARES]
    if name not in names:
        raise ValueError(f"`gradient` must be one of {', '.join(names)}, but is {name!r}.")
    return Gradient(name)


class Gate:
    """The identity; backwards it multiplies gradients by `factor`, which may be set after it.

    Args:
        gradient: the estimator that it serves.

    Attributes:
        direct: whether gradients may pass beside z, through the density's own parameters.
        factor: what gradients are multiplied by, `[K or 1, S, B]`; None for 1.
    """

    def __init__(self, gradient: Gradient) -> None:
        self.gradient = gradient
        self.direct = gradient.direct
        self.factor: tf.Tensor | None = None

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Returns values `[K or 1, S, B, ...]` as they are."""

        @tf.custom_gradient
        def identity(values: tf.Tensor) -> tuple[tf.Tensor, Any]:
            return tf.identity(values), self._scaled

        return identity(values)

    def _scaled(self, gradient: tf.Tensor) -> tf.Tensor:
        if self.factor is None:
            return gradient
        extra = [1] * (gradient.shape.rank - self.factor.shape.rank)
        shape = tf.concat([tf.shape(self.factor), extra], axis=0)
        return gradient * tf.cast(tf.reshape(self.factor, shape), gradient.dtype)


def stopped(weights: Iterable[keras.Variable]) -> keras.StatelessScope:
    """Returns a context in which layers see these weights as constants: no gradient reaches them.

    A density that depends on z through networks is differentiated with respect to z alone there.
    """
    return keras.StatelessScope([(weight, tf.stop_gradient(weight.value)) for weight in weights])


def refuse_gate(gate: Gate | None) -> None:
    """Raises, where samples of several classes share their noise, if gradients shall pass a gate.

    Raises:
        ValueError: if there is a gate.
    """
    if gate is not None:
        raise ValueError(
            "Gradients through samples alone are not known for classes that are summed over: "
            "leave `gradient` at 'reparametrised'."
        )
