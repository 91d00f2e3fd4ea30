"""Small runs that a strategy shares out, and that must end as on one device.

`python distributed_run.py mirrored FOLDER` runs all on two logical devices of this process;
`python distributed_run.py worker FOLDER` is one of the workers that TF_CONFIG names.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import tfvae

X = np.random.default_rng(0).uniform(size=(10, 4, 4, 1)).astype("float32")
# One of zero: absent, and on one of the replicas only.
WEIGHTS = np.array([1, 2, 0.5, 0, 1, 1, 3, 0.1, 1, 2], "float32")


def batches(*arrays):
    return tf.data.Dataset.from_tensor_slices(arrays).batch(4)


def coded():
    """Latents of codes whose codebook learns by averages, on which all replicas must agree."""
    codebook = tfvae.quantisers.Codebook(6, 2, decay=0.8, restart_after=2, seed=0)
    return tfvae.latents.Quantised(codebook, positions=(3,))


def continuous():
    return tfvae.latents.Flat(
        tfvae.families.DiagonalNormal(2), tfvae.priors.MixtureOfGaussians(3, seed=0)
    )


def regularised():
    layers = keras.layers
    dense = layers.Dense(8, "relu", kernel_regularizer="l2")
    return keras.Sequential([layers.Flatten(), dense])


# Ten examples by four leave two for the last batch; by eight, two that four places wait for.
RUNS = {
    "weights": {"data": (X, X, WEIGHTS), "validation": (X, X, WEIGHTS)},
    "metrics": {
        "data": (X,),
        "validation": (X,),
        "metrics": ["mse"],
        "encoder": regularised,
        "optimizer": lambda: keras.optimizers.Adam(0.05),
    },
    "images": {
        "data": (tfvae.pipeline.Images(X, "dynamic"), None, WEIGHTS),
        "size": 8,
        "objective": lambda: tfvae.objectives.ELBO(free_bits=0.05, num_samples=3),
    },
    "fewer examples than replicas": {"data": (X[:1],)},
    "data set": {"data": lambda: batches(X[:7], X[:7], WEIGHTS[:7])},
    "codes": {"data": (X, None, WEIGHTS), "latents": coded},
}
# What two workers run as well: more would take longer and show nothing else.
WORKED = ("weights",)


def run(name, callbacks=()):
    """Trains one of the runs under the strategy that is in force; returns the model."""
    plan = RUNS[name]
    keras.utils.set_random_seed(2)
    vae = tfvae.VAE(
        plan.get("encoder", lambda: tfvae.encoders.MLP((8,)))(),
        tfvae.decoders.MLP((8,)),
        latents=plan.get("latents", continuous)(),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        objective=plan.get("objective", tfvae.objectives.ELBO)(),
    )
    optimizer = plan.get("optimizer", lambda: keras.optimizers.SGD(0.05, momentum=0.9))()
    vae.compile(optimizer, metrics=plan.get("metrics"))
    data = plan["data"]
    x, y, sample_weight = (
        (*data, None, None)[:3] if isinstance(data, tuple) else (data(), None, None)
    )
    size = None if callable(data) else plan.get("size", 4)
    arguments = {"batch_size": size, "epochs": 2, "verbose": 0}
    validation = plan.get("validation")
    arguments |= {"sample_weight": sample_weight, "validation_data": validation}
    vae.fit(x, y, callbacks=list(callbacks), **arguments)
    return vae


def result(vae):
    """What is compared: weights, and what was reported, by name."""
    found = {f"weight {i}": value for i, value in enumerate(vae.get_weights())}
    return {**found, **{name: np.array(values) for name, values in vae.history.history.items()}}


def file_of(folder, name):
    return Path(folder) / f"{name.replace(' ', '_')}.npz"


def mirrored(folder):
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert strategy.num_replicas_in_sync == 2
    for name in RUNS:
        with strategy.scope():
            vae = run(name)
        np.savez(file_of(folder, name), **result(vae))
    refused = []
    with strategy.scope():
        for attempt in (
            lambda: vae.fit(X, batch_size=3, verbose=0),
            lambda: vae.compile("adam", jit_compile=True),
            lambda: vae.compile("adam", steps_per_execution=2),
        ):
            try:
                attempt()
            except ValueError as error:
                refused.append(str(error))
    (Path(folder) / "refused.txt").write_text("\n".join(refused))


class Interrupt(keras.callbacks.Callback):
    """Ends a run when its second epoch begins."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def worker(folder):
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    number = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
    for name in WORKED:
        state = Path(folder) / "state"
        with strategy.scope():
            with contextlib.suppress(KeyboardInterrupt):
                run(name, [tfvae.callbacks.Resume(state), Interrupt()])
            kept = ",".join(sorted(kept.name for kept in state.iterdir()))
            (state.parent / f"kept-{number}.txt").write_text(kept)
            vae = run(name, [tfvae.callbacks.Resume(state)])
        np.savez(file_of(folder, f"{name} {number}"), **result(vae))


if __name__ == "__main__":
    {"mirrored": mirrored, "worker": worker}[sys.argv[1]](sys.argv[2])
