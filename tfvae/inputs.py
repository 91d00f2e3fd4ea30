"""What `fit` and `evaluate` are given: told apart by kind, and checked before any step."""

import contextlib
from typing import Any, NamedTuple

import keras
import numpy as np

from tfvae import side as side_inputs
from tfvae.array_data import ArrayData
from tfvae.checking import checked_arrays
from tfvae.part import positive_integer
from tfvae.pipeline import Images
from tfvae.streams import Stream

KERAS_BATCH_SIZE = 32


class Prepared(NamedTuple):
    """Data that were checked.

    Args:
        arguments: what Keras's `fit` is given for them.
        steps: how many batches Keras must be told to take; None for all that there are.
        arrays: the same as arrays, if they are.
        checks: what looked at them; its `own_errors` surrounds the run.
    """

    arguments: dict[str, Any]
    steps: int | None
    arrays: ArrayData | None
    checks: Any

    def in_launches(self, arrays: ArrayData, steps: int) -> "Prepared":
        """Returns the same as launches of several steps, for `tfvae.looping.LoopedSteps`."""
        arguments = {"x": arrays.launches(steps), "shuffle": False}
        return self._replace(arguments=arguments, steps=arrays.length)


def prepare(
    model: Any,
    data: tuple[Any, Any, Any],
    batch_size: int | None,
    shuffle: bool = False,
    length: int | None = None,
    ahead: bool = False,
) -> Prepared:
    """Checks `(x, y, sample_weight)` and puts arrays on the fast path.

    Raises:
        ValueError: if the data are of no known kind, or not such that the likelihood has a density
            there; it says what came.
    """
    if batch_size is not None:
        positive_integer(batch_size, "batch_size")
    x, y, sample_weight = data
    if is_array(x):
        arrays = array_data(model, data, batch_size, shuffle, length)
        if arrays.replicas == 1:
            arguments = {"x": arrays.dataset(), "shuffle": False}
            return Prepared(arguments, None, arrays, _NoChecks())
        parts = model.distribute_strategy.distribute_datasets_from_function(arrays.dataset)
        arguments = {"x": parts, "shuffle": False}
        return Prepared(arguments, arrays.length, arrays, _NoChecks())
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"`{name}` goes with arrays; of a {type(x).__name__} it is a part: let it yield "
                "`(x, y)` or `(x, y, sample_weight)`."
            )
    stream = Stream(model, x, ahead)
    # Of the kinds that Keras reads it shuffles one, and warns of a wish that it will not heed.
    shuffle = shuffle and isinstance(x, keras.utils.PyDataset) and x.num_batches is not None
    return Prepared({"x": stream.data, "shuffle": shuffle}, length, None, stream)


def is_array(x: Any) -> bool:
    """Whether data are held in memory, all at once."""
    x, _ = side_inputs.split(x)
    return isinstance(x, Images | list) or hasattr(x, "__array__")


def array_data(
    model: Any,
    data: tuple[Any, Any, Any],
    batch_size: int | None,
    shuffle: bool = False,
    length: int | None = None,
) -> ArrayData:
    """Returns `(x, y, sample_weight)`, checked, as data of the fast path.

    Raises:
        ValueError: if shape or values are not such that the likelihood has a density there.
    """
    size = KERAS_BATCH_SIZE if batch_size is None else positive_integer(batch_size, "batch_size")
    replicas = model.distribute_strategy.num_replicas_in_sync
    if size % replicas:
        raise ValueError(
            f"`batch_size` is shared evenly by {replicas} replicas, so it must be a multiple of "
            f"{replicas}, but is {size}."
        )
    arrays = checked_arrays(model, *data)
    # The first word of the seed that drives the noise: fixed for the life of the model.
    seed = int(model.noise_seed.state.numpy()[0]) if shuffle else None
    pad = model._compile_metrics is None and treats_examples_alone(model)
    return ArrayData(arrays, size, pad, seed, replicas, length)


def split(x: Any, y: Any, sample_weight: Any, share: Any) -> tuple[Any, Any, Any, Any]:
    """Returns what is kept of arrays and, as a tuple, what is split off their end.

    Raises:
        ValueError: if the data are not arrays, or no example would be left on one side.
    """
    if not is_array(x):
        raise ValueError(
            "`validation_split` takes arrays, which have an end to split off, but `x` is "
            f"{type(x).__name__}: give `validation_data`."
        )
    x, side = side_inputs.split(x)
    images = x if isinstance(x, Images) else Images(x)
    kept = int(len(images) * (1.0 - share))
    if not 0 < kept < len(images):
        raise ValueError(
            f"`validation_split` of {share} leaves no examples on one side, out of {len(images)}."
        )
    y, sample_weight = (None if part is None else np.asarray(part) for part in (y, sample_weight))
    side = {name: np.asarray(values) for name, values in side.items()}

    def cut(part: slice) -> tuple[Any, Any, Any]:
        targets, weights = (None if all_ is None else all_[part] for all_ in (y, sample_weight))
        beside = {name: values[part] for name, values in side.items()}
        return side_inputs.join(images.with_values(images.x[part]), beside), targets, weights

    return *cut(slice(None, kept)), cut(slice(kept, None))


def treats_examples_alone(model: Any) -> bool:
    """Whether what becomes of an example cannot depend on the others of its batch.

    If so, a batch may be filled up. Of layers that are neither Keras's nor ours nothing is known.
    """
    if model.objective.batch_statistics:
        return False
    for layer in model._flatten_layers(include_self=False):
        known = type(layer).__module__.split(".")[0] in ("keras", "tfvae")
        mixes = isinstance(layer, keras.layers.BatchNormalization | keras.layers.Lambda)
        if not known or mixes or layer.activity_regularizer is not None:
            return False
    return True


class _NoChecks:
    own_errors = contextlib.nullcontext
