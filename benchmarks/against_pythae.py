"""Images a second of `fit`, tfvae beside pythae 0.1.2 (CPU PyTorch), NumPy arrays in.

Protocol. Both sides train the same 784-512-512-32 ReLU network and its mirror, with a Bernoulli
likelihood, N(0, I) prior, batches of 128 and Adam at 1e-3, in float32, on the same 60,000
synthetic images, each as its documentation says to: `vae.compile("adam")` and
`vae.fit(images, batch_size=128)`; `TrainingPipeline(model, config)(train_data=images)`. Each has
two threads, no progress bar, nothing saved between epochs. Two processes, one a side, take turns
of one epoch; while one works the other waits. A turn is the whole wall time of `fit` from one
epoch's end to the next one's; the first epoch, with start and compilation, is kept apart. All of
this is done twice, in new processes. The ratio is the median over pairs of neighbouring epochs.
"""

import statistics

from benchmarks.alternate import alternate
from benchmarks.environments import pythae_python
from benchmarks.fits import images_a_second, pythae_worker, settings_of, size_of, tfvae_worker
from benchmarks.outcome import (
    Options,
    Outcome,
    Target,
    duration_row,
    measurements_of,
    merged_versions,
    paired_ratios,
    rate_row,
)

LEAST_RATIO = 2.0


def run(options: Options) -> Outcome:
    """Train both sides in turns."""
    size = size_of(options)
    python = pythae_python(options.progress)
    workers = [
        pythae_worker("pythae", options, size, python),
        tfvae_worker("tfvae", options, size),
    ]
    series = alternate(workers, turns=size.turns, rounds=size.rounds, progress=options.progress)
    ratios = paired_ratios(series["pythae"].values(), series["tfvae"].values())
    rows = [rate_row("tfvae over pythae, images a second", ratios, "x")]
    for name, one in series.items():
        rows.append(rate_row(f"{name}, fit", images_a_second(one, size.images), "images/s"))
        rows.append(duration_row(f"{name}, one epoch", one.values()))
        first = [float(turn["seconds"]) for turn in one.warm_up]
        rows.append(duration_row(f"{name}, first epoch with start and compilation", first))
    losses = {name: one.turns[-1]["loss"] for name, one in series.items()}
    return Outcome(
        title="fit, beside pythae 0.1.2",
        rows=rows,
        targets=[
            Target(
                "images a second of fit, tfvae over pythae",
                statistics.median(ratios),
                LEAST_RATIO,
                at_least=True,
            )
        ],
        settings=settings_of(size),
        measurements=measurements_of(series),
        versions=merged_versions(series),
        notes=[
            f"Both sides learn: after {size.epochs} epochs the loss is "
            f"{losses['tfvae']:.1f} nats an example (tfvae), {losses['pythae']:.1f} (pythae)."
        ],
    )
