"""A run with all that has a state, which can end itself as if it were killed from outside.

`python interrupted_run.py FOLDER MOMENT` dies in the middle of an epoch (`epoch-2`) or of the
writing of its state (`write-4`).
"""

import os
import signal
import sys
from pathlib import Path

import keras
import numpy as np

import tfvae
from tfvae import resume


class Kill(keras.callbacks.Callback):
    """Kills the process after two steps of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.at = epoch

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.now == self.at and batch == 1:
            kill()


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def kill_while_writing(epoch):
    """Makes the writing of an epoch's state stop half-way."""
    save = resume.np.savez

    def save_or_die(path, **arrays):
        if f"epoch-{epoch:06d}" in str(path):
            Path(path).write_bytes(b"PK half of it")
            kill()
        save(path, **arrays)

    resume.np.savez = save_or_die


def run(folder, moment=None):
    """Trains, from the start or from what is kept in the folder; returns the model."""
    keras.utils.set_random_seed(3)
    layers = keras.layers
    encoder = keras.Sequential([layers.Flatten(), layers.Dense(8, "relu"), layers.Dropout(0.3)])
    vae = tfvae.VAE(
        encoder,
        tfvae.decoders.MLP((8,)),
        posterior=tfvae.families.DiagonalNormal(2),
        prior=tfvae.priors.MixtureOfGaussians(3),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
    )
    vae.compile(keras.optimizers.Adam(0.05), steps_per_execution=1)
    x = np.random.default_rng(0).uniform(size=(12, 4, 4, 1)).astype("float32")
    folder = Path(folder)
    callbacks = [
        tfvae.callbacks.Resume(folder / "state"),
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.97),
        keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1),
        keras.callbacks.ModelCheckpoint(folder / "best.keras", "val_loss", save_best_only=True),
        keras.callbacks.EarlyStopping("val_loss", patience=3, restore_best_weights=True),
    ]
    kind, _, epoch = (moment or "").partition("-")
    if kind == "epoch":
        callbacks.append(Kill(int(epoch)))
    elif kind == "write":
        kill_while_writing(int(epoch))
    images = tfvae.pipeline.Images(x, "dynamic")
    arguments = {"batch_size": 4, "epochs": 30, "verbose": 0, "validation_data": images}
    vae.fit(images, callbacks=callbacks, **arguments)
    return vae


if __name__ == "__main__":
    run(*sys.argv[1:])
