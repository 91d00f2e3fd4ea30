"""The tasks of series and of tables, on toys whose scores are known."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA

import tfvae
from tfvae.zoo.data import Dataset
from tfvae.zoo.recipe import Recipe, find
from tfvae.zoo.sources import series as series_sources
from tfvae.zoo.sources import tables as table_sources
from tfvae.zoo.table_schema import Grade, Number, Schema
from tfvae.zoo.tasks import SeriesTask, TableTask
from tfvae.zoo.tasks.tables import _commonest, drawn_rows, imputation

SHAPE = (6, 2)
SCHEMA = Schema(
    (
        Number("a", step=0.01),
        Number("b", step=0.01, loc=1.0, scale=0.5),
        Grade("low or high", ("low", "high")),
    )
)


def dataset(x_train: np.ndarray, x_test: np.ndarray, classes: int) -> Dataset:
    return Dataset(
        name="toy",
        x_train=x_train,
        y_train=np.arange(len(x_train)) % max(classes, 1),
        x_test=x_test,
        y_test=np.arange(len(x_test)) % max(classes, 1),
        class_names=tuple(f"class {k}" for k in range(classes)),
        licence="MIT",
        citation="nobody",
        source="folder",
        sha256={},
    )


def recipe(task: Any, build: Callable[[int], tfvae.VAE]) -> Recipe:
    return Recipe(
        name="toy",
        data="toy",
        build=build,
        summary="A toy.",
        prior="2 Gaussians",
        warmup_epochs=1,
        epochs=2,
        batch_size=20,
        learning_rate=1e-3,
        binarization="none",
        num_samples=5,
        seeds=(0,),
        task=task,
    )


def series_model(warmup_steps: int) -> tfvae.VAE:
    return tfvae.VAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP(()),
        tfvae.families.DiagonalNormal(3),
        tfvae.families.Normal(SHAPE, "per_pixel"),
        tfvae.priors.MixtureOfGaussians(2),
    )


@pytest.fixture(scope="module")
def two_kinds() -> Dataset:
    """Series around +1 and around -1, by turns."""
    random = np.random.RandomState(0)
    x = 0.1 * random.normal(size=(60, *SHAPE)) + 1.0 - 2.0 * (np.arange(60) % 2)[:, None, None]
    return dataset(x[:40].astype(np.float32), x[40:].astype(np.float32), classes=2)


def metadata(made: Recipe, scores: dict[str, float], facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": made.name,
        "recipe": made.describe(),
        "data": {"name": "toy", "train_examples": 40, "test_examples": 20},
        "runs": [{"seed": 0, "scores": scores}],
        **facts,
    }


def words_of(task: Any, about: dict[str, Any]) -> str:
    parts = [task.protocol, task.intended_use, task.limits, task.caption]
    lines = [*task.example(about), *task.sections(about)]
    return "\n".join([*(part(about) for part in parts), *lines])


def test_series_that_differ_plainly_are_told_apart(
    two_kinds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = recipe(SeriesTask(), series_model)
    vae = series_model(1)
    found = made.task.scores(made, vae, two_kinds)
    for key in ("nearest_neighbour", "linear_probe"):
        assert {found[f"{key}_accuracy_{name}"] for name in ("latents", "pca", "pixels")} == {1.0}
    flat = [x.reshape(len(x), -1) for x in (two_kinds.x_train, two_kinds.x_test)]
    assert found["pca_log_likelihood"] == pytest.approx(
        PCA(3).fit(flat[0]).score(flat[1]), rel=1e-3
    )
    error = np.mean(np.square(vae.reconstruct(two_kinds.x_test) - two_kinds.x_test))
    assert found["reconstruction_error"] == pytest.approx(error, rel=1e-5)
    assert found["elbo"] == pytest.approx(-found["rate"] - found["distortion"], abs=1e-3)
    # As many components as classes: they are matched one to one.
    assert {row.key for row in SeriesTask.rows} - {"majority_accuracy"} <= found.keys()
    channels = series_sources.Channels(("left", "right"), (0.0, 1.0), (1.0, 2.0))
    monkeypatch.setitem(series_sources.CHANNELS, "toy", channels)
    facts = made.task.facts(made, vae, two_kinds)
    assert facts["channels"][1] == {"name": "right", "loc": 1.0, "scale": 2.0}
    words = words_of(made.task, metadata(made, found, facts))
    assert "each brought to 6 steps" in words and "| right | 1.0 | 2.0 |" in words


def test_the_sheet_of_series_shows_samples_beside_their_component(two_kinds: Dataset) -> None:
    made, vae = recipe(SeriesTask(), series_model), series_model(1)
    figure = made.task.sheet(made, vae, two_kinds)
    order = np.argsort(-np.exp(vae.prior.log_weights()), kind="stable")
    drawn = np.stack([line.get_ydata() for line in figure.axes[0].lines], axis=1)
    np.testing.assert_allclose(drawn, vae.sample(4, seed=0, component=int(order[0]))[0], rtol=1e-5)
    own = two_kinds.x_test[vae.cluster(two_kinds.x_test) == order[0]]
    if len(own):
        shown = np.stack([line.get_ydata() for line in figure.axes[4].lines], axis=1)
        np.testing.assert_allclose(shown, own[0], rtol=1e-5)


def rows(count: int, seed: int) -> np.ndarray:
    """Two numbers that are the same but for noise, and whether they are high."""
    random = np.random.RandomState(seed)
    a = random.normal(size=count)
    return np.stack([a, a + 0.01 * random.normal(size=count), a > 0], axis=1).astype(np.float32)


def table_model(warmup_steps: int) -> tfvae.VAE:
    return tfvae.models.TableVAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        tfvae.families.DiagonalNormal(2),
        [tfvae.families.Normal((2,), "per_pixel"), tfvae.families.Ordinal((1,), 2)],
    )


class Knows:
    """Stands for a model that knows what was hidden, but for an error of a tenth."""

    def __init__(self, x: np.ndarray) -> None:
        self.x = x

    def impute(self, holes: np.ndarray, seed: int) -> np.ndarray:
        # The commonest of ten draws is right where nine of them are.
        off = np.array([0.1, 0.1, float(seed == 3)])
        return np.where(np.isnan(holes), np.abs(self.x - off), holes)


def test_imputation_is_scored_by_what_was_hidden_alone() -> None:
    x = np.abs(rows(400, 1)) + np.float32(1.0)
    x[:, 2] = rows(400, 1)[:, 2]
    found = imputation(Knows(x), SCHEMA, x, x)
    assert found["imputation_error"] == pytest.approx(0.1, rel=1e-4)
    assert found["imputation_accuracy"] == 1.0
    # Of columns that say the same, a line through the rows finds each from the other.
    assert found["imputation_error_by_regression"] < 0.6 * found["imputation_error_by_means"]
    assert found["imputation_error_by_neighbours"] < 0.6 * found["imputation_error_by_means"]
    spread = np.std(x[:, :2])
    assert found["imputation_error_by_means"] == pytest.approx(spread, rel=0.15)
    shares = np.bincount(x[:, 2].astype(int)) / len(x)
    assert found["imputation_accuracy_by_means"] == pytest.approx(max(shares), abs=0.15)


def test_the_commonest_value_is_the_least_of_equally_many() -> None:
    draws = np.array([[2.0, 1.0], [2.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    np.testing.assert_array_equal(_commonest(draws), [2.0, 0.0])


def test_a_table_is_scored_by_rows_by_numbers_and_by_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(table_sources.SCHEMAS, "toy", SCHEMA)
    data = dataset(rows(200, 1), rows(60, 2), classes=0)
    made, vae = recipe(TableTask(), table_model), table_model(1)
    found = made.task.scores(made, vae, data)
    assert {row.key for row in TableTask.rows} <= found.keys()
    assert all(np.isfinite(value) for value in found.values())
    numbers = np.where(np.arange(3) < 2, data.x_test, np.nan)
    expected = np.mean(vae.log_likelihood(numbers, num_samples=5))
    assert found["numbers_log_likelihood"] == pytest.approx(expected, rel=1e-5)
    # Gaussians know that the two numbers are the same; a model that was not trained does not.
    assert found["numbers_log_likelihood_of_mixture"] > found["numbers_log_likelihood"]
    facts = made.task.facts(made, vae, data)
    assert Schema.from_metadata(facts["columns"]) == SCHEMA
    words = words_of(made.task, metadata(made, found, facts))
    assert 'schema.read({"a": ["0.5"], "low or high": ["high"]}' in words
    figure = made.task.sheet(made, vae, data)
    titles = [axes.get_title() for sub in figure.subfigs for axes in sub.axes]
    assert titles[:3] == ["a", "b", "low or high"]


@pytest.mark.parametrize("name", ["series_japanese_vowels", "table_diamonds"])
def test_the_recipes_build_what_reads_their_data(name: str) -> None:
    made = find(name)
    vae = made.build(10)
    sizes = {"series_japanese_vowels": (16, 12), "table_diamonds": (10,)}
    assert vae.event_shape == vae.input_shape == sizes[name]
    assert dataclasses.replace(made, validation=5).task.rows


def test_a_table_is_trained_on_rows_with_holes_and_without() -> None:
    data = dataset(rows(500, 1), rows(6, 2), classes=0)
    made = recipe(TableTask(), table_model)
    x, _ = made.task.training(made, data, 3)
    np.testing.assert_array_equal(x[:500], data.x_train)
    holes = np.isnan(x[500:])
    np.testing.assert_array_equal(x[500:][~holes], data.x_train[~holes])
    # Of rows with a uniform share of holes, 1/2 are missing, and 1/4 have none of three.
    assert holes.mean() == pytest.approx(0.5, abs=4 * 0.41 / np.sqrt(500))
    assert (~holes).all(axis=1).mean() == pytest.approx(0.25, abs=4 * 0.43 / np.sqrt(500))
    np.testing.assert_array_equal(made.task.training(made, data, 3)[0], x)
    assert not np.array_equal(np.isnan(made.task.training(made, data, 4)[0][500:]), holes)


def test_drawn_rows_have_the_spread_of_the_likelihood() -> None:
    vae = table_model(1)
    found = drawn_rows(vae, 2000, seed=1)
    assert found.shape == (2000, 3)
    # Untrained, a number is z's image and noise of scale 1, and both levels are drawn.
    assert found[:, 0].std() > 0.9 and vae.sample(2000, seed=1)[:, 0].std() < 0.9
    assert set(found[:, 2]) == {0.0, 1.0}
    np.testing.assert_array_equal(drawn_rows(vae, 2000, seed=1), found)
