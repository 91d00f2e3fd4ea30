"""Affine coupling layers: half of the coordinates move, by what the other half says."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfvae.flows.flow import Context, Mapped
from tfvae.flows.networked import Masks, NetworkedFlow, bounded
from tfvae.part import registered


def _in_turn(layer: int, pair: list) -> list:
    """Orders both halves by what stays still in a layer and what moves, and such a pair back."""
    return pair if layer % 2 == 0 else pair[::-1]


@registered()
class RealNVP(NetworkedFlow):
    r"""Affine coupling layers, as fast one way as the other.

    $$z_a = u_a,\qquad z_b = u_b \odot \exp(s(u_a)) + t(u_a)$$

    a and b are the first half of the coordinates and the rest, in turn. Each layer has one network
    for s and t; |s| is at most 3, and the flow starts as the identity.

    It costs one run of each network, both ways: num_layers (1.5 D H + H^2) products an example,
    for D coordinates and two hidden layers of H.

    Args:
        num_layers: number of layers; each half moves in every second one.
        hidden: sizes of each network's hidden layers, at least one.
        context_size: length of the context vector that the networks read; 0 for none.
        activation: name of a Keras activation.

    Raises:
        ValueError: if a size is not a whole number above zero; when it is built, if the latents
            are not vectors of at least two coordinates.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> flow = tfvae.flows.RealNVP(num_layers=2, hidden=(8,))
        >>> flow.build((None, 3))
        >>> z, log_det = flow.forward(tf.ones([4, 3]))
        >>> z.shape, log_det.shape
        (TensorShape([4, 3]), TensorShape([4]))

    Reference:
        Dinh, Sohl-Dickstein and Bengio 2017, arXiv:1605.08803, equations 4 to 8. Theirs is over
        images, with batch normalisation and several scales; ours is over vectors, with neither.
    """

    def build(self, shape: tuple[Any, ...]) -> None:
        self.halves = [shape[-1] // 2, shape[-1] - shape[-1] // 2]
        super().build(shape)

    def masks(self, layer: int) -> Masks:
        still, moving = _in_turn(layer, self.halves)
        sizes = [still, *self.hidden, 2 * moving]
        return [np.ones(pair) for pair in zip(sizes[:-1], sizes[1:], strict=True)]

    def _forward(self, layer: int, values: tf.Tensor, context: Context) -> Mapped:
        still, moving = _in_turn(layer, tf.split(values, self.halves, axis=-1))
        shift, raw = self.network(layer, context)(still)
        log_scale = bounded(raw)
        z = tf.concat(_in_turn(layer, [still, moving * tf.exp(log_scale) + shift]), axis=-1)
        return z, tf.reduce_sum(log_scale, axis=-1)

    def _inverse(self, layer: int, values: tf.Tensor, context: Context) -> Mapped:
        still, moving = _in_turn(layer, tf.split(values, self.halves, axis=-1))
        shift, raw = self.network(layer, context)(still)
        log_scale = bounded(raw)
        u = tf.concat(_in_turn(layer, [still, (moving - shift) * tf.exp(-log_scale)]), axis=-1)
        return u, -tf.reduce_sum(log_scale, axis=-1)
