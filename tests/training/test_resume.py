"""A run that is killed and started again ends as one that was left alone."""

import importlib.util
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import tfvae
from tfvae.callbacks import Resume

SCRIPT = Path(__file__).with_name("interrupted_run.py")


@pytest.fixture(scope="module")
def run():
    spec = importlib.util.spec_from_file_location("interrupted_run", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.run


def killed(folder, moment):
    command = [sys.executable, str(SCRIPT), str(folder), moment]
    return subprocess.run(command, capture_output=True).returncode == -signal.SIGKILL


def test_a_run_killed_twice_ends_as_one_never_killed(run, tmp_path):
    whole = run(tmp_path / "whole")
    history = whole.history.history
    # It is a run in which every callback has had its say.
    assert 8 < len(history["loss"]) < 30
    rates = np.array(history["learning_rate"])
    assert set((rates[1:] / rates[:-1]).round(2)) == {0.97, 0.48}

    folder = tmp_path / "killed"
    assert killed(folder, "epoch-4")
    assert [kept.name for kept in (folder / "state").iterdir()] == ["epoch-000003"]
    assert killed(folder, "write-7")
    kept = {kept.name for kept in (folder / "state").iterdir()}
    assert kept == {"epoch-000006", ".epoch-000007.partial"}
    resumed = run(folder)

    assert resumed.history.history == history
    assert resumed.history.epoch == whole.history.epoch
    for one, other in zip(resumed.variables, whole.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    for one, other in zip(resumed.optimizer.variables, whole.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    best = [keras.saving.load_model(place / "best.keras") for place in (folder, tmp_path / "whole")]
    for one, other in zip(*(model.get_weights() for model in best), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [path.name for path in folder.iterdir()] == ["best.keras"]


class Interrupt(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


@pytest.fixture
def fit(make_vae, x, tmp_path):
    def fit(*callbacks, folder=tmp_path / "state", every=1, stop=None, vae=None, **arguments):
        vae = make_vae() if vae is None else vae
        vae.compile(arguments.pop("optimizer", "adam"), run_eagerly=True)
        resume = Resume(folder, every)
        callbacks = [*callbacks, resume, *([] if stop is None else [Interrupt(stop)])]
        arguments = {"batch_size": 5, "epochs": 5, "verbose": 0, **arguments}
        if stop is None:
            vae.fit(x, callbacks=callbacks, **arguments)
        else:
            with pytest.raises(KeyboardInterrupt):
                vae.fit(x, callbacks=callbacks, **arguments)
        return vae

    return fit


def test_it_goes_on_in_the_middle_of_an_order_by_steps(fit, x, tmp_path, assert_same_weights):
    whole = fit(steps_per_epoch=3)
    fit(steps_per_epoch=3, stop=2)
    assert_same_weights(fit(steps_per_epoch=3), whole, atol=0.0)


def test_states_are_kept_as_often_as_was_asked_for(fit, tmp_path, assert_same_weights):
    whole = fit()
    fit(every=2, stop=3)
    assert [kept.name for kept in (tmp_path / "state").iterdir()] == ["epoch-000001"]
    resumed = fit(every=2)
    assert_same_weights(resumed, whole, atol=0.0)
    assert resumed.history.epoch == list(range(5))


def test_a_run_that_is_over_leaves_nothing_but_the_users_files(fit, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    fit(folder=folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    again = fit(folder=folder)
    assert again.history.epoch == list(range(5))


def test_a_run_stopped_early_and_killed_before_it_said_so_does_not_go_on(fit, tmp_path):
    class Die(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            raise KeyboardInterrupt

    def stopping():
        return keras.callbacks.EarlyStopping(
            "loss", min_delta=1e9, patience=2, restore_best_weights=True
        )

    whole = fit(stopping())
    assert whole.history.epoch == [0, 1, 2]
    with pytest.raises(KeyboardInterrupt):
        fit(stopping(), Die())
    resumed = fit(stopping())
    assert resumed.history.epoch == [0, 1, 2]
    assert resumed.history.history == whole.history.history
    for one, other in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_averaged_weights_that_were_swapped_in_are_swapped_back(fit, assert_same_weights):
    def arguments():
        optimizer = keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.5)
        return {"optimizer": optimizer}

    def swap():
        return keras.callbacks.SwapEMAWeights(swap_on_epoch=True)

    whole = fit(swap(), **arguments())
    fit(swap(), stop=3, **arguments())
    assert_same_weights(fit(swap(), **arguments()), whole, atol=1e-5)


def test_arguments_of_callbacks_may_change_between_runs(fit, tmp_path):
    fit(keras.callbacks.EarlyStopping("loss", patience=50), stop=2)
    stopping = keras.callbacks.EarlyStopping("loss", patience=99, verbose=0)
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")
    fit(stopping, checkpoint)
    assert stopping.patience == 99 and stopping.best is not None
    assert {path.name for path in tmp_path.glob("*.keras")} == {"3.keras", "4.keras", "5.keras"}


class Counter(keras.callbacks.Callback):
    """A user's callback with a state of several kinds."""

    def __init__(self, name):
        super().__init__()
        self.name, self.count, self.sums = name, 0, np.zeros(2)
        self.parts, self.table = [np.zeros(1)], {"best": None}

    def on_epoch_end(self, epoch, logs=None):
        self.count += 1
        self.sums = self.sums + [1, epoch]
        self.parts = [*self.parts, np.full(3, epoch)]
        self.table = {"best": np.float32(epoch)}


def test_the_state_of_a_users_callbacks_comes_back(fit):
    fit(Counter("a"), Counter("b"), stop=3)
    counters = Counter("c"), Counter("d")
    fit(*counters)
    assert [counter.name for counter in counters] == ["c", "d"]
    for counter in counters:
        assert counter.count == 5
        np.testing.assert_array_equal(counter.sums, [5, 10])
        assert [len(part) for part in counter.parts] == [1, 3, 3, 3, 3, 3]
        assert counter.table == {"best": 4}


@pytest.mark.parametrize("file", ["model.weights.h5", "arrays.npz", "state.json"])
@pytest.mark.parametrize("damage", ["missing", "cut", "altered"])
def test_a_damaged_state_is_refused(file, damage, fit, tmp_path, make_vae):
    kept = tmp_path / "state" / "epoch-000001" / file
    if not (template := tmp_path.parent / "interrupted").exists():
        fit(folder=template, stop=2)
    shutil.copytree(template, tmp_path / "state")
    content = kept.read_bytes()
    if damage == "missing":
        kept.unlink()
    else:
        middle = len(content) // 2
        end = b"" if damage == "cut" else b"\xff" + content[middle + 1 :]
        kept.write_bytes(content[:middle] + end)
    vae = make_vae()
    before = vae.get_weights()
    with pytest.raises(ValueError, match=rf"is damaged: {file} is missing, cut short or altered"):
        fit(vae=vae)
    for old, new in zip(before, vae.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_half_a_state_is_skipped(fit, tmp_path, assert_same_weights):
    whole = fit()
    fit(stop=3)
    half = tmp_path / "state" / ".epoch-000009.partial"
    half.mkdir()
    (half / "model.weights.h5").write_bytes(b"half")
    assert_same_weights(fit(), whole, atol=0.0)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("difference", ["size", "optimizer"])
def test_the_state_of_another_model_is_refused(difference, fit, make_vae, tmp_path):
    fit(stop=2)
    if difference == "size":
        changes = {"vae": make_vae(posterior=tfvae.families.DiagonalNormal(3))}
    else:
        changes = {"optimizer": "sgd"}
    with pytest.raises(ValueError, match="state of a different model or optimiser"):
        fit(**changes)
    assert (tmp_path / "state" / "epoch-000001").is_dir()


def test_a_model_built_again_in_the_same_process_is_the_same(fit, make_vae):
    fit(stop=2)
    names = [weight.path for weight in make_vae().weights]
    vae = make_vae()
    assert names != [weight.path for weight in vae.weights]
    assert fit(vae=vae).history.epoch == list(range(5))


def test_what_is_kept_is_plain_json(fit, tmp_path):
    fit(keras.callbacks.EarlyStopping("loss", patience=9), stop=2)
    state = json.loads((tmp_path / "state" / "epoch-000001" / "state.json").read_text())
    assert state["epoch"] == 1
    assert len(state["history"]["values"]["elbo"]) == 2
    assert set(state["callbacks"]["EarlyStopping-0"]) >= {"best"}
    assert "patience" not in state["callbacks"]["EarlyStopping-0"]
