"""The section on clusters: ten groups found without labels."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.tables.clusters import OWN
from benchmarks.tables.trained import Results
from tfvae.zoo.recipes.clustering import DATA, EPOCHS, FLAGSHIP, LATENT_SIZE

TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}
HEAD = ["method", "published", "aim", "accuracy, %", "NMI", "ARI", "ELBO", "seeds"]
# Set before any training: mean accuracy over seeds, %.
TARGETS = {"mnist": 90.0, "fashion_mnist": 60.0}


class Row(NamedTuple):
    """A row: whose result files it reads, which of their scores, and what others published."""

    words: str
    method: str
    scores: str
    published: Mapping[str, str]


ROWS = (
    Row("k-means on pixels", "vae", "k-means, pixels", {"mnist": "53", "fashion_mnist": "47"}),
    Row("Gaussian mixture on PCA", "vae", "Gaussian mixture, pca", {}),
    Row(
        "autoencoder, then k-means",
        "ae",
        "k-means, latents",
        {"mnist": "79 to 88", "fashion_mnist": "60.6"},
    ),
    Row("VAE, then a Gaussian mixture", "vae", "Gaussian mixture, latents", {}),
    Row("mixture prior, plain `fit`", "mixture", OWN, {}),
    Row("GMVAE, classes enumerated", "gmvae", OWN, {"mnist": "82.8 ± 7"}),
    Row("VaDE", "vade", OWN, {"mnist": "94.46 at best, 71.6 ± 4.4 rerun", "fashion_mnist": "57.8"}),
    Row("mixture prior, images moved", "moved", OWN, {}),
    Row("**mixture prior, invariant to motion**", FLAGSHIP, OWN, {}),
)
SOURCES = (
    "Published: k-means and autoencoders as reported beside deep clustering methods; GMVAE: Shu "
    "2016, ruishu.io/2016/12/25/gmvae; VaDE: Jiang et al. 2017, arXiv:1611.05148 (its best run), "
    "and an independent rerun over 20 seeds. Their networks and epochs differ from ours."
)


def section(results: Results) -> Iterator[str]:
    """Yields the section's lines; rows that were not trained yet say so."""
    if not results:
        return
    yield "## Clusters"
    yield ""
    yield (
        f"Ten groups, found without labels in the 60,000 training images and scored on the 10,000 "
        f"test images: accuracy by Hungarian matching. Every method has the same dense networks "
        f"(512-512), {LATENT_SIZE} latent variables, {EPOCHS} epochs in all and learning rate. "
        f"`±` is the standard deviation over seeds. The last row is the flagship, named "
        f"beforehand: its encoder trains on images turned, sheared, scaled and shifted at random, "
        f"and two such views of an image are to have the same component; the row above it is the "
        f"same without that. `missed` marks a mean below the aim."
    )
    for data in DATA:
        yield from ("", f"### Clusters of {TITLES[data]}", "")
        yield f"| {' | '.join(HEAD)} |"
        yield "| --- |" + " ---: |" * (len(HEAD) - 1)
        for row in ROWS:
            yield f"| {' | '.join(_cells(row, data, results))} |"
    yield from ("", SOURCES, "", "```")
    for runs in results.values():
        yield from (command for run in runs for command in run["commands"])
    yield "```"
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
    head = [row.words, row.published.get(data, "")]
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


def _aim(row: Row, data: str, accuracies: Sequence[float]) -> str:
    if row.method != FLAGSHIP:
        return ""
    missed = len(accuracies) and np.mean(accuracies) < TARGETS[data]
    return f"{TARGETS[data]:.0f}{', missed' if missed else ''}"


def _spread(values: Sequence[float], digits: int) -> str:
    mean = f"{np.mean(values):.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {np.std(values, ddof=1):.{digits}f}"
