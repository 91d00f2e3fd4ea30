"""How `compile`, `fit` and `evaluate` differ from Keras's: they choose well unasked."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.callbacks import Resume, StopOnNonFinite
from tfvae.families.family import check_finite
from tfvae.part import positive_integer
from tfvae.pipeline import ArrayData, Images, as_events, as_floats

# Compiling with XLA costs seconds and saves about a quarter of each step: worth it from here on.
STEPS_WORTH_COMPILING = 2000
# The progress bar moves at least this often in an epoch, and a launch has at most so many steps.
LAUNCHES_PER_EPOCH = 12
MOST_STEPS_PER_LAUNCH = 64
KERAS_BATCH_SIZE = 32


class Fitting:
    """Mixin of the model: Keras's training interface on the fast path.

    Arrays are gathered into batches by `tfvae.pipeline.ArrayData`; `steps_per_execution` and
    `jit_compile` are chosen at `fit` unless the user sets them.
    """

    def compile(
        self,
        optimizer: Any = "adam",
        *,
        jit_compile: bool | str = "auto",
        steps_per_execution: int | str = "auto",
        **kwargs: Any,
    ) -> None:
        """As `keras.Model.compile`, without a loss: the objective is the loss.

        Args:
            optimizer: a Keras optimiser or its name.
            jit_compile: True or False; "auto" compiles with XLA where that pays for itself.
            steps_per_execution: steps a launch; "auto" chooses by the length of an epoch, and
                takes 1 under a distribution strategy or with callbacks that follow each batch.
            **kwargs: `metrics`, `run_eagerly` and others, as in Keras.

        Raises:
            ValueError: if a loss is given, or `steps_per_execution` is not above zero.
        """
        if kwargs.get("loss") is not None:
            raise ValueError(
                "A VAE has no `loss` argument: what it minimises is its `objective`, given when it "
                "is made, such as `tfvae.VAE(..., objective=tfvae.objectives.ELBO())`."
            )
        if steps_per_execution != "auto":
            positive_integer(steps_per_execution, "steps_per_execution")
        self._launch_choice = {
            "jit_compile": jit_compile,
            "steps_per_execution": steps_per_execution,
        }
        super().compile(
            optimizer,
            jit_compile=jit_compile,
            steps_per_execution=1 if steps_per_execution == "auto" else steps_per_execution,
            **kwargs,
        )
        if self.optimizer is not None:
            self.optimizer.build(self.trainable_variables)

    def get_compile_config(self) -> dict[str, Any] | None:
        """Returns what `compile` was given, its "auto" included."""
        config = super().get_compile_config()
        return {**config, **self._launch_choice} if config else config

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles as before saving; `keras.saving.load_model` calls it."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """As `keras.Model.fit`; arrays take the fast path, and are checked before any step.

        Args:
            x: an array `[N, *event_shape]`, `tfvae.pipeline.Images`, a `tf.data.Dataset` or
                another input of Keras. An axis of one channel may be missing.
            y: targets of the likelihood, for denoising: an array of the same shape.
            batch_size: examples a step, 32 if left out (Keras's default).
            epochs: number of epochs.
            verbose: as in Keras.
            callbacks: as in Keras; `tfvae.callbacks.Resume` goes on where a killed run stopped.
            validation_split: share of the arrays, from their end, kept for validation.
            validation_data: as in Keras: `x`, `(x, y)`, `(x, y, sample_weight)` or a data set.
            shuffle: whether arrays are shuffled in each epoch.
            class_weight: has no meaning here.
            sample_weight: weights of the examples in the loss, `[N]`.
            initial_epoch: epoch at which to start.
            **kwargs: `steps_per_epoch` and others, as in Keras.

        Returns:
            The history, with `loss`, `elbo`, `rate` and `distortion` in nats an example, and the
            same for validation, prefixed by `val_`.

        Raises:
            ValueError: if the data cannot be what the likelihood is over.
            FloatingPointError: if the loss stops being finite; the message names the term.
        """
        self._assert_compile_called("fit")
        if class_weight is not None:
            raise ValueError("`class_weight` has no meaning for a VAE: use `sample_weight`.")
        callbacks = _as_list(callbacks)
        if validation_split and validation_data is None:
            x, y, sample_weight, validation_data = _split(x, y, sample_weight, validation_split)
        data = self._array_data(x, y, sample_weight, batch_size, shuffle=shuffle)
        steps = kwargs.get("steps_per_epoch") or _steps(x if data is None else data)
        self._choose_launches(steps, epochs, callbacks)
        resumes = [callback for callback in callbacks if isinstance(callback, Resume)]
        for resume in resumes:
            initial_epoch = resume.restore(self, callbacks, initial_epoch)
        if data is not None:
            callbacks = [*callbacks, _EpochClock(data, self, initial_epoch)]
            x, y, sample_weight, shuffle = self._distribute(data), None, None, False
            x = x.repeat() if kwargs.get("steps_per_epoch") else x
        if validation_data is not None:
            validation_batch = kwargs.get("validation_batch_size") or batch_size
            validation_data = self._validation(validation_data, validation_batch)
        # Resume comes last, to find every other callback's state as the epoch left it.
        ordered = [callback for callback in callbacks if callback not in resumes] + resumes
        return super().fit(
            x,
            y,
            batch_size=None if data is not None else batch_size,
            epochs=epochs,
            verbose=verbose,
            callbacks=[StopOnNonFinite(), *ordered],
            validation_data=validation_data,
            shuffle=shuffle,
            sample_weight=sample_weight,
            initial_epoch=initial_epoch,
            **kwargs,
        )

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        **kwargs: Any,
    ) -> Any:
        """As `keras.Model.evaluate`, on the same inputs as `fit`.

        Raises:
            ValueError: if the data cannot be what the likelihood is over.
        """
        self._assert_compile_called("evaluate")
        data = self._array_data(x, y, sample_weight, batch_size, shuffle=False)
        if data is not None:
            x, y, sample_weight, batch_size = self._distribute(data), None, None, None
        return super().evaluate(
            x, y, batch_size=batch_size, verbose=verbose, sample_weight=sample_weight, **kwargs
        )

    def shape_logs(self, logs: dict[str, Any]) -> dict[str, Any]:
        """Returns a step's logs in the shape that the strategy in force can reduce."""
        # Keras reduces them along axis 0 under a multi-worker strategy, where a scalar has none.
        if isinstance(self.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy):
            return {name: tf.reshape(value, [1]) for name, value in logs.items()}
        return logs

    def _array_data(
        self, x: Any, y: Any, sample_weight: Any, batch_size: int | None, shuffle: bool
    ) -> ArrayData | None:
        """Returns arrays, checked, as data of the fast path; None for any other kind of input."""
        if not isinstance(x, Images | np.ndarray | tf.Tensor | list):
            return None
        size = (
            KERAS_BATCH_SIZE if batch_size is None else positive_integer(batch_size, "batch_size")
        )
        replicas = self.distribute_strategy.num_replicas_in_sync
        if size % replicas:
            raise ValueError(
                f"`batch_size` is shared evenly by {replicas} replicas, so it must be a multiple "
                f"of {replicas}, but is {size}."
            )
        images = self.as_images(x, "x", is_target=y is None)
        if y is not None:
            y = self.as_images(y, "y", is_target=True).x
            _check_length(y, images, "y")
        if sample_weight is not None:
            sample_weight = np.asarray(sample_weight, "float32").reshape(-1)
            check_finite(sample_weight)
            _check_length(sample_weight, images, "sample_weight")
        # The first word of the seed that drives the noise: fixed for the life of the model.
        seed = int(self.noise_seed.state[0]) if shuffle else None
        padded = not (self.objective.batch_statistics or _has_batch_normalization(self))
        return ArrayData(images, y, sample_weight, size, padded, seed, replicas)

    def as_images(self, x: Any, name: str, is_target: bool) -> Images:
        """Returns array-like data as `Images` in the shape of events, their values checked.

        Raises:
            ValueError: if shape or values are not such that the likelihood has a density there.
        """
        images = x if isinstance(x, Images) else Images(x)
        images.x = as_events(images.x, self.event_shape, name)
        if is_target:
            self.likelihood.check(images.x)
        else:
            check_finite(images.x)
        return images

    def _distribute(self, data: ArrayData) -> Any:
        if data.replicas == 1:
            return data.dataset()
        return self.distribute_strategy.distribute_datasets_from_function(data.dataset)

    def _validation(self, validation_data: Any, batch_size: int | None) -> Any:
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(validation_data)
        data = self._array_data(x, y, sample_weight, batch_size, shuffle=False)
        return validation_data if data is None else self._distribute(data)

    def _choose_launches(
        self, steps: int | None, epochs: int, callbacks: list[keras.callbacks.Callback]
    ) -> None:
        distributed = self.distribute_strategy.num_replicas_in_sync > 1
        launches = {"jit_compile": self.jit_compile, "steps_per_execution": 1}
        if not (self.run_eagerly or distributed or steps is None):
            if not any(map(_follows_batches, callbacks)):
                longest = max(1, steps // LAUNCHES_PER_EPOCH)
                launches["steps_per_execution"] = min(longest, MOST_STEPS_PER_LAUNCH)
            on_gpu = bool(tf.config.list_logical_devices("GPU"))
            launches["jit_compile"] = on_gpu or steps * epochs >= STEPS_WORTH_COMPILING
        for name, chosen in launches.items():
            if self._launch_choice[name] == "auto" and getattr(self, name) != chosen:
                setattr(self, name, chosen)
                self.train_function = self.test_function = None


class _EpochClock(keras.callbacks.Callback):
    """Tells the data which epoch it is, counted over the life of the model."""

    def __init__(self, data: ArrayData, model: Any, initial_epoch: int) -> None:
        super().__init__()
        self.data = data
        self.offset = int(model.optimizer.iterations) // data.steps - initial_epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.data.epoch.assign(epoch + self.offset)


def _as_list(callbacks: Any) -> list[keras.callbacks.Callback]:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]


def _follows_batches(callback: keras.callbacks.Callback) -> bool:
    """Whether a callback does something after each batch, and so must see each of them."""
    hooks = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
    base = keras.callbacks.Callback
    if isinstance(callback, keras.callbacks.LambdaCallback):
        return any(name in vars(callback) for name in hooks)
    if type(callback).__module__.startswith("keras."):
        return getattr(callback, "save_freq", "epoch") != "epoch"
    return any(getattr(type(callback), name) is not getattr(base, name) for name in hooks)


def _has_batch_normalization(model: keras.Model) -> bool:
    return any(
        isinstance(layer, keras.layers.BatchNormalization)
        for layer in model._flatten_layers(include_self=False)
    )


def _steps(data: Any) -> int | None:
    if isinstance(data, ArrayData):
        return data.steps
    if isinstance(data, tf.data.Dataset):
        cardinality = int(data.cardinality())
        return cardinality if cardinality > 0 else None
    return getattr(data, "num_batches", None)


def _check_length(values: np.ndarray, images: Images, name: str) -> None:
    if len(values) != len(images):
        raise ValueError(f"`x` has {len(images)} examples, but `{name}` has {len(values)}.")


def _split(x: Any, y: Any, sample_weight: Any, share: float) -> tuple[Any, Any, Any, Any]:
    if isinstance(x, Images):
        raise ValueError("`validation_split` takes plain arrays: split before making `Images`.")
    x = as_floats(x, "x")
    kept = int(len(x) * (1.0 - share))
    if not 0 < kept < len(x):
        raise ValueError(
            f"`validation_split` of {share} leaves no examples on one side, out of {len(x)}."
        )
    cut = [None if part is None else np.asarray(part) for part in (y, sample_weight)]
    head, tail = zip(
        *[(None, None) if p is None else (p[:kept], p[kept:]) for p in cut], strict=True
    )
    return x[:kept], *head, (x[kept:], *tail)
