"""Classifiers that know the same few labels and no other image: `python -m benchmarks.tables.semi`.

They read pixels, and stand beside the models of `zoo/recipes/few_labels.py`: the label of the
nearest neighbour, logistic regression and a support vector machine. The label sets are those of the
recipes' seeds. Penalties are chosen by cross-validation on the labels that are known.

Writes `benchmarks/results/semi/COUNT.json`.
"""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from benchmarks.machine import describe_machine
from benchmarks.outcome import RESULTS, write_text
from tfvae.zoo import data
from tfvae.zoo.labels import Labels
from tfvae.zoo.recipes.few_labels import COUNTS, M1

FOLDER = RESULTS / "semi"
INVERSE_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
FOLDS = 5
COMMAND = "python -m benchmarks.tables.semi"


def classifiers() -> dict[str, Any]:
    """Returns the classifiers, not fitted, by name."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    grid = {"logisticregression__C": INVERSE_PENALTIES}
    return {
        "nearest neighbour": KNeighborsClassifier(1),
        "logistic regression": GridSearchCV(logistic, grid, cv=folds),
        "support vector machine": GridSearchCV(SVC(), {"C": INVERSE_PENALTIES}, cv=folds),
    }


def errors(dataset: data.Dataset, count: int, seeds: Sequence[int]) -> dict[str, list[float]]:
    """Returns each classifier's test error for each label set, percent.

    Args:
        dataset: images, of which the last of the training images are held out as by the recipes.
        count: how many labels are known.
        seeds: one label set each.
    """
    kept = len(dataset.x_train) - M1.validation
    x, y = dataset.x_train[:kept].reshape(kept, -1), dataset.y_train[:kept]
    x_test = dataset.x_test.reshape(len(dataset.x_test), -1)
    found: dict[str, list[float]] = {name: [] for name in classifiers()}
    for seed in seeds:
        known = Labels(count).rows(y, seed)
        for name, classifier in classifiers().items():
            share = classifier.fit(x[known], y[known]).score(x_test, dataset.y_test)
            found[name].append(100.0 * (1.0 - float(np.asarray(share))))
    return found


def main() -> None:
    """Fit and score all of them on MNIST, and write a file for each number of labels."""
    dataset = data.load(M1.data)
    for count in COUNTS:
        began = time.perf_counter()
        found = {
            "count": count,
            "seeds": list(M1.seeds),
            "errors": errors(dataset, count, M1.seeds),
            "settings": {"inverse_penalties": INVERSE_PENALTIES, "folds": FOLDS},
            "seconds": time.perf_counter() - began,
            "command": COMMAND,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": describe_machine(),
            "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        }
        path = FOLDER / f"{count}.json"
        write_text(path, json.dumps(found, indent=1) + "\n")
        print(f"Written: {path}")


if __name__ == "__main__":
    main()
