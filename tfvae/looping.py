"""Several training steps as one launch: a loop that XLA compiles together with its steps."""

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from tfvae.array_data import ArrayData, gather


class LoopedSteps:
    """What `fit` calls for each launch, in place of Keras's function.

    Keras compiles one step, and loops around it: each step then passes all variables in and out,
    and waits for its data. In a compiled loop it does neither.

    Args:
        model: the model whose `train_step` is taken.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.columns: dict[str, tf.Tensor] = {}
        self.trace_anew()

    def trace_anew(self) -> None:
        """Forgets what was traced, as when layers have been frozen since."""
        # A partial function has no code by which TensorFlow would count traces of other models.
        steps = functools.partial(self._take_steps)
        self._launch = tf.function(steps, jit_compile=True, autograph=False)

    @contextlib.contextmanager
    def on(self, arrays: ArrayData | None) -> Iterator[None]:
        """Returns a scope in which `fit` goes through `arrays.launches`, if there are any."""
        if arrays is None:
            yield
            return
        before, self.model.train_function = self.model.train_function, self
        self.columns = arrays.columns if arrays.gathers_late else {}
        try:
            yield
        finally:
            self.columns, self.model.train_function = {}, before

    def __call__(self, iterator: Iterator[Any]) -> dict[str, Any]:
        """Takes the steps of the next launch, and returns their logs."""
        return self._launch(*next(iterator), self.columns)

    def _take_steps(
        self, count: tf.Tensor, elements: Any, columns: dict[str, tf.Tensor]
    ) -> dict[str, Any]:
        def one_step(number: tf.Tensor) -> list[tf.Tensor]:
            element = tf.nest.map_structure(lambda stacked: stacked[number], elements)
            self.model.train_step(gather(columns, *element) if columns else element)
            return [number + 1]

        tf.while_loop(lambda number: number < count, one_step, [tf.constant(0)])
        return self.model.get_metrics_result()


def can_loop(model: Any, arrays: ArrayData | None) -> bool:
    """Whether steps on these data, compiled and several a launch, can be taken in such a loop."""
    if arrays is None or not arrays.pad or arrays.replicas > 1 or model.run_eagerly:
        return False
    if not model.jit_compile or model.steps_per_execution == 1:
        return False
    # On a GPU the loop was not tried; and logs are taken from the metrics, as these two do.
    on_gpu = bool(tf.config.list_logical_devices("GPU"))
    return not on_gpu and all(_is_known(model, name) for name in ("train_step", "compute_metrics"))


def _is_known(model: Any, method: str) -> bool:
    """Whether a method is Keras's or ours, and not a user's."""
    owner = next(kind for kind in type(model).__mro__ if method in vars(kind))
    return owner.__module__.split(".")[0] in ("keras", "tfvae")
