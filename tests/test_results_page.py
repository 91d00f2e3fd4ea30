"""The page of results: every figure from a file, rows that are missing named."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.tables import page


def result(name: str, seed: int, log_likelihood: float) -> dict[str, Any]:
    return {
        "name": name,
        "seed": seed,
        "scores": {"log_likelihood": log_likelihood, "elbo": log_likelihood - 4.0},
        "run": {"kept_epoch": 90 + seed, "wall_seconds": 600.0, "processor_seconds": 900.0},
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
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / f"seed-{seed}.json").write_text(json.dumps(result(name, seed, value)))
    return tmp_path


def rows(text: str, start: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(f"| {start} |")]


def test_seeds_are_a_mean_and_a_spread(folder: Path) -> None:
    short, long = rows(page.markdown(page.load_results(folder)), "N(0, I)")
    cells = [cell.strip() for cell in short.strip("|").split("|")]
    assert cells == [
        "N(0, I)", "", "", "85.50 ± 0.71", "-89.50 ± 0.71", "0, 1", "90, 91", "10, 10", "1.5",
    ]  # fmt: skip
    assert "84.45 ± 0.12" in long and "84.6, missed" in long and "84.90 |" in long


def test_an_aim_that_is_reached_is_not_missed(folder: Path) -> None:
    (row,) = rows(page.markdown(page.load_results(folder)), "VampPrior of 500")[1:2]
    assert "82.6 |" in row and "missed" not in row


def test_what_was_not_trained_says_so(folder: Path) -> None:
    text = page.markdown(page.load_results(folder))
    assert "not trained yet" in rows(text, "10 Gaussians")[0]
    assert text.count("Not trained yet.") == 2
    assert "tfvae train vampvae_mnist_long --seed 0" in text


def test_the_page_in_the_repository_is_that_of_its_results() -> None:
    if page.PAGE.exists():
        assert page.PAGE.read_text("utf-8") == page.markdown(page.load_results())
