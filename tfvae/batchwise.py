"""Functions of tensors on any number of rows: in batches, each function traced once."""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.checking import checked_arrays
from tfvae.part import positive_integer
from tfvae.pipeline import batches_of
from tfvae.side import checked_side, join


class Batchwise(keras.Model):
    """Mixin of the model: how its verbs go through what they are given."""

    def _over(
        self,
        function: Callable[..., Any],
        x: Any,
        batch_size: int,
        *extra: Any,
        dense: bool = False,
        y: Any = None,
    ) -> Any:
        """Runs a function over batches of examples and joins what it returns.

        `dense` says that the likelihood will be asked for a density, of y or else of x, so that
        values outside its support are an error; the function is given y last, if there is one.
        """
        positive_integer(batch_size, "batch_size")
        outputs, first = [], 0
        for batch, target in self._batches(x, y, batch_size, dense):
            targets = () if target is None else (target,)
            outputs.append(self._run(function, batch, first, *extra, *targets))
            first += len(tf.nest.flatten(batch)[0])
        return tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), *outputs)

    def _over_latents(
        self,
        function: Callable[..., Any],
        z: Any,
        batch_size: int,
        given: Mapping[str, Any],
    ) -> Any:
        """Runs a function over batches of latents, and of what joins them."""
        positive_integer(batch_size, "batch_size")
        batches = batches_of(
            z, self.latents.event_shape, batch_size, name="z", expected="the decoder reads latents"
        )
        parts = list(batches)
        side = self._generative_side(given, sum(map(len, parts)))
        outputs, first = [], 0
        for part in parts:
            rows = slice(first, first + len(part))
            outputs.append(self._run(function, part, {n: v[rows] for n, v in side.items()}))
            first += len(part)
        return tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), *outputs)

    def _batches(
        self, x: Any, y: Any, batch_size: int, dense: bool
    ) -> Iterator[tuple[Any, np.ndarray | None]]:
        """Yields the batches of `x`, beside what they carry, and of `y`, checked."""
        if isinstance(x, tf.data.Dataset):
            element = None
            for element in x:
                values, target, _ = keras.utils.unpack_x_y_sample_weight(element)
                target = target if dense and self.needs_target else None
                yield from self._batches(values, target, len(tf.nest.flatten(values)[0]), dense)
            if element is None:
                raise ValueError("`x` is empty: it is a data set without batches.")
            return
        images, side, y, _ = checked_arrays(self, x, y, dense=dense)
        for use, start in enumerate(range(0, len(images), batch_size)):
            rows = slice(start, start + batch_size)
            batch = images.draw(tf.constant(images.x[rows]), tf.constant(use)).numpy()
            beside = {name: values[rows] for name, values in side.items()}
            yield join(batch, beside), None if y is None else y[rows]

    def _generative_side(self, given: Mapping[str, Any], n: int) -> dict[str, np.ndarray]:
        """Returns what joins n latents, checked; one for all is repeated."""
        wanted = self.generative_inputs()
        dtype = self.likelihood.density_dtype
        repeated = {
            name: np.broadcast_to(value, (n, *np.shape(value)))
            if name in wanted and np.shape(value) == wanted[name].shape
            else value
            for name, value in given.items()
        }
        side = checked_side(wanted, repeated, dtype, "keyword")
        for name, values in side.items():
            if len(values) != n:
                raise ValueError(f"There are {n} rows, but `{name}` has {len(values)}.")
        return side

    def _run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Runs a function of tensors, traced once for any number of rows."""
        tensors = tf.nest.map_structure(tf.convert_to_tensor, arguments)
        specs = tf.nest.map_structure(_any_rows, tensors)
        # Beside the attributes that Keras tracks and saves.
        cache = self.__dict__.setdefault("_traced", {})
        key = (function.__module__, function.__qualname__, repr(specs))
        if key not in cache:
            # TensorFlow counts traces by the code of a function, and would warn when many models
            # trace the same method; a partial function has no code.
            whole = functools.partial(function)
            cache[key] = tf.function(whole, input_signature=specs, autograph=False)
        return cache[key](*tensors)

    def forget_traces(self) -> None:
        """Has each function traced anew when it next runs, for the model has changed."""
        self.__dict__.pop("_traced", None)


def _any_rows(tensor: tf.Tensor) -> tf.TensorSpec:
    return tf.TensorSpec([None, *tensor.shape[1:]] if tensor.shape.rank else [], tensor.dtype)
