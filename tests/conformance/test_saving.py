"""Every variant, kept and taken up again: as JSON, as `.keras` and as a preset."""

import json

import keras
import numpy as np
import tensorflow as tf

import tfvae
from tests.conformance.conftest import (
    BATCH_SIZE,
    count,
    every,
    few,
    make_variant,
    noise_for,
    told,
)
from tests.conformance.variants.base import Widen
from tests.priors.student_t import student_t

USERS_OWN = {"tests>Widen": Widen, "tests>student_t": student_t}


def assert_equal_weights(one, other):
    assert [weight.name for weight in one.weights] == [weight.name for weight in other.weights]
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@every
def test_a_config_passes_through_json(name):
    vae = make_variant(name).vae
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(vae)))
    again = keras.saving.deserialize_keras_object(config)
    shapes = [(weight.name, weight.shape, weight.trainable) for weight in vae.weights]
    assert [(w.name, w.shape, w.trainable) for w in again.weights] == shapes
    assert json.dumps(again.get_config()) == json.dumps(vae.get_config())


def saved_and_loaded(vae, folder):
    vae.save(folder / "vae.keras")
    return keras.saving.load_model(folder / "vae.keras")


@every
def test_a_saved_model_has_its_weights_and_its_optimisers(name, trained, tmp_path):
    run = trained(name)
    x, _ = told(run.x)
    loaded = saved_and_loaded(run.vae, tmp_path)
    assert type(loaded) is tfvae.VAE
    assert_equal_weights(loaded, run.vae)
    # Generators of random numbers are among them.
    for one, other in zip(loaded.variables, run.vae.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy(), err_msg=one.path)
    pairs = zip(loaded.optimizer.variables, run.vae.optimizer.variables, strict=True)
    assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in pairs)
    assert int(loaded.optimizer.iterations.numpy()) > 0
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), run.vae.predict(x, verbose=0))


@few
def test_a_saved_model_goes_on_where_it_stopped(name, trained, tmp_path):
    run = trained(name)
    loaded = saved_and_loaded(run.vae, tmp_path)
    histories = [
        vae.fit(*told(run.x), batch_size=BATCH_SIZE, epochs=2, verbose=0).history
        for vae in (run.vae, loaded)
    ]
    assert histories[0] == histories[1]
    assert_equal_weights(loaded, run.vae)


@every
def test_weights_alone_can_be_kept(name, trained, tmp_path):
    run = trained(name)
    run.vae.save_weights(tmp_path / "vae.weights.h5")
    other = make_variant(name, seed=2).vae
    other.load_weights(tmp_path / "vae.weights.h5")
    assert_equal_weights(other, run.vae)


@every
def test_a_preset_is_the_model_without_its_optimiser(name, trained, tmp_path):
    run = trained(name)
    run.vae.save_to_preset(tmp_path / "preset")
    taken = tfvae.VAE.from_preset(tmp_path / "preset", custom_objects=USERS_OWN)
    assert type(taken) is tfvae.VAE
    assert not taken.compiled
    assert_equal_weights(taken, run.vae)
    assert json.dumps(taken.get_config()) == json.dumps(run.vae.get_config())
    x, y = told(tf.nest.map_structure(tf.constant, run.x))
    np.testing.assert_array_equal(taken(x), run.vae(x))
    noise = {key: value[0] for key, value in noise_for(taken, count(run.x), 1).items()}
    np.testing.assert_array_equal(taken.elbo_from(x, noise, y), run.vae.elbo_from(x, noise, y))


@every
def test_a_clone_is_independent(name):
    vae, x = make_variant(name)
    clone = type(vae).from_config(vae.get_config())
    shared = {id(weight) for weight in vae.weights} & {id(weight) for weight in clone.weights}
    assert shared == set()
    clone.set_weights(vae.get_weights())
    x, _ = told(x)
    np.testing.assert_array_equal(clone(x), vae(x))
