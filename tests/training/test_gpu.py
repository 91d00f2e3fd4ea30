"""What a GPU changes: where things are, and that XLA and half precision are on or work."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae

pytestmark = pytest.mark.gpu


def test_weights_and_losses_are_on_the_gpu_and_arrays_are_not(make_vae, x, monkeypatch):
    devices = {}
    gather = tfvae.array_data.ArrayData._gather

    def note(self, *index):
        devices["data"] = self.x.device
        return gather(self, *index)

    monkeypatch.setattr(tfvae.array_data.ArrayData, "_gather", note)
    vae = make_vae()
    vae.compile("adam", run_eagerly=True)
    loss = vae.objective.loss

    def noted(trace):
        found = loss(trace)
        devices["loss"] = found.device
        return found

    monkeypatch.setattr(vae.objective, "loss", noted)
    vae.fit(x, verbose=0)
    assert "GPU" in devices["loss"] and "CPU" in devices["data"]
    assert all("GPU" in weight.value.device for weight in vae.weights)


def test_xla_is_chosen_and_agrees_with_the_cpu(make_vae, x, assert_same_weights, monkeypatch):
    noise = np.random.default_rng(0).normal(size=(1, 10, 2)).astype("float32")
    monkeypatch.setattr(tfvae.random, "draw", lambda *_: {"z": tf.constant(noise)})
    models = []
    for device in ("GPU:0", "CPU:0"):
        with tf.device(device):
            vae = make_vae()
            vae.compile(keras.optimizers.SGD(0.05))
            vae.fit(x, batch_size=10, epochs=5, verbose=0, shuffle=False)
        models.append(vae)
    assert models[0].jit_compile is True
    assert_same_weights(*models, atol=1e-3)


@pytest.mark.parametrize("jit_compile", [True, False])
def test_launches_of_many_steps_train(jit_compile, make_vae, x):
    vae = make_vae(prior=tfvae.priors.MixtureOfGaussians(3))
    vae.compile(keras.optimizers.Adam(0.01), jit_compile=jit_compile, steps_per_execution=4)
    history = vae.fit(x, batch_size=3, epochs=20, verbose=0, validation_data=x).history
    assert history["loss"][-1] < history["loss"][0]
    assert vae.steps_taken() == 80


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_trains(policy, make_vae, x):
    keras.config.set_dtype_policy(policy)
    vae = make_vae()
    vae.compile(keras.optimizers.Adam(0.01))
    history = vae.fit(x, batch_size=5, epochs=20, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert vae.encode(x).mean().dtype == "float32"


def test_memory_may_grow_as_it_is_needed():
    program = """
import tensorflow as tf
for device in tf.config.list_physical_devices("GPU"):
    tf.config.experimental.set_memory_growth(device, True)
import numpy as np, tfvae
vae = tfvae.VAE(
    tfvae.encoders.MLP((8,)), tfvae.decoders.MLP((8,)),
    posterior=tfvae.families.DiagonalNormal(2), likelihood=tfvae.families.Bernoulli((4, 4, 1)),
)
vae.compile("adam")
vae.fit(np.zeros([32, 4, 4, 1]), verbose=0)
assert tf.config.experimental.get_memory_info("GPU:0")["peak"] < 2**28
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_importing_leaves_memory_growth_to_the_user():
    # Importing looks at the devices; growth can be set only until one is in use.
    program = """
import tfvae
import tensorflow as tf
for device in tf.config.list_physical_devices("GPU"):
    tf.config.experimental.set_memory_growth(device, True)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
