"""The page of results: every figure from a file, rows that are missing named."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.tables import linear, page
from benchmarks.tables.clusters import cluster
from benchmarks.tables.sections import clusters
from benchmarks.tables.trained import load_results
from tfvae.zoo import data
from tfvae.zoo.recipe import find
from tfvae.zoo.recipes import clustering
from tfvae.zoo.training import train


def result(name: str, seed: int, log_likelihood: float) -> dict[str, Any]:
    return {
        "name": name,
        "seed": seed,
        "scores": {"log_likelihood": log_likelihood, "elbo": log_likelihood - 4.0},
        "run": {
            "kept_epoch": 90 + seed,
            "ended": "patience",
            "validation_elbo": log_likelihood - 5.0,
            "wall_seconds": 600.0,
            "processor_seconds": 900.0,
        },
        "commands": [f"tfvae train {name} --seed {seed}"],
        "machine": {"processor": "P", "cores": 2, "system": "S"},
        "versions": {"tensorflow": "2", "keras": "3"},
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, seed, value in [
        ("vae_mnist_short", 1, -86.0),
        ("vae_mnist_short", 0, -85.0),
        ("vae_mnist_long", 0, -84.9),
        ("vampvae_mnist_long", 0, -82.5),
    ]:
        write(tmp_path, result(name, seed, value))
    return tmp_path


def write(folder: Path, one: dict[str, Any]) -> None:
    (folder / one["name"]).mkdir(exist_ok=True)
    (folder / one["name"] / f"seed-{one['seed']}.json").write_text(json.dumps(one))


def rows(text: str, start: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(f"| {start} |")]


def test_seeds_are_a_mean_and_a_spread(folder: Path) -> None:
    short, long = rows(page.markdown(load_results(folder)), "N(0, I)")
    cells = [cell.strip() for cell in short.strip("|").split("|")]
    assert cells == [
        "N(0, I)", "", "", "85.50 ± 0.71", "-89.50 ± 0.71", "0, 1", "90, 91", "10, 10", "1.5",
    ]  # fmt: skip
    assert "84.45 ± 0.12" in long and "84.6, missed" in long and "84.90 |" in long


def test_an_aim_that_is_reached_is_not_missed(folder: Path) -> None:
    (row,) = rows(page.markdown(load_results(folder)), "VampPrior of 500")[1:2]
    assert "82.6 |" in row and "missed" not in row


def test_a_run_that_a_budget_ended_is_marked(folder: Path) -> None:
    one = result("vae_mnist_long", 1, -84.8)
    one["run"]["ended"] = "budget"
    write(folder, one)
    (row,) = rows(page.markdown(load_results(folder)), "N(0, I)")[1:]
    assert "| 90, 91 (budget) |" in row


def test_the_best_number_of_gaussians_alone_has_a_row_everywhere(folder: Path) -> None:
    for name, value in [("gmvae10", -84.0), ("gmvae100", -83.0), ("gmvae500", -82.0)]:
        text = page.markdown(load_results(folder))
        assert len(rows(text, "10 Gaussians")) == 2 and "chosen once" not in text
        write(folder, result(f"{name}_mnist_short", 0, value))
    text = page.markdown(load_results(folder))
    assert "-89.00 with 10, -88.00 with 100, -87.00 with 500. The other tables" in text
    assert [len(rows(text, f"{count} Gaussians")) for count in (10, 100, 500)] == [1, 1, 2]
    assert "83.3 |" in rows(text, "500 Gaussians")[1]


def test_what_was_not_trained_says_so(folder: Path) -> None:
    text = page.markdown(load_results(folder))
    assert "not trained yet" in rows(text, "10 Gaussians")[0]
    assert text.count("Not trained yet.") == 2
    assert "tfvae train vampvae_mnist_long --seed 0" in text


def test_the_page_in_the_repository_is_that_of_its_results() -> None:
    if page.PAGE.exists():
        assert page.PAGE.read_text("utf-8") == page.whole_page()


def test_a_linear_model_has_a_row() -> None:
    one = {
        "latent_size": 2, "seed": 0, "epochs": 9, "gap": 0.25, "training_seconds": 60.0,
        "closed_form": {"train": 3.0, "test": 2.5}, "trained": {"elbo_train": 2.75, "test": 2.25},
        "machine": {"processor": "P", "cores": 2}, "command": "C",
        "versions": {"scikit-learn": "1"},
    }  # fmt: skip
    (row,) = rows(page.markdown(linears=[one]), "2")
    assert row == "| 2 | 0 | 3.000 | 2.750 | 0.2500 | 2.500 | 2.250 |"


def clustered(name: str, seed: int, accuracy: float, *how: str) -> dict[str, Any]:
    scores = {
        "accuracy": accuracy,
        "normalised_mutual_information": 0.5,
        "adjusted_rand_index": 0.4,
    }
    found = {"elbo": -100.0, **dict.fromkeys(how or ("own",), scores)}
    return {**result(name, seed, 0.0), "scores": found} | {
        "versions": {"tensorflow": "2", "scikit-learn": "1"}
    }


def test_clusters_are_a_mean_over_seeds_and_an_aim_is_for_the_flagship(tmp_path: Path) -> None:
    for one in [
        clustered("two_levels_mnist_clusters", 1, 0.8),
        clustered("two_levels_mnist_clusters", 0, 0.9),
        clustered("vade_mnist_clusters", 0, 0.7),
        clustered("ae_mnist_clusters", 3, 0.75, "k-means, latents", "Gaussian mixture, latents"),
    ]:
        write(tmp_path, one)
    text = page.markdown(clustered=load_results(tmp_path))
    flagship = rows(text, "**two levels, invariant to motion**")
    assert flagship[0] == (
        "| **two levels, invariant to motion** |  | 90, missed | 85.0 ± 7.1 | 0.500 ± 0.000 "
        "| 0.400 ± 0.000 | -100.0 ± 0.0 | 0, 1 |"
    )
    assert "not trained yet" in flagship[1] and "| 60 |" in flagship[1]
    (vade, _) = rows(text, "VaDE")
    assert "| 70.0 |" in vade and "missed" not in vade
    # Latents of an autoencoder are clustered after training: its ELBO says nothing of that.
    for then in ("k-means", "a Gaussian mixture"):
        assert rows(text, f"autoencoder, then {then}")[0].endswith("| 0.500 | 0.400 |  | 3 |")
    assert "not trained yet" in rows(text, "k-means on pixels")[0]
    assert "tfvae train ae_mnist_clusters --seed 3" in text


@pytest.mark.slow
@pytest.mark.parametrize("name", clustering.methods())
def test_every_method_trains_and_is_scored(name: str, tmp_path: Path) -> None:
    whole = find(f"{name}_mnist_clusters")
    method = clustering.methods()[name]
    few = data.load("digits")
    images = np.repeat(np.repeat(few.x_train, 3, 1), 3, 2)
    images = np.pad(images, [(0, 0), (2, 2), (2, 2), (0, 0)])[:, :28, :28]
    dataset = dataclasses.replace(
        few,
        x_train=images[:200],
        y_train=few.y_train[:200],
        x_test=images[200:300],
        y_test=few.y_train[200:300],
    )
    first = whole.first and dataclasses.replace(whole.first, warmup_epochs=1, epochs=1)
    recipe = dataclasses.replace(
        whole,
        warmup_epochs=min(1, whole.warmup_epochs),
        epochs=2,
        pretraining_epochs=min(1, whole.pretraining_epochs),
        batch_size=50,
        first=first,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "load", lambda name: dataset)
        vae = train(recipe, 0, tmp_path, verbose=0)
    found = cluster(recipe, vae, 0, dataset)
    own = "own" in found
    assert own == (method.words not in ("autoencoder", "N(0, I)"))
    keys = ["own"] if own else [row.scores for row in clusters.ROWS if row.method == name]
    assert keys and all(0.1 <= found[key]["accuracy"] <= 1.0 for key in keys)
    assert ("elbo" in found) == (name != "ae")


@pytest.mark.slow
def test_a_linear_model_reaches_the_closed_form() -> None:
    random = np.random.default_rng(0)
    x = (random.normal(size=[600, 2]) @ random.normal(size=[2, 6])).astype("float32")
    x += random.normal(size=x.shape).astype("float32")
    # Many passes make an epoch: so small an epoch costs more than its steps.
    found = linear.compare(np.tile(x[:500], (40, 1)), x[500:], 2, seed=0, epochs=40)
    assert -1e-3 < found["gap"] < 0.01
    assert found["trained"]["train"] == pytest.approx(found["closed_form"]["train"], abs=0.01)
    assert found["trained"]["test"] == pytest.approx(found["closed_form"]["test"], abs=0.05)
