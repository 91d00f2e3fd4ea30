"""tfvae's `fit`, epoch by epoch: the network of every comparison, fed and with a prior as asked.

`--feed numpy` is what a user writes: `compile("adam")`, then `fit` on the array with a batch
size and nothing else. The other feeds are hand-tuned tf.data pipelines, with XLA on and a number
of steps in each call to the compiled function, as an expert would write them.
"""

import argparse
import sys
from importlib.metadata import version
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

import tfvae
from benchmarks.data import synthetic_images
from benchmarks.network import BATCH_SIZE, HIDDEN_SIZES, INPUT_SIZE, LEARNING_RATE
from benchmarks.turnstile import Turnstile

FEEDS = ("numpy", "shuffled", "gathered", "gathered_ahead")


class EndOfEpoch(keras.callbacks.Callback):
    """Pass the turnstile at the end of each epoch."""

    def __init__(self, turnstile: Turnstile) -> None:
        super().__init__()
        self.turnstile = turnstile

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Report the epoch and its mean loss, in nats an example."""
        self.turnstile.turn(loss=float((logs or {})["loss"]))


def hidden_layers(inputs: int, sizes: tuple[int, ...]) -> keras.Sequential:
    """Dense layers of these sizes, each with a ReLU."""
    dense = [keras.layers.Dense(size, activation="relu") for size in sizes]
    return keras.Sequential([keras.Input((inputs,)), *dense])


def build_model(latent_size: int, num_components: int) -> tfvae.VAE:
    """The model; no components mean a standard normal prior."""
    prior = (
        tfvae.priors.MixtureOfGaussians(num_components)
        if num_components
        else tfvae.priors.StandardNormal()
    )
    return tfvae.VAE(
        hidden_layers(INPUT_SIZE, HIDDEN_SIZES),
        hidden_layers(latent_size, HIDDEN_SIZES[::-1]),
        posterior=tfvae.families.DiagonalNormal(latent_size),
        prior=prior,
        likelihood=tfvae.families.Bernoulli((INPUT_SIZE,)),
    )


def tuned_dataset(feed: str, images: NDArray[np.float32]) -> tf.data.Dataset:
    """Whole batches of all images in a new order each epoch; the last, smaller one is dropped.

    "shuffled" is the textbook's pipeline; "gathered" shuffles indices and gathers each batch from
    one tensor; "gathered_ahead" does so for several batches at once, in parallel.
    """
    if feed == "shuffled":
        slices = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images))
        return slices.batch(BATCH_SIZE, drop_remainder=True).prefetch(tf.data.AUTOTUNE)
    source = tf.constant(images)
    steps = len(images) // BATCH_SIZE

    def order(_: tf.Tensor) -> tf.data.Dataset:
        shuffled = tf.random.shuffle(tf.range(len(images)))[: steps * BATCH_SIZE]
        return tf.data.Dataset.from_tensor_slices(tf.reshape(shuffled, [steps, BATCH_SIZE]))

    rows = tf.data.Dataset.range(1).flat_map(order)
    calls = tf.data.AUTOTUNE if feed == "gathered_ahead" else None
    batches = rows.map(
        lambda indices: tf.ensure_shape(tf.gather(source, indices), [BATCH_SIZE, INPUT_SIZE]),
        num_parallel_calls=calls,
    )
    batches = batches.apply(tf.data.experimental.assert_cardinality(steps))
    return batches.prefetch(tf.data.AUTOTUNE if calls else 2)


def fit(options: argparse.Namespace, turnstile: Turnstile) -> None:
    """Announce the model and train it for as many epochs as the parent asks for."""
    images = synthetic_images(options.images, options.seed)
    keras.utils.set_random_seed(options.seed)
    vae = build_model(options.latent_size, options.components)
    turnstile.enter(
        versions={
            "python": sys.version.split()[0],
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": version("numpy"),
            "tfvae": tfvae.__version__,
        },
        threads=tf.config.threading.get_intra_op_parallelism_threads(),
        parameters=vae.count_params(),
    )
    arguments: dict[str, Any] = {"epochs": options.epochs, "verbose": 0}
    arguments["callbacks"] = [EndOfEpoch(turnstile)]
    if options.feed == "numpy":
        vae.compile("adam")
        vae.fit(images, batch_size=BATCH_SIZE, **arguments)
    else:
        vae.compile("adam", jit_compile=True, steps_per_execution=options.steps_per_execution)
        vae.fit(tuned_dataset(options.feed, images), **arguments)


def main() -> None:
    """Read the command line and fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--latent-size", type=int, required=True)
    parser.add_argument("--components", type=int, default=0)
    parser.add_argument("--feed", choices=FEEDS, default="numpy")
    parser.add_argument("--steps-per-execution", type=int, default=1)
    # The adam of a name has this rate; say so here should Keras ever change it.
    assert float(keras.optimizers.Adam().learning_rate) == np.float32(LEARNING_RATE)
    fit(parser.parse_args(), Turnstile())


if __name__ == "__main__":
    main()
