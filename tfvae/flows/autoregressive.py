"""Affine autoregressive layers: each coordinate moves by what those before it say."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfvae.flows.flow import Context, Mapped
from tfvae.flows.networked import Masks, NetworkedFlow, bounded
from tfvae.part import registered

# Where its network gives 0, a gate lets 0.88 through: open, as Kingma et al. advise for a start.
GATE_START = 2.0
# Gates stay this far open, so that a layer can be inverted in float32.
SMALLEST_GATE = 1e-3


def autoregressive_masks(
    size: int, hidden: Sequence[int], backwards: bool = False, conditional: bool = False
) -> Masks:
    """Returns masks by which output d depends on the coordinates before d alone.

    Each unit has a degree, and depends on coordinates up to that many. The degrees of hidden units
    go round from 1 to D - 1; from 0 where there is a context, on which coordinate 1 may depend.

    Args:
        size: D, number of coordinates.
        hidden: sizes of the hidden layers.
        backwards: whether the last coordinate comes first.
        conditional: whether there is a context.

    Returns:
        Masks `[inputs, outputs]` of the layers; the last has 2 D outputs: D shifts, then D scales.

    Reference:
        Germain et al. 2015, arXiv:1502.03509, section 4. They draw the degrees of hidden units at
        random.
    """
    least = 0 if conditional else 1
    own = np.arange(size, 0, -1) if backwards else np.arange(1, size + 1)
    degrees = [own, *(least + np.arange(units) % (size - least) for units in hidden)]
    masks = [a[:, None] <= b for a, b in zip(degrees[:-1], degrees[1:], strict=True)]
    masks.append(degrees[-1][:, None] < np.tile(own, 2))
    return [mask.astype("float64") for mask in masks]


class _Autoregressive(NetworkedFlow):
    """What the two share: a layer that is fast one way, and takes a step a coordinate the other."""

    def masks(self, layer: int) -> Masks:
        return autoregressive_masks(self.size, self.hidden, layer % 2 == 1, self.conditional)

    def affine(self, loc: tf.Tensor, raw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns shift and log-scale of the fast way from the network's outputs, `[..., D]`."""
        raise TypeError(f"{type(self).__name__} must define `affine`.")

    def _fast(self, layer: int, values: tf.Tensor, context: Context) -> Mapped:
        shift, log_scale = self.affine(*self.network(layer, context)(values))
        return values * tf.exp(log_scale) + shift, tf.reduce_sum(log_scale, axis=-1)

    def _slow(self, layer: int, values: tf.Tensor, context: Context) -> Mapped:
        # Coordinates that are not known yet are 0: guesses at them could grow with each step, and
        # a mask does not stop what is not finite.
        known, log_scales = tf.zeros_like(values), tf.zeros_like(values)
        network = self.network(layer, context)
        order = range(self.size)
        for coordinate in order if layer % 2 == 0 else reversed(order):
            shift, log_scale = self.affine(*network(known))
            found = (values - shift) * tf.exp(-log_scale)
            is_next = tf.constant(np.arange(self.size) == coordinate)
            known = tf.where(is_next, found, known)
            log_scales = tf.where(is_next, log_scale, log_scales)
        return known, -tf.reduce_sum(log_scales, axis=-1)


@registered()
class MaskedAutoregressive(_Autoregressive):
    r"""Masked autoregressive flow: fast in density, slow in sampling.

    $$z_d = u_d \exp(\alpha_d(z_{<d})) + m_d(z_{<d})$$

    Every second layer takes the coordinates backwards. $|\alpha|$ is at most 3, and the flow
    starts as the identity.

    The inverse costs one run of each network, num_layers (3 D H + H^2) products an example, for D
    coordinates and two hidden layers of H; the way forward costs D times as much, unrolled.

    Args:
        num_layers: number of layers.
        hidden: sizes of each network's hidden layers, at least one.
        context_size: length of the context vector that the networks read; 0 for none.
        activation: name of a Keras activation.

    Raises:
        ValueError: if a size is not a whole number above zero; when it is built, if the latents
            are not vectors of at least two coordinates.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> flow = tfvae.flows.MaskedAutoregressive(num_layers=2, hidden=(8,))
        >>> flow.build((None, 3))
        >>> flow.inverse(tf.ones([4, 3]))[1].numpy()
        array([0., 0., 0., 0.], dtype=float32)

    Reference:
        Papamakarios, Pavlakou and Murray 2017, arXiv:1705.07057, equations 3 to 5, with the
        networks of Germain et al. 2015, arXiv:1502.03509. Ours has no batch normalisation between
        layers.
    """

    def affine(self, loc: tf.Tensor, raw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        log_scale = -bounded(raw)
        return -loc * tf.exp(log_scale), log_scale

    _forward, _inverse = _Autoregressive._slow, _Autoregressive._fast


@registered()
class InverseAutoregressive(_Autoregressive):
    r"""Inverse autoregressive flow: fast in sampling, slow in the density of any other point.

    $$z_d = g_d u_d + (1 - g_d)\, m_d(u_{<d}),\qquad g_d = \sigma(s_d(u_{<d}) + 2)$$

    Every second layer takes the coordinates backwards. A gate g is at least 0.001; the flow starts
    with all of them at 0.88.

    The way forward costs one run of each network, num_layers (3 D H + H^2) products an example,
    for D coordinates and two hidden layers of H; the inverse costs D times as much, unrolled.

    Args:
        num_layers: number of layers.
        hidden: sizes of each network's hidden layers, at least one.
        context_size: length of the context vector that the networks read; 0 for none.
        activation: name of a Keras activation.

    Raises:
        ValueError: if a size is not a whole number above zero; when it is built, if the latents
            are not vectors of at least two coordinates.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> flow = tfvae.flows.InverseAutoregressive(num_layers=1, hidden=(8,))
        >>> flow.build((None, 3))
        >>> flow.forward(tf.ones([1, 3]))[0].numpy().round(2)
        array([[0.88, 0.88, 0.88]], dtype=float32)

    Reference:
        Kingma et al. 2016, arXiv:1606.04934, equations 12 to 14 and algorithm 1. Their
        gates may close altogether.
    """

    def affine(self, loc: tf.Tensor, raw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        gate = SMALLEST_GATE + (1.0 - SMALLEST_GATE) * tf.sigmoid(raw + GATE_START)
        return (1.0 - gate) * loc, tf.math.log(gate)

    _forward, _inverse = _Autoregressive._fast, _Autoregressive._slow
