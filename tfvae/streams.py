"""Data that come in batches: data sets, `PyDataset`s and generators, checked in time."""

import contextlib
import types
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.checking import checked_arrays
from tfvae.pipeline import same_but_for_ones
from tfvae.side import check_names, told_apart

KINDS = (
    "an array [N, *event_shape], `tfvae.pipeline.Images`, a batched `tf.data.Dataset`, a "
    "`keras.utils.PyDataset` or a generator of batches"
)


class Stream:
    """A data set, `PyDataset` or generator: its shapes are checked now, its first batch in time.

    What can be looked at twice is; of a data set the first batch is checked on its way to the
    first step, since drawing it twice may be slow and may change the order.

    Args:
        model: whose events it must yield.
        x: the data.
        ahead: whether to look at the first batch of a data set at once.
    """

    def __init__(self, model: Any, x: Any, ahead: bool = False) -> None:
        self.model = model
        self.error: Exception | None = None
        self.data = self._checked(x, ahead)

    def _checked(self, x: Any, ahead: bool) -> Any:
        if isinstance(x, tf.data.Dataset):
            self._check_spec(x)
            if ahead:
                for batch in x.take(1):
                    self._check(batch)
                return x
            distributed = self.model.distribute_strategy.num_replicas_in_sync > 1
            return x if distributed else x.scan(True, self._check_first)
        if isinstance(x, keras.utils.PyDataset):
            if x.num_batches == 0:
                raise ValueError("`x` is empty: it is a PyDataset without batches.")
            self._check(x[0])
            return x
        if isinstance(x, types.GeneratorType):
            return self._generate(x)
        # What a strategy made, and loaders of other libraries that Keras reads.
        if type(x).__module__.startswith(("tensorflow.python.distribute", "torch.", "grain.")):
            return x
        raise ValueError(f"`x` must be {KINDS}, but is {_describe(x)}.")

    def _check_spec(self, dataset: tf.data.Dataset) -> None:
        if int(dataset.cardinality().numpy()) == 0:
            raise ValueError("`x` is empty: it is a data set without batches.")
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(dataset.element_spec)
        wanted = self.model.side_inputs()
        x, side, y = told_apart(wanted, x, y)
        check_names(wanted, side)
        _check_events(x, self.model.input_shape, "x")
        if y is not None:
            _check_events(y, self.model.event_shape, "y")
        shape = getattr(sample_weight, "shape", tf.TensorShape(None))
        if shape.rank not in (None, 1) and not shape[1:].is_compatible_with([1]):
            raise ValueError(
                "A data set's sample weights have one number an example, shape [N], but have "
                f"shape {tuple(shape)}."
            )

    def _check(self, batch: Any) -> None:
        checked_arrays(self.model, *keras.utils.unpack_x_y_sample_weight(batch))

    def _check_first(self, is_first: tf.Tensor, batch: Any) -> tuple[tf.Tensor, Any]:
        def check(*values: np.ndarray) -> bool:
            try:
                self._check(tf.nest.pack_sequence_as(batch, list(values)))
            except ValueError as error:
                self.error = error
                raise
            return True

        looked = tf.cond(
            is_first,
            lambda: tf.numpy_function(check, tf.nest.flatten(batch), tf.bool),
            lambda: True,
        )
        with tf.control_dependencies([looked]):
            return tf.constant(False), tf.nest.map_structure(tf.identity, batch)

    def _generate(self, batches: Iterator[Any]) -> Iterator[Any]:
        for number, batch in enumerate(batches):
            if number == 0:
                self._check(batch)
            # Keras takes tuples alone.
            yield batch if isinstance(batch, tuple) else (batch,)

    @contextlib.contextmanager
    def own_errors(self) -> Iterator[None]:
        """Raises what a check found, where TensorFlow wraps it in errors of its own."""
        try:
            yield
        except tf.errors.OpError:
            if self.error is None:
                raise
            raise self.error from None


def _check_events(spec: Any, event_shape: tuple[int, ...], name: str) -> None:
    if not isinstance(spec, tf.TensorSpec):
        raise ValueError(
            f"`{name}` of a data set must be one dense tensor, [N, *event_shape], but is {spec}."
        )
    if not (spec.dtype.is_floating or spec.dtype.is_integer or spec.dtype.is_bool):
        raise ValueError(f"`{name}` must be numbers, but has dtype {spec.dtype.name}.")
    if spec.shape.rank is None or None in spec.shape[1:]:
        return
    given = tuple(spec.shape)
    if same_but_for_ones(given[1:], event_shape):
        return
    if same_but_for_ones(given, event_shape):
        raise ValueError(
            f"The data set yields single examples, of shape {given}: add `.batch(128)` to it."
        )
    raise ValueError(
        f"`{name}` of the data set has batches of shape {given}, but the model is over events of "
        f"shape {event_shape}, so [N, {', '.join(map(str, event_shape))}] was expected. Reshape "
        "the data, or build the model for their shape."
    )


def _describe(x: Any) -> str:
    if x is None:
        return "missing"
    hint = ". Of sparse data, take `.toarray()`" if "sparse" in type(x).__module__ else ""
    return f"of type {type(x).__name__}{hint}"
