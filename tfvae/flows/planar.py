"""Planar layers: each pushes space towards a plane or away from it."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.flows.flow import NO_CONTEXT, Context, Flow, Mapped
from tfvae.part import registered


@registered()
class Planar(Flow):
    r"""Planar flow, its parameters made by the encoder.

    $$f(u) = u + \hat v \tanh(w^\top u + b),\qquad
    \hat v = \frac{v}{1 + \max(0, -w^\top v)}$$

    The division keeps $w^\top \hat v$ above -1, which makes each layer invertible. v starts near 0,
    and so the flow near the identity.

    The way forward costs 3 D products a layer and example, for D coordinates, and a head of
    2 D + 1 numbers a layer. The inverse has no closed form, and is refused.

    v, w and b come from heads on the features: "push", "normal" (L D numbers each), "offset" (L).

    Args:
        num_layers: number of layers, L.

    Raises:
        ValueError: if `num_layers` is not a whole number above zero; when it is built, if the
            latents are not vectors.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> flow = tfvae.flows.Planar(num_layers=1)
        >>> flow.build((None, 1))
        >>> one = tf.ones([1, 1])
        >>> z, log_det = flow.forward(tf.zeros([4, 1]), {"push": one, "normal": one, "offset": one})
        >>> z.shape, log_det.shape
        (TensorShape([4, 1]), TensorShape([4]))

    Reference:
        Rezende and Mohamed 2015, arXiv:1505.05770, equations 10 to 12, where v-hat is called u.
        Their appendix A.1 adds a multiple of w to v instead of dividing it, which reaches the same
        maps, but is not the identity for v = 0, and has no limit for w = 0.
    """

    conditional = True

    def __init__(self, num_layers: int = 8, **kwargs: Any) -> None:
        super().__init__(num_layers, **kwargs)

    def context_heads(self) -> dict[str, keras.layers.Dense]:
        # A small v starts near the identity; w is of usual size, so that v has a gradient.
        small = keras.initializers.VarianceScaling(1e-2)
        vectors = self.num_layers * self.size
        dtype = self.density_dtype
        return {
            "push": keras.layers.Dense(vectors, kernel_initializer=small, name="push", dtype=dtype),
            "normal": keras.layers.Dense(vectors, name="normal", dtype=dtype),
            "offset": keras.layers.Dense(self.num_layers, name="offset", dtype=dtype),
        }

    def _forward(self, layer: int, values: tf.Tensor, context: Context) -> Mapped:
        own = slice(layer * self.size, (layer + 1) * self.size)
        v, w = context["push"][..., own], context["normal"][..., own]
        along = tf.reduce_sum(w * v, axis=-1)
        shrink = 1.0 + tf.nn.relu(-along)
        slope = (1.0 + tf.nn.relu(along)) / shrink  # 1 + w v-hat
        bend = tf.tanh(tf.reduce_sum(w * values, axis=-1) + context["offset"][..., layer])
        # 1 + (1 - bend^2) w v-hat, as a mean of two positive numbers.
        determinant = tf.square(bend) + (1.0 - tf.square(bend)) * slope
        return values + v * (bend / shrink)[..., None], tf.math.log(determinant)

    def inverse(self, z: tf.Tensor, context: Context = NO_CONTEXT) -> Mapped:
        raise ValueError(
            "A planar flow has no inverse in closed form, so that its density is known at its own "
            "samples alone. The gradients 'sticking_the_landing' and 'doubly_reparametrised', "
            "`PIWAE` and `encode(x).log_prob(z)` need it at any z: take another objective, or "
            "`tfvae.flows.RealNVP` or `tfvae.flows.InverseAutoregressive`."
        )
