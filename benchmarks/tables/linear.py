"""A linear VAE beside probabilistic PCA: `python -m benchmarks.tables.linear --seed 0`.

Both are one model: p(z) = N(0, I), p(x|z) = N(W z + b, s^2 I). scikit-learn finds the maximum of
its likelihood in closed form; ours is trained by `fit`, by samples of the ELBO, and knows nothing
of it. Images are taken as they are, 784 numbers from 0 to 1. The training images' mean
log-likelihood at the maximum is what no ELBO can pass.

Writes `benchmarks/results/linear/SIZE/seed-N.json`.
"""

import argparse
import json
import time
from typing import Any

import keras
import numpy as np
from sklearn.decomposition import PCA

import tfvae
from benchmarks.machine import describe_machine
from benchmarks.outcome import RESULTS, write_text
from benchmarks.tables.trained import versions
from tfvae.zoo import data

FOLDER = RESULTS / "linear"
SIZES = (2, 10, 50)
EPOCHS, BATCH_SIZE, LEARNING_RATE = 600, 500, 0.01
# At the optimum every importance weight is p(x), so that few samples do.
NUM_SAMPLES = 10


def compare(
    x_train: np.ndarray, x_test: np.ndarray, latent_size: int, seed: int, epochs: int = EPOCHS
) -> dict[str, Any]:
    """Trains a linear VAE, and returns its evidence beside that of probabilistic PCA.

    Args:
        x_train: examples, float32 `[N, D]`.
        x_test: others, float32 `[M, D]`.
        latent_size: number of components.
        seed: of the weights, the order of examples and all noise.
        epochs: passes over the examples.

    Returns:
        `closed_form` and `trained`, of both the mean log-likelihood of training and test examples
        in nats; of the trained one the ELBO too; and `gap`, from its training ELBO to the maximum.
    """
    exact = PCA(latent_size, svd_solver="covariance_eigh").fit(x_train.astype("float64"))
    best = {"train": exact.score(x_train), "test": exact.score(x_test)}
    keras.utils.set_random_seed(seed)
    vae = tfvae.models.ProbabilisticPCA(latent_size, x_train.shape[1:])
    steps = -(-len(x_train) // BATCH_SIZE) * epochs
    vae.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)))
    began = time.perf_counter()
    vae.fit(x_train, batch_size=BATCH_SIZE, epochs=epochs, verbose=0)
    seconds = time.perf_counter() - began
    trained = {
        "elbo_train": float(np.mean(vae.elbo(x_train, num_samples=NUM_SAMPLES))),
        "train": float(np.mean(vae.log_likelihood(x_train, num_samples=NUM_SAMPLES))),
        "test": float(np.mean(vae.log_likelihood(x_test, num_samples=NUM_SAMPLES))),
    }
    return {
        "latent_size": latent_size,
        "seed": seed,
        "epochs": epochs,
        "closed_form": best,
        "trained": trained,
        "gap": best["train"] - trained["elbo_train"],
        "training_seconds": seconds,
    }


def main() -> None:
    """Compare on MNIST, and write a file for each number of components."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables.linear", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    mnist = data.load("mnist")
    x_train, x_test = (x.reshape(len(x), -1) for x in (mnist.x_train, mnist.x_test))
    for size in SIZES:
        found = {
            **compare(x_train, x_test, size, seed),
            "command": f"python -m benchmarks.tables.linear --seed {seed}",
            "machine": describe_machine(),
            "versions": versions(),
        }
        path = FOLDER / str(size) / f"seed-{seed}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(found, indent=1) + "\n")
        print(f"{size} components: {found['gap']:.4f} nats below the maximum")


if __name__ == "__main__":
    main()
