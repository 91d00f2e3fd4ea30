"""What spoils an encoder's input in training, so that a model learns to restore it."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tfvae import random
from tfvae.part import Part, registered


@registered()
class ReplacementNoise(Part):
    """Replaces elements, each by chance and with one of a few values; in training only.

    With the value 0 alone it is masking noise, with 0 and 1 it is salt and pepper. Gaussian noise
    is `keras.layers.GaussianNoise`.

    Args:
        rate: probability that an element is replaced, above 0 and at most 1.
        values: what it is replaced with, each as likely as the others.
        seed: seed of the noise; None takes Keras's global seed.

    Raises:
        ValueError: if `rate` is out of range, or there are no values.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> noise = tfvae.encoders.ReplacementNoise(0.5, seed=0)
        >>> x = tf.ones([1, 40])
        >>> [sorted(set(noise(x, training=on).numpy()[0].tolist())) for on in (False, True)]
        [[1.0], [0.0, 1.0]]

    Reference:
        Vincent et al. 2008, Extracting and composing robust features with denoising autoencoders,
        section 2.3: they mask a fixed number of elements, we each by chance. Im et al. 2017,
        arXiv:1511.06406, for salt and pepper in a VAE.
    """

    def __init__(
        self,
        rate: float,
        values: Sequence[float] = (0.0,),
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(rate, str | bool) or not 0.0 < rate <= 1.0:
            raise ValueError(f"`rate` must be a number above 0 and at most 1, but is {rate!r}.")
        if isinstance(values, str) or not hasattr(values, "__len__") or not len(values):
            raise ValueError(f"`values` must be numbers such as (0.0, 1.0), but is {values!r}.")
        self.rate, self.values = float(rate), tuple(float(value) for value in values)
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training:
            return inputs
        # One uniform number says both whether and with what.
        specs, seed = {"share": random.Noise("uniform", ())}, self.seed_generator.next()
        share = random.draw(specs, tf.shape(inputs), seed)["share"] / self.rate
        last = len(self.values) - 1
        choice = tf.minimum(tf.cast(share * len(self.values), tf.int32), last)
        replacement = tf.gather(tf.constant(self.values, inputs.dtype), choice)
        return tf.where(share < 1.0, replacement, inputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape
