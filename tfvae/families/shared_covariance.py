"""A Gaussian whose location alone depends on the features: the posterior of linear models."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.families.family import Projection
from tfvae.families.gaussian import FullNormal
from tfvae.part import Part, registered


@registered()
class Constant(Part):
    """A head that gives every example the same learned numbers, whatever its features.

    Args:
        event_shape: shape of what it gives each example; its values start at 0.
    """

    def __init__(self, event_shape: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.event_shape = tuple(event_shape)

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        self.value = self.add_weight(
            name="value",
            shape=self.event_shape,
            initializer=keras.initializers.Zeros(),
            dtype=self.density_dtype,
            autocast=False,
        )
        self.built = True

    def call(self, features: tf.Tensor) -> tf.Tensor:
        value = tf.convert_to_tensor(self.value)
        return tf.broadcast_to(value, tf.concat([tf.shape(features)[:1], value.shape], axis=0))


@registered()
class SharedCovarianceNormal(FullNormal):
    r"""A Gaussian with one full covariance for all examples.

    $$q(z|x) = \mathcal N(z;\ loc(x),\ L L^\top)$$

    The exact posterior of a linear Gaussian model is of this kind.

    Args:
        latent_size: number of coordinates D, at least 1; L has D (D + 1) / 2 numbers, learned.

    Raises:
        ValueError: if `latent_size` is not a whole number above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> family = tfvae.families.SharedCovarianceNormal(2)
        >>> parameters = family(tf.random.normal([3, 8]))
        >>> family.distribution(parameters).covariance()[2].numpy().round(3)
        array([[1., 0.],
               [0., 1.]], dtype=float32)

    Reference:
        Lucas et al. 2019, arXiv:1911.02469, the linear VAE: theirs is diagonal, which suffices for
        axes turned so that it is right; ours is right for any.
    """

    def __init__(self, latent_size: int, **kwargs: Any) -> None:
        super().__init__(latent_size, **kwargs)

    def heads(self) -> dict[str, Projection | Constant]:
        heads = super().heads()
        return {
            name: head if name == "loc" else Constant(head.event_shape, name=name)
            for name, head in heads.items()
        }
