"""A loss that is not finite ends training at once, and the error says what, when, what to try."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae

BAD_STEP = 7


class Spoilt(keras.layers.Layer):
    """Passes its input on, until so many training steps were taken: then something else."""

    def __init__(self, value):
        super().__init__()
        self.value = value
        self.steps = self.add_weight(shape=(), dtype="int32", trainable=False, initializer="zeros")

    def call(self, inputs, training=False):
        flat = tf.reshape(inputs, (-1, int(np.prod(inputs.shape[1:]))))
        if training:
            self.steps.assign_add(1)
        bad = tf.convert_to_tensor(self.steps) >= BAD_STEP
        return tf.where(bad, tf.cast(self.value, flat.dtype), flat)


class SpoiltObjective(tfvae.objectives.ELBO):
    def loss(self, trace):
        bad = tf.cast(trace.step, tf.int32) >= BAD_STEP - 1
        return tf.where(bad, np.float32("nan"), super().loss(trace))


def parts(term):
    if term == "rate":
        # Huge features make a scale whose square overflows, which the decoder never sees.
        return {"encoder": Spoilt(1e25), "decoder": Blind()}
    if term == "distortion":
        return {"decoder": Spoilt(float("inf"))}
    if term == "rate and distortion":
        return {"encoder": Spoilt(float("nan"))}
    return {"objective": SpoiltObjective()}


class Blind(keras.layers.Layer):
    def call(self, inputs):
        return tf.zeros_like(inputs)


LAUNCHES = {
    "one step": {"steps_per_execution": 1, "jit_compile": False},
    "four steps": {"steps_per_execution": 4, "jit_compile": False},
    "XLA": {"steps_per_execution": 3, "jit_compile": True},
    "eager": {"run_eagerly": True},
}


def run(make_vae, x, term, epochs=4, **compiled):
    vae = make_vae(**parts(term))
    vae.compile(keras.optimizers.SGD(1e-9), **compiled)
    with pytest.raises(FloatingPointError) as caught:
        vae.fit(x, batch_size=2, epochs=epochs, verbose=0)
    return vae, str(caught.value)


@pytest.mark.parametrize("launch", LAUNCHES)
def test_the_step_is_exact_however_steps_are_launched(launch, make_vae, x):
    vae, message = run(make_vae, x, "distortion", **LAUNCHES[launch])
    # Five steps an epoch.
    assert "at step 2 of epoch 2 (step 7 in the life of the model)" in message
    assert "the distortion became" in message and "the rate became" not in message
    assert vae.steps_taken() < 7 + 4


ADVICE = {
    "rate": ("the rate became", "warm-up of beta"),
    "distortion": ("the distortion became", "scaled as the likelihood expects"),
    "rate and distortion": ("the distortion became nan and the rate became nan", "warm-up"),
    "loss": ("the loss became nan", "objective itself"),
}


@pytest.mark.parametrize("term", ADVICE)
def test_the_term_is_named_with_advice(term, make_vae, x):
    _, message = run(make_vae, x, term, run_eagerly=True)
    for expected in (*ADVICE[term], "step 7 in the life", "load a checkpoint"):
        assert expected in message
    if term == "rate":
        assert "the distortion became" not in message


def test_an_earlier_run_is_forgotten(make_vae, x):
    start = make_vae(**parts("distortion")).get_weights()
    vae, _ = run(make_vae, x, "distortion", run_eagerly=True)
    vae.set_weights(start)
    vae.decoder.steps.assign(BAD_STEP - 3)
    with pytest.raises(FloatingPointError, match=r"step 3 of epoch 1 \(step 10 in the life"):
        vae.fit(x, batch_size=2, verbose=0)


def test_a_bad_evaluation_is_no_bad_step(make_vae, x):
    vae = make_vae(decoder=Spoilt(float("inf")))
    vae.compile(keras.optimizers.SGD(1e-9), run_eagerly=True)
    vae.decoder.steps.assign(BAD_STEP)
    report = vae.evaluate(x, verbose=0, return_dict=True)
    assert not np.isfinite(report["loss"])
    vae.decoder.steps.assign(0)
    vae.fit(x, batch_size=2, verbose=0)
    assert vae.health.first_bad_step()[0] == -1


def test_a_checkpoint_of_a_step_gone_bad_is_not_written(make_vae, x, tmp_path):
    vae = make_vae(decoder=Spoilt(float("inf")))
    vae.compile(keras.optimizers.SGD(1e-9), run_eagerly=True)
    name = tmp_path / "{epoch}-{batch}.weights.h5"
    checkpoint = keras.callbacks.ModelCheckpoint(name, save_freq=1, save_weights_only=True)
    with pytest.raises(FloatingPointError):
        vae.fit(x, batch_size=2, epochs=4, verbose=0, callbacks=[checkpoint])
    assert len(list(tmp_path.iterdir())) == BAD_STEP - 1
