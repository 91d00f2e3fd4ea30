"""A diagonal Gaussian whose coordinates lie on a map, for convolutional networks."""

import math
from typing import Any

import tensorflow as tf

from tfvae.families.family import Parameters, Projection
from tfvae.families.gaussian import DiagonalNormal
from tfvae.part import checked_shape, registered


@registered()
class NormalMap(DiagonalNormal):
    """A Gaussian with independent coordinates that lie on a map of height, width and channels.

    z is the map, flattened to a vector; location and scale come from features on a map of the same
    height and width by a 1x1 convolution each, or from a vector of features by a dense head.

    Args:
        map_shape: height, width and channels of z.

    Raises:
        ValueError: if a size is not a whole number above zero, or there are not three.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> family = tfvae.families.NormalMap((7, 7, 2))
        >>> family(tf.zeros([3, 7, 7, 16]))["loc"].shape
        TensorShape([3, 98])

    Reference:
        Kingma et al. 2016, arXiv:1606.04934, section 1 (each variable a stack of feature maps).
    """

    def __init__(self, map_shape: tuple[int, int, int], **kwargs: Any) -> None:
        self.map_shape = checked_shape(map_shape, "map_shape")
        if len(self.map_shape) != 3:
            raise ValueError(
                f"`map_shape` must be (height, width, channels), but is {map_shape!r}. For a "
                "vector, take `tfvae.families.DiagonalNormal`."
            )
        super().__init__(math.prod(self.map_shape), **kwargs)

    def heads(self) -> dict[str, Projection]:
        return {name: Projection(self.map_shape, name=name) for name in ("loc", "scale")}

    def parameters(self, projected: Parameters) -> Parameters:
        flat = {
            name: tf.reshape(value, (-1, *self.event_shape)) for name, value in projected.items()
        }
        return super().parameters(flat)
