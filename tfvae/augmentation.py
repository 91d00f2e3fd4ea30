"""Images moved at random, so that an encoder learns what does not depend on where ink lies."""

import math
from typing import Any

import keras
import tensorflow as tf

from tfvae import random
from tfvae.part import Part, registered

# One uniform number an image for each of these.
MOTIONS = ("rotation", "shear", "stretch", "narrowing", "down", "right")


@registered()
class RandomAffine(Part):
    r"""Turns, shears, scales and shifts images at random, each by itself; in training only.

    $$\tilde x(p) = x(c + t + A (p - c)),\qquad A = \begin{pmatrix} s_1 & 0 \\ 0 & s_2 \end{pmatrix}
    \begin{pmatrix} \cos a & \sin a \\ -\sin a & \cos a \end{pmatrix}
    \begin{pmatrix} 1 & 0 \\ h & 1 \end{pmatrix}$$

    p is a pixel's row and column, c the middle of the image. Each number is uniform between minus
    and plus what is given, $s_1$ and $s_2$ in their logarithms. Values between pixels are bilinear.
    As the first layer of an encoder it makes q(z|x) a random one, and the evidence lower bound
    stays a bound: see `tfvae.models.DenoisingVAE`.

    Args:
        rotation: the largest angle a, degrees.
        shear: the largest h, columns a row.
        scale: the largest change of the logarithm of the size, of rows and columns by themselves.
        shift: the largest shift t, pixels, down and to the right by themselves.
        background: the value of what lies outside the image.
        seed: seed of the motions; None takes Keras's global seed.

    Raises:
        ValueError: if a number is negative or not finite; at the first call, if the input is not
            images, `[N, rows, columns, channels]`.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> move = tfvae.encoders.RandomAffine(rotation=10.0, shift=2.0, seed=0)
        >>> x = tf.random.stateless_uniform([3, 28, 28, 1], [0, 1])
        >>> bool(tf.reduce_all(move(x) == x)), bool(tf.reduce_all(move(x, training=True) == x))
        (True, False)

    Reference:
        Im et al. 2017, arXiv:1511.06406, for the bound with a randomly changed input; their noise
        is added to each pixel by itself.
    """

    def __init__(
        self,
        rotation: float = 0.0,
        shear: float = 0.0,
        scale: float = 0.0,
        shift: float = 0.0,
        background: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        ranges = {"rotation": rotation, "shear": shear, "scale": scale, "shift": shift}
        for name, value in ranges.items():
            if isinstance(value, str | bool) or not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"`{name}` must be a number of at least 0, but is {value!r}.")
        if isinstance(background, str | bool) or not math.isfinite(background):
            raise ValueError(f"`background` must be a finite number, but is {background!r}.")
        self.rotation, self.shear = float(rotation), float(shear)
        self.scale, self.shift, self.background = float(scale), float(shift), float(background)
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if len(input_shape) != 4 or None in input_shape[1:]:
            raise ValueError(
                "Only images can be moved, of shape [N, rows, columns, channels], but the input "
                f"has shape {tuple(input_shape)}. Put a `keras.layers.Reshape` before this layer."
            )

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training:
            return inputs
        specs = {name: random.Noise("uniform", ()) for name in MOTIONS}
        drawn = random.draw(specs, tf.shape(inputs)[:1], self.seed_generator.next())
        matrix, shift = self._motion({key: 2.0 * value - 1.0 for key, value in drawn.items()})
        offset = pixel_offsets(inputs.shape[1], inputs.shape[2], matrix.dtype)
        moved = tf.einsum("nij,pj->npi", matrix, offset) + shift[:, None]
        return interpolated(inputs, moved, self.background)

    def _motion(self, unit: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns A and t of numbers from -1 to 1."""
        angle = math.radians(self.rotation) * unit["rotation"]
        cosine, sine, shear = tf.cos(angle), tf.sin(angle), self.shear * unit["shear"]
        tall, wide = tf.exp(self.scale * unit["stretch"]), tf.exp(self.scale * unit["narrowing"])
        rows = [tall * (cosine + shear * sine), tall * sine]
        columns = [wide * (shear * cosine - sine), wide * cosine]
        matrix = tf.stack([tf.stack(rows, -1), tf.stack(columns, -1)], -2)
        return matrix, self.shift * tf.stack([unit["down"], unit["right"]], -1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape


def pixel_offsets(rows: int, columns: int, dtype: Any) -> tf.Tensor:
    """Returns each pixel's row and column from the middle of the image, `[rows * columns, 2]`."""
    axes = [tf.range(size, dtype=dtype) - (size - 1) / 2.0 for size in (rows, columns)]
    return tf.reshape(tf.stack(tf.meshgrid(*axes, indexing="ij"), -1), [-1, 2])


def interpolated(x: tf.Tensor, offset: tf.Tensor, background: float) -> tf.Tensor:
    """Returns images of the bilinear values at rows and columns counted from the middle.

    Args:
        x: images, `[N, rows, columns, channels]`.
        offset: where each pixel takes its value from, `[N, rows * columns, 2]`.
        background: the value of what lies outside.
    """
    _, rows, columns, channels = x.shape
    framed = tf.pad(x, [[0, 0], [1, 2], [1, 2], [0, 0]], constant_values=background)
    # The four neighbours lie side by side: one place is looked up, not four.
    neighbours = [framed[:, i : rows + 2 + i, j : columns + 2 + j] for i in (0, 1) for j in (0, 1)]
    table = tf.reshape(tf.concat(neighbours, -1), [-1, (rows + 2) * (columns + 2), 4 * channels])
    last = tf.constant([rows + 0.0, columns + 0.0], offset.dtype)
    middle = tf.constant([(rows + 1) / 2.0, (columns + 1) / 2.0], offset.dtype)
    place = tf.clip_by_value(offset + middle, 0.0, last + 1.0)
    corner = tf.floor(place)
    down, right = tf.unstack(tf.cast(place - corner, x.dtype), axis=-1)
    index = tf.cast(corner, tf.int32)
    index = index[..., 0] * (columns + 2) + index[..., 1]
    found = tf.reshape(tf.gather(table, index, batch_dims=1), [-1, rows, columns, 4, channels])
    weights = [(1.0 - down) * (1.0 - right), (1.0 - down) * right, down * (1.0 - right)]
    weights = tf.stack([*weights, down * right], -1)
    return tf.einsum("nijkc,nijk->nijc", found, tf.reshape(weights, [-1, rows, columns, 4]))
