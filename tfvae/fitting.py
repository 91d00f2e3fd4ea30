"""How `compile`, `fit` and `evaluate` differ from Keras's: they choose well unasked."""

import warnings
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tfvae.array_data import EpochClock
from tfvae.callbacks import Resume, StopOnNonFinite
from tfvae.checking import check_counts, checked_arrays
from tfvae.inputs import prepare, split
from tfvae.launches import choose_launches, steps_in_epoch
from tfvae.looping import LoopedSteps, can_loop
from tfvae.part import positive_integer
from tfvae.side import join

# Where callbacks see an improvement in what they monitor.
BETTER = {"elbo": "max", "distortion": "min"}


class Fitting(keras.Model):
    """Mixin of the model: Keras's training interface on the fast path.

    Arrays are gathered into batches by `tfvae.array_data.ArrayData`; `steps_per_execution` and
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
            ValueError: if a loss is given, or the last two are none of what they can be.
        """
        if kwargs.get("loss") is not None:
            raise ValueError(
                "A VAE has no `loss` argument: what it minimises is its `objective`, given when it "
                "is made, such as `tfvae.VAE(..., objective=tfvae.objectives.ELBO())`."
            )
        if steps_per_execution != "auto":
            positive_integer(steps_per_execution, "steps_per_execution")
        if jit_compile not in (True, False, "auto"):
            raise ValueError(
                f"`jit_compile` must be True, False or 'auto', but is {jit_compile!r}."
            )
        shared = self.distribute_strategy.num_replicas_in_sync > 1
        if shared and (jit_compile is True or steps_per_execution not in ("auto", 1)):
            raise ValueError(
                "Steps that replicas share are launched one by one, and XLA does not compile them "
                "(TensorFlow 2.21): under a distribution strategy leave `jit_compile` and "
                "`steps_per_execution` at 'auto'."
            )
        if shared and self.objective.batch_statistics:
            raise ValueError(
                f"The loss of `{type(self.objective).__name__}` depends on which examples share a "
                "batch, and replicas see parts of it: train on one device."
            )
        self._launch_choice = {
            "jit_compile": jit_compile,
            "steps_per_execution": steps_per_execution,
        }
        self._looped_steps = LoopedSteps(self)
        super().compile(
            optimizer,
            jit_compile=jit_compile,
            steps_per_execution=1 if steps_per_execution == "auto" else steps_per_execution,
            **kwargs,
        )
        if self.optimizer is not None:
            self.optimizer.build(self.trainable_variables)
        if self._compile_metrics is not None:
            event, mean = (
                keras.KerasTensor((None, *shape))
                for shape in (self.event_shape, self.likelihood.mean_shape)
            )
            self._compile_metrics.build(event, mean)

    def make_train_function(self, force: bool = False) -> Any:
        """Makes what `fit` calls for each launch, unless it is there."""
        if self.train_function is not self._looped_steps:
            return super().make_train_function(force)
        if force:
            self._looped_steps.trace_anew()
        return None

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
        steps_per_epoch: int | None = None,
        validation_batch_size: int | None = None,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """As `keras.Model.fit`; arrays take the fast path, and are checked before any step.

        Args:
            x: an array `[N, *event_shape]`, `tfvae.pipeline.Images`, a batched `tf.data.Dataset`,
                a `keras.utils.PyDataset` or a generator of batches. An axis of one channel may be
                missing.
            y: targets of the likelihood, for denoising: an array of the same shape.
            batch_size: examples a step, 32 if left out (Keras's default).
            epochs: number of epochs.
            verbose: as in Keras.
            callbacks: as in Keras; `tfvae.callbacks.Resume` goes on where a killed run stopped.
            validation_split: share of the arrays, from their end, kept for validation.
            validation_data: as in Keras: `x`, `(x, y)`, `(x, y, sample_weight)` or a data set.
            shuffle: whether arrays are shuffled in each epoch.
            class_weight: has no meaning here.
            sample_weight: what the loss of each example is multiplied by, `[N]`. One of weight
                zero is as good as absent: the loss is the mean over the others.
            initial_epoch: epoch at which to start.
            steps_per_epoch: batches an epoch; arrays are gone through again and again.
            validation_batch_size: as `batch_size`, for validation.
            **kwargs: `validation_steps` and `validation_freq`, as in Keras.

        Returns:
            The history, with `loss`, `elbo`, `rate` and `distortion` in nats an example, and the
            same for validation, prefixed by `val_`. `loss` is what is minimised: it includes the
            losses that layers add. The other three are weighted means.

        Raises:
            ValueError: if the data cannot be what the likelihood is over.
            FloatingPointError: if the loss stops being finite; the message names the term.
        """
        self._assert_compile_called("fit")
        _refuse_class_weight(class_weight)
        check_counts(
            epochs=(epochs, 0),
            initial_epoch=(initial_epoch, 0),
            steps_per_epoch=(steps_per_epoch, 1),
        )
        if validation_split and validation_data is None:
            x, y, sample_weight, validation_data = split(x, y, sample_weight, validation_split)
        data = prepare(self, (x, y, sample_weight), batch_size, shuffle, steps_per_epoch)
        if validation_data is not None:
            size = validation_batch_size or batch_size
            validation = keras.utils.unpack_x_y_sample_weight(validation_data)
            # Nothing is shuffled here, and an error after an epoch would come late.
            validation = prepare(self, validation, size, ahead=True)
            validation_data = validation.arguments["x"]
            kwargs["validation_steps"] = _at_most(validation.steps, kwargs.get("validation_steps"))
        callbacks = _as_list(callbacks)
        _say_what_is_better(callbacks)
        steps = steps_per_epoch or steps_in_epoch(x if data.arrays is None else data.arrays)
        self._set_launches(choose_launches(self, steps, epochs, callbacks))
        resumes = [callback for callback in callbacks if isinstance(callback, Resume)]
        others = [callback for callback in callbacks if callback not in resumes]
        for resume in resumes:
            initial_epoch = resume.restore(self, others, initial_epoch, epochs)
        if data.arrays is not None:
            others = [EpochClock(data.arrays, self, initial_epoch), *others]
        if not self.trainable_weights:
            warnings.warn("The model has no weights to train: all are frozen.", stacklevel=2)
        looped = data.arrays if can_loop(self, data.arrays) else None
        if looped is not None:
            data = data.in_launches(looped, self.steps_per_execution)
        with data.checks.own_errors(), self._looped_steps.on(looped):
            return super().fit(
                **data.arguments,
                steps_per_epoch=data.steps,
                epochs=epochs,
                verbose=verbose,
                # Resume comes last, to find every other callback's state as the epoch left it.
                callbacks=[StopOnNonFinite(), *others, *resumes],
                validation_data=validation_data,
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
        if kwargs.get("_use_cached_eval_dataset"):
            # Called by Keras's `fit`, with data that were prepared when it began.
            return super().evaluate(x, verbose=verbose, **kwargs)
        check_counts(steps=(kwargs.get("steps"), 1))
        data = prepare(self, (x, y, sample_weight), batch_size)
        kwargs["steps"] = _at_most(data.steps, kwargs.get("steps"))
        with data.checks.own_errors():
            return super().evaluate(data.arguments["x"], verbose=verbose, **kwargs)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: None = None,
        return_dict: bool = False,
    ) -> Any:
        """As `keras.Model.train_on_batch`, on a batch that is checked as `fit` does."""
        self._assert_compile_called("train_on_batch")
        _refuse_class_weight(class_weight)
        batch = self._one_batch(x, y, sample_weight)
        return super().train_on_batch(*batch, return_dict=return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """As `keras.Model.test_on_batch`, on a batch that is checked as `fit` does."""
        self._assert_compile_called("test_on_batch")
        return super().test_on_batch(*self._one_batch(x, y, sample_weight), return_dict=return_dict)

    def _one_batch(self, x: Any, y: Any, sample_weight: Any) -> list[tf.Tensor | None]:
        images, side, y, sample_weight = checked_arrays(self, x, y, sample_weight)
        x = images.draw(tf.constant(images.x), tf.constant(self.steps_taken()))
        x = join(x, {name: tf.constant(values) for name, values in side.items()})
        return [x, *(None if part is None else tf.constant(part) for part in (y, sample_weight))]

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        """Does nothing, since all is built by now.

        Keras 3.15 asks a distributed batch for its shapes, in a way that fails with two workers.
        """

    def steps_taken(self) -> int:
        """Returns the number of training steps over the life of the model, saved and loaded."""
        # Every step draws once, while an optimiser skips steps when it adapts a loss scale.
        return int(self.noise_seed.state.numpy()[1])

    def shape_logs(self, logs: dict[str, Any]) -> dict[str, Any]:
        """Returns a step's logs in the shape that the strategy in force can reduce."""
        # Keras reduces them along axis 0 under a multi-worker strategy, where a scalar has none.
        if isinstance(self.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy):
            return {name: tf.reshape(value, [1]) for name, value in logs.items()}
        return logs

    def _set_launches(self, launches: dict[str, Any]) -> None:
        for name, chosen in launches.items():
            if self._launch_choice[name] == "auto" and getattr(self, name) != chosen:
                setattr(self, name, chosen)
                self.train_function = self.test_function = None


def _refuse_class_weight(class_weight: Any) -> None:
    if class_weight is not None:
        raise ValueError("`class_weight` has no meaning for a VAE: use `sample_weight`.")


def _at_most(limit: int | None, steps: int | None) -> int | None:
    return limit if steps is None else min(steps, limit or steps)


def _say_what_is_better(callbacks: Sequence[keras.callbacks.Callback]) -> None:
    """Sets the direction of what callbacks monitor, which Keras cannot tell of terms of ours."""
    for callback in callbacks:
        direction = BETTER.get(str(getattr(callback, "monitor", "")).removeprefix("val_"))
        if direction and getattr(callback, "mode", None) == "auto":
            callback.mode = direction


def _as_list(callbacks: Any) -> list[keras.callbacks.Callback]:
    if callbacks is None:
        return []
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
