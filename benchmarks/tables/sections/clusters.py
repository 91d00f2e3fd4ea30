"""The section on clusters: ten groups found without labels."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.tables.clusters import OWN
from benchmarks.tables.published import CLUSTERS, Published
from benchmarks.tables.sections.commands import block
from benchmarks.tables.trained import Results
from tfvae.zoo.recipes.clustering import (
    DATA,
    EPOCHS,
    FLAGSHIP,
    LATENT_SIZE,
    LOWER_SIZE,
    methods,
)

TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}
PRETRAINING = methods()["vade"].pretraining_epochs
HEAD = ["method", "published", "aim", "accuracy, %", "NMI", "ARI", "ELBO", "seeds"]
# Set before any training: mean accuracy over seeds, %.
TARGETS = {"mnist": 90.0, "fashion_mnist": 60.0}


class Row(NamedTuple):
    """A row: what was done, whose result files it reads, and which of their scores."""

    words: str
    method: str
    scores: str


ROWS = (
    Row("k-means on pixels", "vae", "k-means, pixels"),
    Row("Gaussian mixture on PCA", "vae", "Gaussian mixture, pca"),
    Row("autoencoder, then k-means", "ae", "k-means, latents"),
    Row("autoencoder, then a Gaussian mixture", "ae", "Gaussian mixture, latents"),
    Row("VAE, then a Gaussian mixture", "vae", "Gaussian mixture, latents"),
    Row("mixture prior, plain `fit`", "mixture", OWN),
    Row("GMVAE, classes enumerated", "gmvae", OWN),
    Row("VaDE", "vade", OWN),
    Row("mixture prior, images moved", "moved", OWN),
    Row("mixture prior, invariant to motion", "invariant", OWN),
    Row("**two levels, invariant to motion**", FLAGSHIP, OWN),
)


def section(results: Results) -> Iterator[str]:
    """Yields the section's lines; rows that were not trained yet say so."""
    if not results:
        return
    yield "## Clusters"
    yield ""
    yield (
        f"Ten groups, found without labels in the 60,000 training images and scored on the 10,000 "
        f"test images, grey as they are: accuracy by Hungarian matching. Every method has the same "
        f"dense networks (512-512), {LATENT_SIZE} latent variables, {EPOCHS} epochs in all and "
        f"learning rate, but that VaDE's autoencoder takes {PRETRAINING} epochs more; a batch has "
        f"250 images, in the second part of the two rows above the bold one 500. `±` is the "
        f"standard deviation over seeds. In the last three rows the encoder begins with images "
        f"turned, sheared, scaled and shifted at random, and in two of them two such views of an "
        f"image are to have the same component. The bold row has {LOWER_SIZE} latent variables "
        f"more, on a lower level that makes its bound, and networks for them; moved views make its "
        f"classes. It is the flagship, named beforehand by the bound of 10,000 training images "
        f"held out, on MNIST with seed 100 (`clusters_method` below). The methods of these "
        f"rows and the weight of the agreement were worked out on the same images, by accuracy "
        f"too, with seeds 100 and 101: labels had a say there, and in no run of any row. "
        f"`missed` marks a mean below the aim."
    )
    for data in DATA:
        yield from ("", f"### Clusters of {TITLES[data]}", "")
        yield f"| {' | '.join(HEAD)} |"
        yield "| --- |" + " ---: |" * (len(HEAD) - 1)
        for row in ROWS:
            yield f"| {' | '.join(_cells(row, data, results))} |"
    yield from ("", _sources(), "", *block(results.values()))
    first = next(iter(results.values()))[0]
    minutes = sum(run["run"]["processor_seconds"] for runs in results.values() for run in runs) / 60
    yield ""
    yield (
        f"{minutes:.0f} minutes of processor time in all; {first['machine']['processor']}, "
        f"{first['machine']['cores']} cores, TensorFlow {first['versions']['tensorflow']}, "
        f"scikit-learn {first['versions']['scikit-learn']}."
    )


def _cells(row: Row, data: str, results: Results) -> list[str]:
    runs = results.get(f"{row.method}_{data}_clusters", ())
    head = [row.words, _stated(CLUSTERS[data].get(row.words))]
    if not runs:
        return [*head, _aim(row, data, []), "not trained yet", *[""] * (len(HEAD) - 4)]
    scores = [run["scores"][row.scores] for run in runs]
    accuracies = [100.0 * score["accuracy"] for score in scores]
    has_elbo = row.scores == OWN and all("elbo" in run["scores"] for run in runs)
    return [
        *head,
        _aim(row, data, accuracies),
        _spread(accuracies, 1),
        _spread([score["normalised_mutual_information"] for score in scores], 3),
        _spread([score["adjusted_rand_index"] for score in scores], 3),
        _spread([run["scores"]["elbo"] for run in runs], 1) if has_elbo else "",
        ", ".join(str(run["seed"]) for run in runs),
    ]


def _stated(published: Published | None) -> str:
    if published is None:
        return ""
    spread = "" if published.spread is None else f" ± {published.spread:g}"
    return f"{published.mean:g}{spread}"


def _sources() -> str:
    named = sorted({one.source for rows in CLUSTERS.values() for one in rows.values()})
    return f"Published, with other networks and epochs: {'; '.join(named)}."


def _aim(row: Row, data: str, accuracies: Sequence[float]) -> str:
    if row.method != FLAGSHIP:
        return ""
    missed = len(accuracies) and np.mean(accuracies) < TARGETS[data]
    return f"{TARGETS[data]:.0f}{', missed' if missed else ''}"


def _spread(values: Sequence[float], digits: int) -> str:
    mean = f"{np.mean(values):.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {np.std(values, ddof=1):.{digits}f}"
