"""Single cells, scvi-tools 1.4.2 beside the preset: `python -m benchmarks.against_scvi --seed 0`.

Both sides train on the same cells, with networks and latents of the same sizes, and are scored on
the same test cells, of which neither saw anything. What is compared has one definition on both:

- log p(x | library size) of the counts, the library size being the observed sum, by as many
  importance samples from q(z given x). Theirs is `SCVI.get_marginal_ll`, ours
  `tfvae.evaluate.evidence`; both include the terms of the counts alone, such as log x!.
- The bound, by one sample an example: `SCVI.get_elbo`.
- The kind that most of the five nearest training cells have, by the means of q(z given x).

scvi-tools has no clusters of its own; k-means on its latents of the training cells, with as many
groups as there are kinds of cells, and then the nearest centre stand beside our components.

scvi-tools trains by its defaults (400 epochs), once with its default likelihood, in which zeros
are inflated, and once with the negative binomial of the preset. Our figures are those of the
preset's metadata.

Writes `benchmarks/results/cells/LIKELIHOOD/seed-N.json`.
"""

import argparse
import json
import math
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.alternate import worker_environment
from benchmarks.environments import scvi_python
from benchmarks.machine import describe_machine
from benchmarks.outcome import RESULTS, write_text
from tfvae import evaluate
from tfvae.zoo import data
from tfvae.zoo.recipes import counts_pbmc
from tfvae.zoo.tasks.counts import NEIGHBOURS

FOLDER = RESULTS / "cells"
LIKELIHOODS = ("zinb", "nb")
WORKER = Path(__file__).parent / "workers" / "fit_scvi.py"


def compare(dataset: data.Dataset, likelihood: str, seed: int) -> dict[str, Any]:
    """Trains scvi-tools on a data set, and returns its scores on the test cells.

    Args:
        dataset: counts of cells.
        likelihood: `"zinb"` or `"nb"`, as scvi-tools calls it.
        seed: of the weights, the order of cells and all noise.

    Raises:
        RuntimeError: if the environment cannot be made, or training fails.
    """
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        arrays, said = _trained(dataset, likelihood, seed, Path(folder))
    return {
        "name": likelihood,
        "seed": seed,
        "scores": {"elbo": said.pop("elbo"), **scores(arrays, dataset, seed)},
        "seconds": time.perf_counter() - began,
        **said,
    }


def scores(arrays: dict[str, np.ndarray], dataset: data.Dataset, seed: int) -> dict[str, float]:
    """Returns what a model's latents and likelihoods are worth.

    Args:
        arrays: latents of the `train` and of the `test` cells, `[N, D]`, and the
            `log_likelihood` of the test cells, `[M]`.
        dataset: the kinds of the cells.
        seed: seed of k-means.
    """
    from sklearn.cluster import KMeans
    from sklearn.neighbors import KNeighborsClassifier

    train, test, each = (arrays[name] for name in ("train", "test", "log_likelihood"))
    groups = KMeans(len(dataset.class_names), n_init=10, random_state=seed).fit(train)
    found = evaluate.clustering(dataset.y_test, groups.predict(test))
    nearest = KNeighborsClassifier(NEIGHBOURS).fit(train, dataset.y_train)
    return {
        "log_likelihood": float(np.mean(each)),
        "log_likelihood_standard_error": float(np.std(each, ddof=1) / math.sqrt(len(each))),
        "clustering_accuracy": found.accuracy,
        "normalised_mutual_information": found.normalised_mutual_information,
        "adjusted_rand_index": found.adjusted_rand_index,
        "neighbour_accuracy": float(nearest.score(test, dataset.y_test)),
    }


def _trained(
    dataset: data.Dataset, likelihood: str, seed: int, folder: Path
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Runs the worker; returns its arrays and what else it said."""
    np.savez(folder / "cells.npz", x_train=dataset.x_train, x_test=dataset.x_test)
    (hidden,) = counts_pbmc.HIDDEN
    options = {
        "--cells": folder / "cells.npz",
        "--output": folder,
        "--likelihood": likelihood,
        "--hidden": hidden,
        "--latent-size": counts_pbmc.LATENT_SIZE,
        "--num-samples": counts_pbmc.RECIPE.num_samples,
        "--seed": seed,
    }
    words = [str(word) for pair in options.items() for word in pair]
    run = subprocess.run(
        [str(scvi_python()), str(WORKER), *words],
        env=worker_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(f"scvi-tools failed:\n{run.stderr[-2000:]}")
    with np.load(folder / "arrays.npz") as arrays:
        return dict(arrays), json.loads((folder / "scores.json").read_text("utf-8"))


def main() -> None:
    """Train and score both likelihoods, and write a file for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.against_scvi", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    dataset = data.load(counts_pbmc.RECIPE.data)
    for likelihood in LIKELIHOODS:
        found = {
            **compare(dataset, likelihood, seed),
            "num_samples": counts_pbmc.RECIPE.num_samples,
            "command": f"python -m benchmarks.against_scvi --seed {seed}",
            "machine": describe_machine(),
        }
        path = FOLDER / likelihood / f"seed-{seed}.json"
        write_text(path, json.dumps(found, indent=1) + "\n")
        print(f"Written: {path.relative_to(RESULTS)}")


if __name__ == "__main__":
    main()
