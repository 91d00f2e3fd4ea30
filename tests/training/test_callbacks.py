"""Keras's own callbacks do with a VAE what their documentation says."""

import keras
import numpy as np
import pytest
from keras import callbacks


@pytest.fixture
def fitted(make_vae, x):
    def fit(*used, optimizer=None, epochs=3, vae=None, **arguments):
        vae = make_vae() if vae is None else vae
        vae.compile(optimizer or keras.optimizers.SGD(0.1))
        arguments = {"validation_data": x, "batch_size": 4, "verbose": 0, **arguments}
        vae.fit(x, epochs=epochs, callbacks=list(used), **arguments)
        return vae

    return fit


class Weights(callbacks.Callback):
    """Keeps the weights after each epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self.kept = [*getattr(self, "kept", []), self.model.get_weights()]


def assert_equal(a, b):
    for one, other in zip(a, b, strict=True):
        np.testing.assert_array_equal(one, other)


def test_model_checkpoint_each_epoch(fitted, tmp_path, x):
    weights = Weights()
    checkpoint = callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")
    fitted(weights, checkpoint)
    for epoch in (1, 2, 3):
        loaded = keras.saving.load_model(tmp_path / f"{epoch}.keras")
        assert_equal(loaded.get_weights(), weights.kept[epoch - 1])
        assert loaded.steps_taken() == 3 * epoch


def test_model_checkpoint_by_batches(fitted, tmp_path):
    checkpoint = callbacks.ModelCheckpoint(
        tmp_path / "{epoch}-{batch}.weights.h5", save_freq=2, save_weights_only=True
    )
    fitted(checkpoint)
    # Batches 2, 4, 6 and 8 of three epochs of three.
    names = {file.name.removesuffix(".weights.h5") for file in tmp_path.iterdir()}
    assert names == {"1-2", "2-1", "2-3", "3-2"}


# What is monitored follows a plan, so that the best epoch is known.
PLAN = [0.01, 0.03, 0.02, 0.01, 0.02]


def test_model_checkpoint_of_the_best_alone(fitted, tmp_path):
    weights = Weights()
    checkpoint = callbacks.ModelCheckpoint(
        tmp_path / "best.keras", monitor="learning_rate", mode="max", save_best_only=True
    )
    schedule = callbacks.LearningRateScheduler(lambda epoch: PLAN[epoch])
    fitted(schedule, weights, checkpoint, epochs=4)
    loaded = keras.saving.load_model(tmp_path / "best.keras")
    assert_equal(loaded.get_weights(), weights.kept[1])


def test_early_stopping_restores_the_best_weights(fitted):
    weights = Weights()
    stopping = callbacks.EarlyStopping(
        "learning_rate", mode="max", patience=2, restore_best_weights=True
    )
    schedule = callbacks.LearningRateScheduler(lambda epoch: PLAN[epoch])
    vae = fitted(schedule, weights, stopping, epochs=5)
    assert len(weights.kept) == 4
    assert_equal(vae.get_weights(), weights.kept[1])


@pytest.mark.parametrize(("monitor", "sign"), [("val_elbo", 1), ("distortion", -1)])
def test_the_better_of_two_bounds_is_known_without_a_mode(monitor, sign, fitted):
    stopping = callbacks.EarlyStopping(monitor, patience=99)
    vae = fitted(stopping, epochs=6)
    assert stopping.best == sign * np.max(sign * np.array(vae.history.history[monitor]))


def test_backup_and_restore_goes_on_with_the_same_order_and_noise(fitted, tmp_path, x):
    expected = fitted(epochs=4, optimizer="adam", validation_data=None)

    class Stop(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    backup = callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        fitted(backup, Stop(), epochs=4, optimizer="adam", validation_data=None)
    backup = callbacks.BackupAndRestore(tmp_path / "backup")
    resumed = fitted(backup, epochs=4, optimizer="adam", validation_data=None)
    assert resumed.history.epoch == [2, 3]
    assert_equal(resumed.get_weights(), expected.get_weights())


def test_learning_rate_scheduler_and_reduce_on_plateau(fitted):
    vae = fitted(callbacks.LearningRateScheduler(lambda epoch: 0.01 * (epoch + 1)))
    np.testing.assert_allclose(vae.history.history["learning_rate"], [0.01, 0.02, 0.03])
    # Nothing improves by that much: each epoch after the first ends with a lower rate.
    plateau = callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1, min_delta=1e9)
    vae = fitted(plateau)
    np.testing.assert_allclose(vae.history.history["learning_rate"], [0.1, 0.1, 0.05])


def test_swapping_in_averaged_weights(fitted, x):
    def adam():
        return keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.5)

    class Shown(callbacks.Callback):
        def on_test_begin(self, logs=None):
            self.weights = self.model.get_weights()
            averages = self.model.optimizer._model_variables_moving_average
            self.raw = [variable.numpy() for variable in averages]

    # Swapping is done at the beginning of a test by the callback before this one.
    shown = Shown()
    vae = fitted(callbacks.SwapEMAWeights(), shown, optimizer=adam())
    plain = fitted(optimizer=adam())
    # Keras swaps by adding and subtracting.
    for one, other in zip(vae.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert all((a != b).any() for a, b in zip(shown.weights, shown.raw, strict=True))
    losses, plain_losses = vae.history.history, plain.history.history
    np.testing.assert_allclose(losses["loss"], plain_losses["loss"], rtol=1e-5)
    assert np.abs(np.subtract(losses["val_loss"], plain_losses["val_loss"])).min() > 1e-4


def test_hooks_after_each_batch_see_its_numbers(fitted):
    seen = []
    hook = callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append((batch, sorted(logs)))
    )
    fitted(hook, epochs=2)
    names = ["distortion", "elbo", "loss", "rate"]
    assert seen == [(batch, names) for _ in range(2) for batch in range(3)]


def test_one_callback_or_a_list_made_by_the_user(fitted, make_vae, x):
    vae = make_vae()
    vae.compile("sgd")
    for given in (Weights(), (Weights(), Weights()), callbacks.CallbackList([Weights()])):
        vae.fit(x, verbose=0, callbacks=given)
        first = given if isinstance(given, Weights) else getattr(given, "callbacks", given)[0]
        assert len(first.kept) == 1


def test_terminate_on_nan_is_no_longer_needed(fitted):
    with pytest.raises(FloatingPointError):
        fitted(callbacks.TerminateOnNaN(), optimizer=keras.optimizers.SGD(1e30))


def test_tensorboard(fitted, tmp_path):
    pytest.importorskip("tensorboard", reason="the extra `tensorboard` is not installed")
    fitted(callbacks.TensorBoard(tmp_path, histogram_freq=1, update_freq="batch"))
    assert list(tmp_path.glob("train/events*")) and list(tmp_path.glob("validation/events*"))


def test_the_progress_bar_shows_the_terms(fitted, capsys):
    fitted(verbose=2, epochs=1)
    line = capsys.readouterr().out
    for name in ("elbo", "rate", "distortion", "loss", "val_elbo"):
        assert f" {name}: " in line
