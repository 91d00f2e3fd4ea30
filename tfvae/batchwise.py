"""Functions of tensors on any number of rows: in batches, each function traced once."""

import functools
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tfvae.families.family import check_finite
from tfvae.part import positive_integer
from tfvae.pipeline import batches_of


class Batchwise(keras.Model):
    """Mixin of the model: how its verbs go through what they are given."""

    def _over(
        self,
        function: Callable[..., Any],
        x: Any,
        batch_size: int,
        *extra: Any,
        targets: bool = False,
        latents: bool = False,
    ) -> Any:
        """Runs a function over batches of rows and joins what it returns.

        `targets` says that the likelihood will be asked for the density of x, so that values
        outside its support are an error; `latents`, that the rows are not examples but latents.
        """
        positive_integer(batch_size, "batch_size")
        check = self.likelihood.check if targets else check_finite
        if latents:
            shape = self.latents.event_shape
            batches = batches_of(x, shape, batch_size, check, "z", "the decoder reads latents")
        else:
            batches = batches_of(x, self.event_shape, batch_size, check)
        outputs, first = [], 0
        for batch in batches:
            outputs.append(self._run(function, batch, first, *extra))
            first += len(batch)
        return tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), *outputs)

    def _run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Runs a function of tensors, traced once for any number of rows."""
        tensors = [tf.convert_to_tensor(argument) for argument in arguments]
        specs = tuple(
            tf.TensorSpec([None, *tensor.shape[1:]] if tensor.shape.rank else [], tensor.dtype)
            for tensor in tensors
        )
        # Beside the attributes that Keras tracks and saves.
        cache = self.__dict__.setdefault("_traced", {})
        key = (function.__name__, specs)
        if key not in cache:
            # TensorFlow counts traces by the code of a function, and would warn when many models
            # trace the same method; a partial function has no code.
            whole = functools.partial(function)
            cache[key] = tf.function(whole, input_signature=specs, autograph=False)
        return cache[key](*tensors)
