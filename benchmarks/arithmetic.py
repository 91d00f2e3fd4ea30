"""How much of the machine's matrix arithmetic `fit` reaches.

Protocol. The matrix products of a training step are counted exactly (`network.step_products`):
forward, weight gradients, and input gradients but for the first layer's. One worker fits, epoch by
epoch; between its epochs, one worker multiplies with NumPy and one with TensorFlow (eager, graph,
XLA), each distinct product alone, over and over on warm caches. In each turn the fastest way of
each product is taken. The reference is the time that the step's products would take at those
rates, and nothing else: no activations, no sampling, no loss, no Adam, no shuffling, no input.
The share is that time over the whole wall time of the epoch.
"""

import statistics
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.alternate import Turn, Worker, alternate
from benchmarks.fits import settings_of, size_of, tfvae_worker
from benchmarks.network import BATCH_SIZE, Product, step_flops, step_products
from benchmarks.outcome import (
    Options,
    Outcome,
    Row,
    Target,
    measurements_of,
    merged_versions,
    rate_row,
)

LEAST_SHARE = 60.0
LIBRARIES = ("numpy", "tensorflow")

Rates = dict[Product, tuple[float, str]]


def run(options: Options) -> Outcome:
    """Fit and multiply in turns."""
    size = size_of(options)
    block_seconds = 0.005 if options.quick else 0.05
    workers = [tfvae_worker("fit", options, size)]
    workers += [sgemm_worker(name, options, block_seconds) for name in LIBRARIES]
    series = alternate(workers, turns=size.turns, rounds=size.rounds, progress=options.progress)
    epoch_gflop = step_flops() / BATCH_SIZE * size.images / 1e9
    achieved = [epoch_gflop / seconds for seconds in series["fit"].values()]
    fastest = [
        fastest_rates(turns)
        for turns in zip(*(series[name].turns for name in LIBRARIES), strict=True)
    ]
    possible = [reference_gflops(rates) for rates in fastest]
    shares = [100 * own / most for own, most in zip(achieved, possible, strict=True)]
    return Outcome(
        title="arithmetic of fit, beside the fastest matrix products",
        rows=[
            rate_row("fit, all of it", achieved, "GFLOP/s"),
            rate_row("its products alone, each at its fastest", possible, "GFLOP/s"),
            *_product_rows(fastest),
        ],
        targets=[
            Target(
                "arithmetic of fit, of the fastest sgemm at its shapes",
                statistics.median(shares),
                LEAST_SHARE,
                at_least=True,
                unit="%",
            )
        ],
        settings={**settings_of(size), "flops_of_a_step": step_flops()},
        measurements=measurements_of(series),
        versions=merged_versions(series),
    )


def sgemm_worker(library: str, options: Options, block_seconds: float) -> Worker:
    """A worker that measures matrix products."""
    arguments = {
        "--batch-size": BATCH_SIZE,
        "--block-seconds": block_seconds,
        "--seed": options.seed,
    }
    flat = [str(part) for pair in arguments.items() for part in pair]
    return Worker(library, [sys.executable, "-m", "benchmarks.workers.sgemm", library, *flat])


def fastest_rates(turns: Sequence[Turn]) -> Rates:
    """The best way of each product in turns that follow each other, by the median of its blocks."""
    best: Rates = {}
    for turn in turns:
        for entry in turn["rates"]:
            product = Product(entry["kind"], *entry["shape"])
            rate = statistics.median(entry["gflops"])
            best[product] = max(best.get(product, (0.0, "")), (rate, entry["way"]))
    return best


def reference_gflops(rates: Rates) -> float:
    """GFLOP/s of a step's products done one after the other, each at its fastest rate."""
    seconds = sum(product.flops / 1e9 / rates[product][0] for product in step_products())
    return step_flops() / 1e9 / seconds


def _product_rows(fastest: Sequence[Rates]) -> list[Row]:
    rows = []
    for product in fastest[0]:
        found = [rates[product] for rates in fastest]
        ways: list[Any] = [way for _, way in found]
        what = (
            f"{product.kind} [{product.rows}, {product.inner}] x "
            f"[{product.inner}, {product.columns}], {statistics.mode(ways)}"
        )
        rows.append(rate_row(what, [rate for rate, _ in found], "GFLOP/s"))
    return rows
