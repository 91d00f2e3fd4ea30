"""Importance-sampled evidence of a gated network, and its decoder's products, turn by turn."""

import argparse
import resource
import sys
import time
from importlib.metadata import version

import keras
import tensorflow as tf

import tfvae
from benchmarks.data import synthetic_images
from benchmarks.evidence_cost import BATCH_SIZE, HIDDEN_SIZES, LATENT_SIZE, decoder_products
from benchmarks.network import INPUT_SIZE
from benchmarks.turnstile import Turnstile
from benchmarks.workers.sgemm import measure, numpy_ways, tensorflow_ways
from tfvae.weighing import DECODED_AT_ONCE


def build_model() -> tfvae.VAE:
    """The model, its weights at their start."""
    return tfvae.VAE(
        tfvae.encoders.GatedMLP(HIDDEN_SIZES),
        tfvae.decoders.GatedMLP(HIDDEN_SIZES[::-1]),
        posterior=tfvae.families.DiagonalNormal(LATENT_SIZE),
        likelihood=tfvae.families.Bernoulli((INPUT_SIZE,)),
    )


def peak_memory_gb() -> float:
    """The most that this process has held in memory, in 10^9 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kibibytes, macOS bytes.
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9


def main() -> None:
    """Measure until the parent has its turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, required=True)
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--block-seconds", type=float, required=True)
    options = parser.parse_args()
    keras.utils.set_random_seed(options.seed)
    vae = build_model()
    images = tfvae.pipeline.Images(
        synthetic_images(options.images, options.seed), "fixed", seed=options.seed
    )
    ways = [
        (product, way)
        for rows in (DECODED_AT_ONCE, 4 * DECODED_AT_ONCE)
        for product in decoder_products(rows)
        for each in (numpy_ways, tensorflow_ways)
        for way in each(product, options.seed)
        if way[1] == 1
    ]
    turnstile = Turnstile()
    names = ("tensorflow", "keras", "numpy", "tfvae")
    turnstile.enter(versions={"python": sys.version.split()[0], **{n: version(n) for n in names}})
    while True:
        began = time.perf_counter()
        found = tfvae.evaluate.importance_sampling(
            vae, images, options.samples, options.seed, BATCH_SIZE
        )
        seconds, memory = time.perf_counter() - began, peak_memory_gb()
        turnstile.turn(
            evidence_seconds=seconds,
            peak_memory_gb=memory,
            log_likelihood=float(found.log_likelihood.mean()),
            rates=[measure(product, way, options.block_seconds) for product, way in ways],
            threads=tf.config.threading.get_intra_op_parallelism_threads(),
        )


if __name__ == "__main__":
    main()
