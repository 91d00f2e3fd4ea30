"""`fit` on a NumPy array, beside the best hand-tuned tf.data pipeline on the same model.

Protocol. The tuner first tries each pipeline with several numbers of steps in a call, XLA on, and
keeps the fastest by its best epoch. That one and the plain `fit(images, batch_size=128)` then take
turns of one epoch, as in the comparison with pythae. The tuned pipelines drop the last, smaller
batch; times are therefore taken for each image.
"""

import statistics
from typing import Any

from benchmarks.alternate import alternate
from benchmarks.fits import Size, images_a_second, settings_of, size_of, tfvae_worker
from benchmarks.network import BATCH_SIZE
from benchmarks.outcome import (
    Options,
    Outcome,
    Target,
    measurements_of,
    merged_versions,
    paired_ratios,
    rate_row,
)

MOST_RATIO = 1.15
TUNED_FEEDS = ("shuffled", "gathered", "gathered_ahead")
# Divisors of the 468 whole batches, so that no call is cut short.
STEPS_PER_EXECUTION = (13, 39, 117)
QUICK_STEPS_PER_EXECUTION = (10,)


def run(options: Options) -> Outcome:
    """Tune the reference, then let both take turns."""
    size = size_of(options)
    trials = tune(options, size)
    best = min(trials, key=lambda trial: min(trial["seconds"]))
    chosen = {"feed": best["feed"], "steps_per_execution": best["steps_per_execution"]}
    workers = [
        tfvae_worker("hand-tuned tf.data", options, size, **chosen),
        tfvae_worker("fit(array)", options, size),
    ]
    series = alternate(workers, turns=size.turns, rounds=size.rounds, progress=options.progress)
    whole = size.images // BATCH_SIZE * BATCH_SIZE
    tuned = images_a_second(series["hand-tuned tf.data"], whole)
    plain = images_a_second(series["fit(array)"], size.images)
    ratios = paired_ratios(tuned, plain)
    return Outcome(
        title="fit(array), beside hand-tuned tf.data",
        rows=[
            rate_row("fit(array)", plain, "images/s"),
            rate_row("hand-tuned tf.data", tuned, "images/s"),
        ],
        targets=[
            Target(
                "time an image of fit(array), over the best tf.data pipeline",
                statistics.median(ratios),
                MOST_RATIO,
                at_least=False,
            )
        ],
        settings={**settings_of(size), "chosen": chosen},
        measurements={"tuning": trials, **measurements_of(series)},
        versions=merged_versions(series),
        notes=[
            f"The best of {len(trials)} pipelines: {chosen['feed']}, "
            f"{chosen['steps_per_execution']} steps in a call, XLA on."
        ],
    )


def tune(options: Options, size: Size) -> list[dict[str, Any]]:
    """Time two epochs of every pipeline, after the first."""
    small = Size(size.images, 2, 1)
    trials = []
    for feed in TUNED_FEEDS:
        for steps in QUICK_STEPS_PER_EXECUTION if options.quick else STEPS_PER_EXECUTION:
            worker = tfvae_worker(
                f"{feed} x{steps}", options, small, feed=feed, steps_per_execution=steps
            )
            series = alternate([worker], turns=2, rounds=1, progress=options.progress)
            seconds = series[worker.name].values()
            trials.append({"feed": feed, "steps_per_execution": steps, "seconds": seconds})
    return trials
