"""How steps are launched changes how fast a run is, and nothing else."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tfvae import inputs, launches, looping


class Launches(keras.callbacks.Callback):
    """Notes the last step of each launch, and its logs."""

    def __init__(self):
        super().__init__()
        self.ends, self.logs = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.ends.append(batch)
        self.logs.append(logs)


@pytest.fixture
def run(make_vae, x):
    def run(callbacks=(), steps_per_epoch=None, **compiled):
        vae = make_vae()
        vae.compile(keras.optimizers.Adam(0.05), **compiled)
        arguments = {"batch_size": 2, "epochs": 2, "verbose": 0}
        vae.fit(x, callbacks=list(callbacks), steps_per_epoch=steps_per_epoch, **arguments)
        return vae

    return run


@pytest.fixture(scope="module")
def by_single_steps(make_vae, x):
    vae = make_vae()
    vae.compile(keras.optimizers.Adam(0.05), steps_per_execution=1, jit_compile=False)
    vae.fit(x, batch_size=2, epochs=2, verbose=0)
    return vae


@pytest.mark.parametrize("steps", [2, 5, 64])
def test_steps_per_execution_need_not_divide_the_epoch(
    steps, run, by_single_steps, assert_same_weights
):
    seen = Launches()
    vae = run([seen], steps_per_execution=steps)
    assert vae.steps_per_execution == steps
    assert len(seen.ends) == 2 * -(-5 // steps)
    assert vae.steps_taken() == 10
    assert_same_weights(vae, by_single_steps)
    for name, values in by_single_steps.history.history.items():
        np.testing.assert_allclose(vae.history.history[name], values, rtol=1e-5)


def test_nor_need_they_divide_steps_per_epoch(run):
    vae = run(steps_per_epoch=7, steps_per_execution=4)
    assert vae.steps_taken() == 14


def test_eager_steps_are_those_of_a_graph(run, by_single_steps, assert_same_weights):
    assert_same_weights(run(run_eagerly=True), by_single_steps, atol=1e-5)


def test_xla_gives_the_same_step_from_the_same_noise(make_vae, x, monkeypatch, assert_same_weights):
    # Generators differ between XLA and the rest, so both are given noise from elsewhere.
    noise = np.random.default_rng(0).normal(size=(1, 10, 2)).astype("float32")
    monkeypatch.setattr(tfvae.random, "draw", lambda *_: {"z": tf.constant(noise)})
    models = []
    for compiled in ({"jit_compile": True}, {"jit_compile": False}, {"run_eagerly": True}):
        vae = make_vae(prior=tfvae.priors.MixtureOfGaussians(3, seed=0))
        vae.compile(keras.optimizers.Adam(0.05), **compiled)
        assert vae.jit_compile is compiled.get("jit_compile", False)
        vae.fit(x, batch_size=10, epochs=4, verbose=0, shuffle=False)
        models.append(vae)
    assert_same_weights(models[1], models[0], atol=1e-5)
    assert_same_weights(models[2], models[0], atol=1e-5)


def chosen(vae, steps, epochs=1, callbacks=()):
    found = launches.choose_launches(vae, steps, epochs, callbacks)
    return found["steps_per_execution"], found["jit_compile"]


@pytest.fixture(scope="module")
def vae(make_vae):
    vae = make_vae()
    vae.compile()
    return vae


@pytest.mark.parametrize(
    ("steps", "epochs", "expected"),
    [
        (1, 1, (1, False)),
        (24, 1, (2, False)),
        (469, 1, (39, False)),
        (469, 5, (39, True)),
        (10_000, 1, (64, True)),
        (None, 100, (1, False)),
    ],
)
@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="a GPU always compiles")
def test_launches_are_chosen_by_the_length_of_the_run(steps, epochs, expected, vae):
    assert chosen(vae, steps, epochs) == expected


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="a GPU always compiles")
def test_convolutions_are_not_compiled_on_a_cpu_unless_asked_for():
    vae = tfvae.VAE(
        tfvae.encoders.Conv((4,), dense=8),
        tfvae.decoders.MLP((8,)),
        tfvae.families.DiagonalNormal(2),
        tfvae.families.Bernoulli((4, 4, 1)),
    )
    vae.compile()
    assert chosen(vae, 10_000) == (64, False)
    vae.compile(jit_compile=True)
    vae.fit(np.zeros([8, 4, 4, 1]), batch_size=4, verbose=0)
    assert vae.jit_compile


def callback(**hooks):
    return type("Own", (keras.callbacks.Callback,), hooks)()


FOLLOWING = {
    "on_train_batch_end": callback(on_train_batch_end=lambda *_: None),
    "on_batch_begin": callback(on_batch_begin=lambda *_: None),
    "lambda": keras.callbacks.LambdaCallback(on_train_batch_end=lambda *_: None),
    "checkpoint": keras.callbacks.ModelCheckpoint("a.keras", save_freq=10),
    "backup": keras.callbacks.BackupAndRestore("a", save_freq=10),
}
AT_REST = {
    "epoch": callback(on_epoch_end=lambda *_: None),
    "lambda": keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: None),
    "checkpoint": keras.callbacks.ModelCheckpoint("a.keras"),
    "stopping": keras.callbacks.EarlyStopping(),
    "nan": keras.callbacks.TerminateOnNaN(),
    "resume": tfvae.callbacks.Resume("a"),
}


@pytest.mark.parametrize("name", FOLLOWING)
def test_a_callback_that_follows_batches_sees_each(name, vae):
    assert chosen(vae, 240, callbacks=[FOLLOWING[name]])[0] == 1


@pytest.mark.parametrize("name", AT_REST)
def test_other_callbacks_change_nothing(name, vae):
    assert chosen(vae, 240, callbacks=[AT_REST[name]])[0] == 20


def test_eager_runs_and_layers_without_xla_are_left_alone(make_vae):
    vae = make_vae()
    vae.compile(run_eagerly=True)
    assert chosen(vae, 10_000) == (1, False)
    vae = make_vae()
    vae.encoder.supports_jit = False
    vae.compile()
    assert chosen(vae, 10_000) == (64, False)


def test_what_was_chosen_serves_one_run_only(make_vae, x):
    vae = make_vae()
    vae.compile("sgd")
    vae.fit(x, batch_size=1, steps_per_epoch=24, verbose=0)
    assert vae.steps_per_execution == 2
    vae.fit(x, batch_size=1, verbose=0, callbacks=[Launches()])
    assert vae.steps_per_execution == 1
    assert vae.steps_taken() == 34


def test_the_users_choice_rules_and_is_kept(make_vae, x, tmp_path):
    vae = make_vae()
    vae.compile("sgd", steps_per_execution=3, jit_compile=False)
    vae.fit(x, batch_size=1, steps_per_epoch=24, verbose=0)
    vae.save(tmp_path / "vae.keras")
    loaded = keras.saving.load_model(tmp_path / "vae.keras")
    config = loaded.get_compile_config()
    assert (config["steps_per_execution"], config["jit_compile"]) == (3, False)
    loaded.fit(x, batch_size=1, steps_per_epoch=24, verbose=0)
    assert (loaded.steps_per_execution, loaded.jit_compile) == (3, False)


def test_auto_stays_auto_through_a_file(make_vae, x, tmp_path):
    vae = make_vae()
    vae.compile("sgd")
    vae.fit(x, batch_size=1, steps_per_epoch=24, verbose=0)
    vae.save(tmp_path / "vae.keras")
    loaded = keras.saving.load_model(tmp_path / "vae.keras")
    config = loaded.get_compile_config()
    assert (config["steps_per_execution"], config["jit_compile"]) == ("auto", "auto")
    loaded.fit(x, batch_size=1, steps_per_epoch=36, verbose=0)
    assert loaded.steps_per_execution == 3


SHUFFLED = {"batch_size": 4, "epochs": 2, "verbose": 0}
DATA = {
    "array": lambda x: {"x": x},
    "targets and weights": lambda x: {
        "x": x,
        "y": 1.0 - x,
        "sample_weight": np.arange(10, dtype="float32"),
    },
    "drawn anew": lambda x: {"x": tfvae.pipeline.Images(x, "dynamic", seed=2)},
    "part of the data an epoch": lambda x: {"x": x, "steps_per_epoch": 2},
}


@pytest.mark.parametrize("kind", DATA)
def test_a_compiled_loop_of_steps_takes_the_same_steps(kind, make_vae, x, assert_same_weights):
    def fit(steps, jit_compile=True):
        vae = make_vae()
        vae.compile(keras.optimizers.Adam(0.05), steps_per_execution=steps, jit_compile=jit_compile)
        vae.fit(**DATA[kind](x), **SHUFFLED)
        return vae

    looped, single = fit(2), fit(1)
    assert looping.can_loop(looped, looped_arrays(looped, x))
    assert not looping.can_loop(single, looped_arrays(single, x))
    assert looped.steps_taken() == single.steps_taken()
    assert_same_weights(looped, single)
    for name, values in single.history.history.items():
        np.testing.assert_allclose(looped.history.history[name], values, rtol=1e-5)


def looped_arrays(vae, x):
    return inputs.array_data(vae, (x, None, None), 4)


def test_a_second_fit_goes_on_with_its_own_data(make_vae, x, assert_same_weights):
    looped, single = make_vae(), make_vae()
    for vae, steps in ((looped, 3), (single, 1)):
        vae.compile(keras.optimizers.Adam(0.05), steps_per_execution=steps, jit_compile=True)
        vae.fit(x, validation_data=x, **SHUFFLED)
        vae.train_on_batch(x[:4])
        vae.fit(1.0 - x[:7], **SHUFFLED)
    assert_same_weights(looped, single)


class OwnStep(tfvae.VAE):
    def train_step(self, data):
        return {**super().train_step(data), "mine": tf.constant(3.0)}


def test_a_train_step_of_the_users_is_taken_with_its_logs(x):
    vae = OwnStep(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
    )
    vae.compile("adam", steps_per_execution=2, jit_compile=True)
    seen = Launches()
    vae.fit(x, callbacks=[seen], **SHUFFLED)
    assert [logs["mine"] for logs in seen.logs] == [3.0] * 4


class Freeze(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self.model.decoder.trainable = False
            self.model.make_train_function(force=True)


def test_a_callback_may_have_the_steps_traced_anew(make_vae, x):
    vae = make_vae()
    vae.compile(keras.optimizers.Adam(0.05), steps_per_execution=2, jit_compile=True)
    weights = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: weights.append(
            [vae.encoder.get_weights()[0], vae.decoder.get_weights()[0]]
        )
    )
    vae.fit(x, callbacks=[Freeze(), note], **SHUFFLED)
    (first_encoder, first_decoder), (encoder, decoder) = weights
    assert np.abs(encoder - first_encoder).max() > 0.0
    np.testing.assert_array_equal(decoder, first_decoder)
