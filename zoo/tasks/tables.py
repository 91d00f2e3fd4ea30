"""Tables: how well a model explains rows, and how well it fills in cells that were hidden."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..table_schema import Grade, Schema
from .task import EVIDENCE, Row, Task, evidence_and_clusters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..data import Dataset
    from ..recipe import Recipe

HIDDEN_SHARE, HIDDEN_SEED = 0.2, 778
# Completions of each row: numbers are their mean, grades the commonest.
COMPLETIONS = 10
# Distances to all training rows would take minutes.
NEIGHBOURS, NEIGHBOURS_AMONG = 10, 5_000
MIXTURE_COMPONENTS = 20
METHODS = {
    "": "the model",
    "_by_means": "means and commonest grades",
    "_by_regression": "scikit-learn's IterativeImputer",
    "_by_neighbours": f"scikit-learn's KNNImputer, {NEIGHBOURS} neighbours",
}
Fill = Callable[[np.ndarray], np.ndarray]


class TableTask(Task):
    """Explaining rows of numbers and grades, and completing those with holes."""

    name = "table"
    rows: ClassVar[tuple[Row, ...]] = (
        *EVIDENCE,
        Row("Effective importance samples, median", "effective_sample_size", digits=0),
        Row("Negative log-likelihood of the numbers alone, nats", "numbers_log_likelihood", -1.0),
        Row(
            f"The same of a mixture of {MIXTURE_COMPONENTS} Gaussians",
            "numbers_log_likelihood_of_mixture",
            -1.0,
        ),
        *(
            Row(f"Hidden {what} by {method}", f"{key}{suffix}", digits=4)
            for what, key in (
                ("numbers, root mean squared error in standard deviations,", "imputation_error"),
                ("grades, accuracy", "imputation_accuracy"),
            )
            for suffix, method in METHODS.items()
        ),
    )
    headline = ("log_likelihood", "imputation_error")
    tags = ("tabular", "imputation")

    def training(self, recipe: "Recipe", dataset: "Dataset", seed: int) -> tuple[Any, Any]:
        """Returns the training rows twice: as they are, and each with a share of holes."""
        x, _ = super().training(recipe, dataset, seed)
        return np.concatenate([x, with_holes(x, seed)]), None

    def scores(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, float]:
        """Returns the evidence of rows and of their numbers, and how well cells are filled in."""
        x, schema = self.held_out(recipe, dataset)[1], schema_of(dataset)
        return {
            **evidence_and_clusters(recipe, vae, x, dataset),
            **numbers_evidence(recipe, vae, schema, dataset.x_train, x),
            **imputation(vae, schema, dataset.x_train, x),
        }

    def facts(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> dict[str, Any]:
        """Returns what the columns are, so that tables in words and units can be read."""
        return schema_of(dataset).facts()

    def sheet(self, recipe: "Recipe", vae: Any, dataset: "Dataset") -> "Figure":
        """Returns sampled rows against real ones: each column, and pairs of columns."""
        from .table_pictures import table_sheet

        x = self.held_out(recipe, dataset)[1]
        return table_sheet(schema_of(dataset), drawn_rows(vae, len(x), seed=0), x)

    def example(self, metadata: Mapping[str, Any]) -> list[str]:
        """Returns how rows are drawn, and holes filled, in words and units."""
        names = [column["name"] for column in metadata["columns"]]
        grade = next(column for column in metadata["columns"] if "levels" in column)
        return [
            f'schema = tfvae.zoo.schema("{metadata["name"]}")',
            "z = vae.prior.distribution().sample(10, seed=(0, 0))",
            "rows = schema.write(vae.decode(z).sample(seed=(0, 1)))  # text, by name of the column",
            f'x = schema.read({{"{names[0]}": ["0.5"], "{grade["name"]}": '
            f'["{grade["levels"][-1]}"]}}, "mine")',
            "filled = schema.write(vae.impute(x))",
        ]

    def caption(self, metadata: Mapping[str, Any]) -> str:
        """Returns what the sheet shows."""
        return "Sampled rows against test rows: each column, and pairs of columns"

    def protocol(self, metadata: Mapping[str, Any]) -> str:
        """Returns how rows are scored."""
        found = metadata["data"]
        return (
            f"{found['test_examples']:,} rows, the first tenth of a permutation by NumPy's "
            "`RandomState(0)`, are the test set. A model reads standardised logarithms of the "
            "numbers, each drawn once, uniformly, from what it was rounded from, and the codes of "
            "the grades; nats are of these. It was trained on each row twice: as it is, and with a "
            "share of its cells, from none to all, taken away. Log-likelihood by "
            f"{metadata['recipe']['num_samples']:,} importance samples, its standard error over "
            "the rows; that of the numbers alone is the model's marginal, on rows without holes, "
            f"beside a mixture of {MIXTURE_COMPONENTS} Gaussians with full covariance that was "
            "fitted to the same training rows. For imputation, each cell of the test rows was "
            f"hidden with probability {HIDDEN_SHARE} by `RandomState({HIDDEN_SEED})`; of "
            f"{COMPLETIONS} completions by `vae.impute` a number is their mean and a grade the "
            "commonest. Other methods were fitted to all training rows (neighbours: to the first "
            f"{NEIGHBOURS_AMONG:,}), with grades as codes, which were rounded."
        )

    def intended_use(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such models are for."""
        return (
            "Filling in missing cells of such tables, drawing rows that look like theirs, finding "
            "rows that do not, a start for fine-tuning, and a figure to compare other models with."
        )

    def limits(self, metadata: Mapping[str, Any]) -> str:
        """Returns what such models do not know."""
        return (
            "It knows the rows of one source and one time, no later prices, and no causes: what it "
            "fills in is a guess from other cells and not a measurement. Cells were hidden at "
            "random; where values are missing for a reason, it will be off. `vae.sample` gives the "
            "expectation of a row given z, as of all models here: draw rows by `vae.decode`, as "
            "above, where their whole spread matters."
        )


def with_holes(x: np.ndarray, seed: int) -> np.ndarray:
    """Returns rows some of whose values are missing: of each a share of its own, from 0 to 1."""
    random = np.random.RandomState(seed)
    shares = random.uniform(size=(len(x), 1))
    return np.where(random.uniform(size=x.shape) < shares, np.float32(np.nan), x)


def schema_of(dataset: "Dataset") -> Schema:
    """Returns what the columns of a data set are."""
    from ..sources.tables import SCHEMAS

    return SCHEMAS[dataset.name]


def drawn_rows(vae: Any, n: int, seed: int) -> np.ndarray:
    """Returns rows drawn from p(x given z), z drawn from the prior, `[n, columns]`."""
    # Of a pair, TFP's samples are the same in every process; of one number they are not.
    z = vae.prior.distribution().sample(n, seed=(seed, 0))
    return np.asarray(vae.decode(z).sample(seed=(seed, 1)))


def numbers_evidence(
    recipe: "Recipe", vae: Any, schema: Schema, x_train: np.ndarray, x_test: np.ndarray
) -> dict[str, float]:
    """Returns log p of the numbers of rows, without their grades, beside a mixture of Gaussians."""
    from sklearn.mixture import GaussianMixture

    grades = graded(schema)
    whole = x_test[~np.isnan(x_test).any(axis=1)].copy()
    numbers = whole[:, ~grades].astype(np.float64)
    # A missing value is marginalised, and q was trained to do without any.
    whole[:, grades] = np.nan
    ours = vae.log_likelihood(whole, num_samples=recipe.num_samples)
    train = x_train[~np.isnan(x_train).any(axis=1)][:, ~grades].astype(np.float64)
    mixture = GaussianMixture(MIXTURE_COMPONENTS, random_state=0, max_iter=200).fit(train)
    found = {}
    for name, values in (("", ours), ("_of_mixture", mixture.score_samples(numbers))):
        key = f"numbers_log_likelihood{name}"
        found[key] = float(np.mean(values))
        error = float(np.std(values, ddof=1) / np.sqrt(len(values)))
        found[f"{key}_standard_error"] = error
    return found


def imputation(
    vae: Any, schema: Schema, x_train: np.ndarray, x_test: np.ndarray
) -> dict[str, float]:
    """Returns how well hidden cells are filled in by the model, and by simpler means."""
    random, grades = np.random.RandomState(HIDDEN_SEED), graded(schema)
    hidden = (random.uniform(size=x_test.shape) < HIDDEN_SHARE) & ~np.isnan(x_test)
    holes = np.where(hidden, np.nan, x_test)
    levels = [len(column.levels) for column in schema.columns if isinstance(column, Grade)]
    fills: dict[str, Fill] = {
        "": lambda x: _completed(vae, x, grades),
        "_by_means": lambda x: _by_means(x_train, x, grades),
        "_by_regression": lambda x: _by_regression(x_train, x),
        "_by_neighbours": lambda x: _by_neighbours(x_train, x),
    }
    found = {}
    for suffix, fill in fills.items():
        filled = fill(holes)
        filled[:, grades] = np.clip(np.round(filled[:, grades]), 0, np.array(levels) - 1)
        numbers, codes = hidden & ~grades, hidden & grades
        error = np.sqrt(np.mean(np.square(filled[numbers] - x_test[numbers]), dtype=np.float64))
        found[f"imputation_error{suffix}"] = float(error)
        found[f"imputation_accuracy{suffix}"] = float(np.mean(filled[codes] == x_test[codes]))
    return found


def graded(schema: Schema) -> np.ndarray:
    """Returns which columns hold codes of grades, booleans `[columns]`."""
    return np.array([isinstance(column, Grade) for column in schema.columns])


def _completed(vae: Any, holes: np.ndarray, grades: np.ndarray) -> np.ndarray:
    """Returns what several completions by the model agree upon."""
    draws = np.stack([vae.impute(holes, seed=seed) for seed in range(COMPLETIONS)])
    return np.where(grades, _commonest(draws), draws.mean(axis=0))


def _commonest(draws: np.ndarray) -> np.ndarray:
    """Returns the value that most of the draws `[S, ...]` have, the least of equally many."""
    counts = (draws[:, None] == draws[None]).sum(axis=0)
    ordered = np.where(counts == counts.max(axis=0), draws, np.inf)
    return ordered.min(axis=0)


def _by_means(x_train: np.ndarray, holes: np.ndarray, grades: np.ndarray) -> np.ndarray:
    commonest = [np.bincount(c[~np.isnan(c)].astype(int)).argmax() for c in x_train.T[grades]]
    values = np.nanmean(x_train, axis=0)
    values[grades] = commonest
    return np.where(np.isnan(holes), values, holes)


def _by_regression(x_train: np.ndarray, holes: np.ndarray) -> np.ndarray:
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    return IterativeImputer(random_state=0).fit(x_train).transform(holes)


def _by_neighbours(x_train: np.ndarray, holes: np.ndarray) -> np.ndarray:
    from sklearn.impute import KNNImputer

    return KNNImputer(n_neighbors=NEIGHBOURS).fit(x_train[:NEIGHBOURS_AMONG]).transform(holes)
