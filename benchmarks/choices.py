"""What recipes were chosen by, beside their test sets: `python -m benchmarks.choices NAME`.

Each choice trains variants of a recipe, with a seed that no preset has, and scores them on training
examples that were held out. What is trained is kept in `runs/choices`, and gone on with. Writes
`benchmarks/results/choices/NAME.json`, and goes on with one that lacks variants: delete it to have
all trained again. `docs/results.md` shows them all.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.outcome import RESULTS, write_text
from benchmarks.tables.trained import versions
from tfvae import evaluate
from tfvae.objectives.invariant import shared_information
from tfvae.zoo import data, molecules, smiles
from tfvae.zoo.recipe import Recipe, find
from tfvae.zoo.recipes import clustering
from tfvae.zoo.recipes.smiles_moses import sentences
from tfvae.zoo.recipes.table_diamonds import table_of_grades
from tfvae.zoo.tasks import SequenceTask
from tfvae.zoo.tasks.sequences import drawn_tokens
from tfvae.zoo.tasks.task import first_of
from tfvae.zoo.training import train, wall_seconds

FOLDER = RESULTS / "choices"
SEED = 100
Scores = dict[str, float]
# A trained variant's scores, by its recipe and data.
Scorer = Callable[[Recipe, Any, data.Dataset], Scores]


@dataclass(frozen=True)
class Choice:
    """Variants of one recipe, and by what they were compared.

    Args:
        what: what was chosen, in one sentence.
        recipe: the recipe's name.
        variants: what becomes of the recipe, by the variant's name.
        score: returns the scores of a trained variant.
    """

    what: str
    recipe: str
    variants: Mapping[str, Callable[[Recipe], Recipe]]
    score: Scorer


def molecules_held_out(recipe: Recipe, vae: Any, dataset: data.Dataset) -> Scores:
    """Returns the bound of 1,000 molecules, how many tokens come back, and how samples fare."""
    x = recipe.task.held_out(recipe, dataset)[0][:1000]
    # What comes after the end of a molecule is no token.
    alike = (vae.reconstruct(x) == x)[x > 0]
    greedy = vae.sample(1000, seed=0, batch_size=1000)
    drawn = drawn_tokens(vae, 1000)
    return {
        "elbo": float(np.mean(vae.elbo(x))),
        "tokens_reconstructed": float(np.mean(alike)),
        "validity": molecules.quality(smiles.decoded(drawn), set())["validity"],
        "validity_of_greedy": molecules.quality(smiles.decoded(greedy), set())["validity"],
    }


def rows_held_out(recipe: Recipe, vae: Any, dataset: data.Dataset) -> Scores:
    """Returns the log-likelihood of 2,000 rows."""
    x = recipe.task.held_out(recipe, dataset)[0][:2000]
    return {"log_likelihood": float(np.mean(vae.log_likelihood(x, recipe.num_samples)))}


def outliers_held_out(recipe: Recipe, vae: Any, dataset: data.Dataset) -> Scores:
    """Returns the AUROC of each score of strangeness, 1,500 clothes against as many digits."""
    others = data.load("mnist").x_train[-1500:]
    usual = first_of(recipe.task.held_out(recipe, dataset)[0], 1500).x
    found = [evaluate.outlier_scores(vae, x, num_samples=16, seed=0) for x in (usual, others)]
    return {
        name: evaluate.detection_metrics(found[0][name], found[1][name])["auroc"]
        for name in found[0]
    }


def labels_held_out(recipe: Recipe, vae: Any, dataset: data.Dataset) -> Scores:
    """Returns the share of the held-out images that are given a wrong label, in percent."""
    images = recipe.task.held_out(recipe, dataset)[0]
    wrong = vae.predict_labels(images) != dataset.y_train[-len(images.x) :]
    return {"error": 100.0 * float(np.mean(wrong))}


def groups_held_out(recipe: Recipe, vae: Any, dataset: data.Dataset) -> Scores:
    """Returns bound, whether two moved views of an image share a component, and accuracy.

    The information that the views share, in nats, is at most log 10 = 2.303; no label enters it.
    """
    binary = recipe.task.held_out(recipe, dataset)[0]
    grey, labels = dataset.x_train[-len(binary.x) :], dataset.y_train[-len(binary.x) :]
    moved = clustering.motion(1.5)
    keras.utils.set_random_seed(SEED)
    views = [vae.responsibilities(moved(grey, training=True).numpy()) for _ in range(2)]
    return {
        "elbo": float(np.mean(vae.elbo(binary))),
        "information_of_views": float(shared_information(views[0].T @ views[1] / len(grey))),
        "accuracy": 100.0 * evaluate.clustering_accuracy(labels, vae.cluster(grey)),
    }


def method_of_clusters(name: str, recipe: Recipe) -> Recipe:
    """Returns the recipe of another row of the table of clusters, with images held out."""
    other = find(f"{name}_mnist_clusters")
    first = replace(other.first, validation=10_000) if other.first else None
    return replace(other, validation=10_000, first=first)


def rate_weight(beta: float, recipe: Recipe) -> Recipe:
    """Returns the recipe of molecules with another weight, trained for less long."""
    return replace(
        recipe, build=partial(sentences, beta=beta), epochs=2, task=SequenceTask(examples=60_000)
    )


def table_size(units: int, latents: int, components: int, batch: int, recipe: Recipe) -> Recipe:
    """Returns the recipe of a table with networks and latents of another size."""
    build = partial(table_of_grades, units=units, latent_size=latents, components=components)
    return replace(recipe, build=build, epochs=100, batch_size=batch, validation=5_000)


CHOICES = {
    "smiles_beta": Choice(
        "The weight of the rate, after 2 epochs of 60,000 molecules.",
        "smiles_moses",
        {str(beta): partial(rate_weight, beta) for beta in (0.05, 0.2, 0.6)},
        molecules_held_out,
    ),
    "diamonds_size": Choice(
        "Units of a layer, latent variables, components and batch.",
        "table_diamonds",
        {
            ", ".join(map(str, sizes)): partial(table_size, *sizes)
            for sizes in ((128, 8, 20, 512), (256, 8, 20, 256), (256, 12, 50, 256))
        },
        rows_held_out,
    ),
    "outlier_score": Choice(
        "The score of strangeness: AUROC of 1,500 clothes against 1,500 training digits.",
        "anomaly_fashion_mnist",
        {"as the preset": lambda recipe: recipe},
        outliers_held_out,
    ),
    "clusters_method": Choice(
        "The method that finds ten groups: bound, and information that moved views share.",
        "cluster_mnist",
        {
            name: partial(method_of_clusters, name)
            for name in clustering.methods()
            if name not in ("ae", "vae")
        },
        groups_held_out,
    ),
    "few_labels_model": Choice(
        "The model that learns from 100 labels: its error on held-out images, %.",
        "semi_mnist_100",
        {"M2": lambda recipe: recipe, "M1+M2": lambda recipe: find("m1m2_mnist_100")},
        labels_held_out,
    ),
}


def compare(name: str, runs: Path, path: Path) -> None:
    """Trains the variants of a choice that its file does not have, and writes each one's scores."""
    choice = CHOICES[name]
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    scores, seconds = known.get("scores", {}), known.get("training_seconds", {})
    for variant, changed in choice.variants.items():
        if variant in scores:
            continue
        recipe = changed(find(choice.recipe))
        folder = runs / name / variant.replace(", ", "-")
        vae = train(recipe, SEED, folder, verbose=2)
        seconds[variant] = wall_seconds(folder)
        scores[variant] = choice.score(recipe, vae, data.load(recipe.data))
        print(f"{variant}: {scores[variant]}")
        write_text(path, json.dumps(_described(name, scores, seconds), indent=1) + "\n")


def _described(name: str, scores: dict[str, Scores], seconds: Scores) -> dict[str, Any]:
    choice = CHOICES[name]
    return {
        "name": name,
        "what": choice.what,
        "recipe": choice.recipe,
        "seed": SEED,
        "scores": scores,
        "training_seconds": seconds,
        "command": f"python -m benchmarks.choices {name}",
        "machine": describe_machine(),
        "versions": versions(),
    }


def main() -> None:
    """Compare the variants of a choice."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.choices", description=__doc__)
    parser.add_argument("name", choices=CHOICES)
    parser.add_argument("--runs", type=Path, default=Path("runs/choices"))
    arguments = parser.parse_args()
    compare(arguments.name, arguments.runs, FOLDER / f"{arguments.name}.json")


if __name__ == "__main__":
    main()
