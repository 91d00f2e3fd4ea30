"""log p(x) by 5,000 importance samples an image, beside the decoder's matrix products alone.

Protocol. The gated network of the field's tables, 784-300-300 with 40 latent variables and its
mirror, on binary images; its weights are at their start, since they change no time. One process
with two threads. A turn takes `evaluate.importance_sampling` of some images, all of it: encoder,
noise, densities, sums; and after it each product of the decoder alone, on warm caches, in NumPy and
in TensorFlow (eager, graph and XLA), of as many rows as are decoded at once and of four times as
many: the fastest of all these counts.
The ratio is the time of the whole over that of its products at those rates, the median over turns.
By default a turn has 256 of the 10,000 images, and the time of all is extrapolated, as the rows
say; `--whole` takes all 10,000 in each turn. The peak of resident memory is the process's own,
after its first turn and before any product was measured apart.
"""

import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.alternate import Turn, Worker, alternate
from benchmarks.network import INPUT_SIZE, Product
from benchmarks.outcome import (
    Options,
    Outcome,
    Row,
    Target,
    duration_row,
    measurements_of,
    merged_versions,
    paired_ratios,
    rate_row,
)

HIDDEN_SIZES = (300, 300)
LATENT_SIZE = 40
ALL_IMAGES = 10_000
BATCH_SIZE = 128
MOST_RATIO, MOST_MEMORY = 1.5, 4.0


@dataclass(frozen=True)
class Size:
    """How much a run measures: images in a turn, samples of each, and turns."""

    images: int
    samples: int
    turns: int


def size_of(options: Options) -> Size:
    """Two batches in each of five turns, all images in each of two, or a glimpse."""
    if options.quick:
        return Size(16, 100, 2)
    return Size(ALL_IMAGES, 5_000, 2) if options.whole else Size(2 * BATCH_SIZE, 5_000, 5)


def decoder_products(rows: int) -> Iterator[Product]:
    """The matrix products that decode so many samples; a gated layer is one of double width."""
    inputs = LATENT_SIZE
    for size in HIDDEN_SIZES:
        yield Product("forward", rows, inputs, 2 * size)
        inputs = size
    yield Product("forward", rows, inputs, INPUT_SIZE)


def run(options: Options) -> Outcome:
    """Take turns of evidence and products."""
    size = size_of(options)
    series = alternate([_worker(options, size)], turns=size.turns, rounds=1)["evidence"]
    whole = series.values("evidence_seconds")
    products = [product_seconds(turn, size.images * size.samples) for turn in series.turns]
    ratios = paired_ratios(whole, products)
    memory = float(series.warm_up[0]["peak_memory_gb"])
    every = [seconds * ALL_IMAGES / size.images for seconds in whole]
    taken = "measured" if size.images == ALL_IMAGES else f"extrapolated from {size.images}"
    samples = [size.images * size.samples / seconds for seconds in whole]
    return Outcome(
        title="evidence by importance sampling, beside its matrix products",
        rows=[
            duration_row("evidence over the products of the decoder", ratios, "x"),
            duration_row(f"{ALL_IMAGES:,} images, {size.samples:,} samples each, {taken}", every),
            rate_row("importance samples", samples, "samples/s"),
            Row("peak of resident memory", "GB", memory, memory, 1),
        ],
        targets=[
            Target(
                "time of importance-sampled evidence, over its matrix products",
                statistics.median(ratios),
                MOST_RATIO,
                at_least=False,
            ),
            Target(
                "peak memory of importance-sampled evidence",
                memory,
                MOST_MEMORY,
                at_least=False,
                unit="GB",
            ),
        ],
        settings={
            "encoder": [INPUT_SIZE, *HIDDEN_SIZES],
            "latent_size": LATENT_SIZE,
            "decoder": [*HIDDEN_SIZES[::-1], INPUT_SIZE],
            "layers": "gated dense",
            "likelihood": "Bernoulli",
            "images": size.images,
            "samples": size.samples,
            "batch_size": BATCH_SIZE,
            "turns": size.turns,
        },
        measurements=measurements_of({"evidence": series}),
        versions=merged_versions({"evidence": series}),
    )


def product_seconds(turn: Turn, samples: int) -> float:
    """Seconds that the products for so many samples take, each at its fastest rate of a turn."""
    seconds = 0.0
    for product in decoder_products(samples):
        shape = [product.inner, product.columns]
        rates = [
            statistics.median(entry["gflops"])
            for entry in turn["rates"]
            if entry["shape"][1:] == shape
        ]
        seconds += product.flops / 1e9 / max(rates)
    return seconds


def _worker(options: Options, size: Size) -> Worker:
    arguments: dict[str, Any] = {
        "--images": size.images,
        "--samples": size.samples,
        "--seed": options.seed,
        "--block-seconds": 0.005 if options.quick else 0.3,
    }
    flat = [str(part) for pair in arguments.items() for part in pair]
    return Worker("evidence", [sys.executable, "-m", "benchmarks.workers.evidence", *flat])
