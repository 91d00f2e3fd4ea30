"""A prior that gives each code the probability that the codes before it leave it."""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.part import positive_integer, registered
from tfvae.priors.codes import CodePrior, refuse_component

# A temperature of zero takes the likeliest code; a smaller divisor would overflow.
SMALLEST_TEMPERATURE = 1e-4


@registered()
class AutoregressiveCodes(CodePrior):
    r"""A small transformer over the codes in the order of the raster, depth last.

    $$\log p(codes) = \sum_i \log p(code_i \mid code_1 \dots code_{i-1})$$

    `fit` trains it jointly: the rate is its -log p(codes), and as codes are whole numbers no
    gradient of it reaches the encoder. A sample takes one pass of the network for each code.

    Args:
        units: width of the network, a multiple of `heads`.
        depth: number of blocks of attention and dense layers.
        heads: number of heads of the attention.

    Raises:
        ValueError: if an argument is not a whole number above zero, or `units` no multiple of
            `heads`.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> prior = tfvae.priors.AutoregressiveCodes(units=8, depth=1, heads=2)
        >>> prior.build((None, 2, 2, 5))  # a map of two by two codes of five
        >>> prior.log_prob(tf.zeros([3, 2, 2], tf.int32)).shape
        TensorShape([3])

    Reference:
        Esser, Rombach and Ommer 2021, arXiv:2012.09841, section 3.2; Van den Oord, Vinyals and
        Kavukcuoglu 2017, arXiv:1711.00937, section 3.3, who train their PixelCNN on the codes of a
        model that is done: for that, freeze `encoder`, `latents.projection` and
        `latents.quantiser`.
    """

    def __init__(self, units: int = 64, depth: int = 2, heads: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.heads = positive_integer(units, "units"), positive_integer(heads, "heads")
        self.depth = positive_integer(depth, "depth")
        if units % heads:
            raise ValueError(f"`units` must be a multiple of `heads`, {heads}, but is {units}.")

    def build(self, one_hot_shape: tuple[Any, ...]) -> None:
        super().build(one_hot_shape)
        self.length = math.prod(self.event_shape)
        options = {"dtype": self.density_dtype}
        inputs = (None, self.length, self.units)
        self.position = self._table("position", self.length)
        self.token = self._table("token", self.num_codes)
        self.blocks = [CausalBlock(self.heads, **options) for _ in range(self.depth)]
        self.norm = keras.layers.LayerNormalization(**options)
        self.head = keras.layers.Dense(self.num_codes, name="logits", **options)
        for layer in (*self.blocks, self.norm, self.head):
            layer.build(inputs)

    def _table(self, name: str, rows: int) -> Any:
        return self.add_weight(
            name=name,
            shape=(rows, self.units),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
            dtype=self.density_dtype,
            autocast=False,
        )

    def _features(self, codes: tf.Tensor) -> tf.Tensor:
        """Returns what the codes before each place say of it: `[B, n]` to `[B, n, units]`."""
        before = tf.gather(tf.convert_to_tensor(self.token), codes[:, :-1])
        features = tf.pad(before, [[0, 0], [1, 0], [0, 0]]) + tf.convert_to_tensor(self.position)
        for block in self.blocks:
            features = block(features)
        return self.norm(features)

    def codes_log_prob(self, codes: tf.Tensor) -> tf.Tensor:
        leading = tf.shape(codes)[: codes.shape.rank - len(self.event_shape)]
        rows = tf.reshape(codes, [-1, self.length])
        log_prob = tf.nn.log_softmax(self.head(self._features(rows)), axis=-1)
        taken = log_prob * tf.one_hot(rows, self.num_codes, dtype=log_prob.dtype)
        return tf.reshape(tf.reduce_sum(taken, axis=(1, 2)), leading)

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        refuse_component(component)
        uniform = tf.reshape(noise["codes"], [-1, self.length])
        divisor = tf.maximum(tf.cast(temperature, uniform.dtype), SMALLEST_TEMPERATURE)

        def draw(place: tf.Tensor, codes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            logits = self.head(tf.gather(self._features(codes), place, axis=1))
            shares = tf.nn.softmax(logits / divisor, axis=-1)
            # The inverse of the cumulative shares: how many of them the uniform number exceeds.
            number = tf.gather(uniform, place, axis=1)[:, None]
            reached = tf.cumsum(shares, axis=-1)[:, :-1] < number
            drawn = tf.reduce_sum(tf.cast(reached, tf.int32), axis=-1, keepdims=True)
            return place + 1, tf.where(tf.range(self.length) == place, drawn, codes)

        _, codes = tf.while_loop(
            lambda place, _: place < self.length,
            draw,
            (tf.constant(0), tf.zeros_like(uniform, tf.int32)),
            maximum_iterations=self.length,
        )
        leading = tf.shape(noise["codes"])[: noise["codes"].shape.rank - len(self.event_shape)]
        return tf.reshape(codes, tf.concat([leading, self.event_shape], axis=0))


class CausalBlock(keras.layers.Layer):
    """Attention of each place to itself and those before it, then a dense network at each.

    Args:
        heads: number of heads.
    """

    def __init__(self, heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads = heads

    def build(self, shape: tuple[Any, ...]) -> None:
        _, self.length, units = shape
        layers, options = keras.layers, {"dtype": self.dtype_policy}
        self.before_attention = layers.LayerNormalization(**options)
        self.attended = layers.Dense(3 * units, name="attended", **options)
        self.joined = layers.Dense(units, name="joined", **options)
        self.before_dense = layers.LayerNormalization(**options)
        self.wide = layers.Dense(4 * units, "silu", name="wide", **options)
        self.narrow = layers.Dense(units, name="narrow", **options)
        attention = (self.before_attention, self.attended, self.joined)
        for layer in (*attention, self.before_dense, self.wide):
            layer.build(shape)
        self.narrow.build((*shape[:-1], 4 * units))
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        features = inputs + self.joined(self._attend(self.attended(self.before_attention(inputs))))
        return features + self.narrow(self.wide(self.before_dense(features)))

    def _attend(self, attended: tf.Tensor) -> tf.Tensor:
        size = attended.shape[-1] // 3 // self.heads
        split = tf.reshape(attended, [-1, self.length, 3, self.heads, size])
        query, key, value = tf.unstack(tf.transpose(split, [2, 0, 3, 1, 4]))
        scores = tf.matmul(query, key, transpose_b=True) / math.sqrt(size)
        later = np.triu(np.ones([self.length, self.length]), 1)
        shares = tf.nn.softmax(scores - tf.constant(1e9 * later, scores.dtype), axis=-1)
        mixed = tf.transpose(tf.matmul(shares, value), [0, 2, 1, 3])
        return tf.reshape(mixed, [-1, self.length, self.heads * size])
