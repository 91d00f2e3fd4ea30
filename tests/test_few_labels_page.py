"""Few labels on the page of results, and the classifiers that the models are set beside."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.tables import page, semi
from benchmarks.tables.sections import few_labels
from benchmarks.tables.trained import load_results
from tfvae.zoo import data
from tfvae.zoo.labels import Labels
from tfvae.zoo.recipe import recipes
from tfvae.zoo.recipes.few_labels import M1


def result(name: str, seed: int, error: float) -> dict[str, Any]:
    return {
        "name": name,
        "seed": seed,
        "scores": {"error": error, "elbo": -90.0},
        "run": {"wall_seconds": 600.0, "processor_seconds": 900.0, "epochs": 9},
        "commands": [f"tfvae train {name} --seed {seed}"],
        "machine": {"processor": "P", "cores": 2, "system": "S"},
        "versions": {"tensorflow": "2", "keras": "3"},
    }


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A page of results that were made up."""
    monkeypatch.setattr(few_labels, "TRIED", {"m2_mnist_100": "wider networks."})
    for name, seed, error in [
        ("m2_mnist_100", 1, 6.0),
        ("m2_mnist_100", 0, 5.0),
        ("m1m2_mnist_100", 0, 3.5),
        ("m2_mnist_100_labelled_alone", 0, 20.0),
    ]:
        path = tmp_path / "models" / name / f"seed-{seed}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result(name, seed, error)))
    of_pixels = {"count": 100, "errors": {"nearest neighbour": [30.0, 32.0]}, "command": "C"}
    (tmp_path / "100.json").write_text(json.dumps(of_pixels))
    results = load_results(tmp_path / "models")
    return page.markdown(results, classifiers=few_labels.load_classifiers(tmp_path))


def cells(text: str, start: str) -> list[list[str]]:
    """The cells of all rows that start so: of 100 labels, then of 1,000."""
    lines = [line for line in text.splitlines() if line.startswith(f"| {start} |")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_label_sets_are_a_mean_and_a_spread(text: str) -> None:
    few, many = cells(text, "M2")
    # The standard deviation of 5 and 6 is the square root of a half.
    assert few == [
        "M2", "11.97 ± 1.71", "5.0, missed", "3.3, missed", "5.50 ± 0.71", "5.00, 6.00", "10, 10",
        "1.5",
    ]  # fmt: skip
    assert many == ["M2", "3.60", "3.5", "2.4", "not trained yet", "", "", ""]


def test_a_target_that_is_reached_is_not_missed(text: str) -> None:
    few, _ = cells(text, "M1+M2")
    assert few[1:5] == ["3.33 ± 0.14", "5.0", "3.3, missed", "3.50"]


def test_others_stand_in_the_same_table(text: str) -> None:
    assert cells(text, "nearest neighbour, pixels")[0][4:6] == ["31.00 ± 1.41", "30.00, 32.00"]
    assert [row[1] for row in cells(text, "M2 in Pyro's examples")] == ["6.81", "5.13"]
    assert cells(text, "M2 without the other images")[0][4] == "20.00"


def test_a_row_that_misses_says_what_was_tried(text: str) -> None:
    assert text.count("tried:") == 1
    assert "- M2, tried: wider networks." in text


def test_every_row_has_its_commands(text: str) -> None:
    assert "Each label set of each row, by these commands:\n\n```sh\nC\n" in text
    lines = text.splitlines()
    assert "for seed in 0 1; do tfvae train m2_mnist_100 --seed $seed; done" in lines
    assert "tfvae train m1m2_mnist_100 --seed 0" in lines


def test_rows_are_of_recipes_that_there_are() -> None:
    named = {few_labels.recipe_name(kind, n) for kind in few_labels.WORDS for n in semi.COUNTS}
    assert named | {M1.name} == few_labels.names() <= set(recipes())
    assert all(recipes()[name].labels is not None for name in named)


def test_classifiers_know_the_labels_of_the_recipes_alone() -> None:
    digits = data.load("digits")
    kept = slice(0, 1100)
    # As many held out as recipes do: here, images of noise with one label.
    noise = np.zeros([M1.validation, 8, 8, 1], "float32")
    held = data.Dataset(
        **{
            **vars(digits),
            "x_train": np.concatenate([digits.x_train[kept], noise]),
            "y_train": np.concatenate([digits.y_train[kept], np.zeros(M1.validation, int)]),
        }
    )
    found = semi.errors(held, 50, (0, 1))
    for seed, error in zip((0, 1), found["nearest neighbour"], strict=True):
        rows = Labels(50).rows(digits.y_train[kept], seed)
        known = digits.x_train[rows].reshape(50, -1)
        away = ((digits.x_test.reshape(-1, 1, 64) - known) ** 2).sum(-1)
        nearest = digits.y_train[rows][away.argmin(1)]
        assert error == pytest.approx(100.0 * np.mean(nearest != digits.y_test))
    assert all(0.0 < error < 60.0 for errors in found.values() for error in errors)
