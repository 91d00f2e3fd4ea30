"""What a mixture prior costs: an epoch of `fit` with 10 and 500 components, beside N(0, I).

Protocol. The network of the other comparisons with 40 latent dimensions; only the prior differs.
Three processes, one a prior, take turns of one epoch; ratios are medians over neighbours.
"""

import statistics

from benchmarks.alternate import alternate
from benchmarks.fits import settings_of, size_of, tfvae_worker
from benchmarks.outcome import (
    Options,
    Outcome,
    Target,
    duration_row,
    measurements_of,
    merged_versions,
    paired_ratios,
)

LATENT_SIZE = 40
MOST_RATIO = {10: 1.05, 500: 1.30}


def run(options: Options) -> Outcome:
    """Train with the three priors in turns."""
    size = size_of(options)
    names = {0: "N(0, I)", **{count: f"{count} components" for count in MOST_RATIO}}
    workers = [
        tfvae_worker(name, options, size, latent_size=LATENT_SIZE, components=count)
        for count, name in names.items()
    ]
    series = alternate(workers, turns=size.turns, rounds=size.rounds, progress=options.progress)
    plain = series[names[0]].values()
    targets = [
        Target(
            f"epoch with {count} components, over N(0, I)",
            statistics.median(paired_ratios(series[names[count]].values(), plain)),
            bound,
            at_least=False,
        )
        for count, bound in MOST_RATIO.items()
    ]
    return Outcome(
        title="what a mixture prior costs",
        rows=[duration_row(f"{name}, one epoch", one.values()) for name, one in series.items()],
        targets=targets,
        settings=settings_of(size, LATENT_SIZE),
        measurements=measurements_of(series),
        versions=merged_versions(series),
    )
