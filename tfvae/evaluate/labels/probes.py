"""How much of the classes a simple classifier finds in the latents, with few labels and many."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfvae.evaluate.labels.agreement import checked_classes
from tfvae.evaluate.labels.choosing import of_each_class
from tfvae.evaluate.samples.features import features
from tfvae.part import positive_integer

# The strengths between which cross-validation chooses: the inverse of the penalty's weight.
INVERSE_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
FOLDS = 3
# So many known labels tell which penalty is best; more would take minutes on pixels.
LARGEST_SEARCH = 2000
MAX_ITERATIONS, TOLERANCE = 500, 1e-3


@dataclass(frozen=True)
class ProbeScores:
    """How well one classifier does with labels for some of the training examples.

    Args:
        features: what it reads: `"latents"`, `"pca"` or `"pixels"`.
        probe: `"k-nearest neighbours"` or `"linear"`.
        labels_per_class: how many labels it had of each class; None for all.
        num_labels: how many it had in all.
        accuracy: share of the test examples that it classified as labelled, averaged over seeds.
        standard_deviation: its spread over seeds; NaN where there was but one choice of labels.
    """

    features: str
    probe: str
    labels_per_class: int | None
    num_labels: int
    accuracy: float
    standard_deviation: float


def representation(
    vae: Any,
    x_train: Any,
    y_train: Any,
    x_test: Any,
    y_test: Any,
    labels_per_class: Sequence[int | None] = (10, 100, None),
    seeds: Sequence[int] = (0, 1, 2),
    *,
    num_neighbours: int = 5,
    max_train: int = 60_000,
    batch_size: int = 128,
) -> tuple[ProbeScores, ...]:
    r"""Returns how well simple classifiers do on the latents, beside PCA of equal size and pixels.

    The latents are the means of q(z given x). Principal components, as many as z has numbers, are
    those of all training examples, which need no labels. A seed chooses the examples whose labels
    are known. The neighbours are those by Euclidean distance of the features as they are. The
    linear probe is a logistic regression on features scaled to mean 0 and variance 1 over all
    training examples; of five penalties it takes the one that does best in cross-validation of 3
    folds, or 2, on at most 2,000 of the known labels. The test labels choose nothing.

    Args:
        vae: a `tfvae.VAE`.
        x_train: examples, `[N, *event_shape]`.
        y_train: their classes, integers `[N]`.
        x_test: examples to classify, `[M, *event_shape]`.
        y_test: their classes, integers `[M]`.
        labels_per_class: how many labels of each class are known, at least 2; None for all of them.
        seeds: one choice of labels for each.
        num_neighbours: of the classifier by neighbours; no more than the known labels of a class.
        max_train: where all labels are known, so many of them are drawn if there are more.
        batch_size: examples at a time, in the encoder.

    Returns:
        A score for each of the three features, each number of labels and each of the two probes.

    Raises:
        ValueError: if labels and examples do not agree in number, a class has too few examples, or
            there are not two classes.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> y = np.arange(60) % 2
        >>> noise = np.random.default_rng(0).uniform(-0.2, 0.2, [60, 4, 4, 1])
        >>> x = noise + 0.3 + 0.4 * y[:, None, None, None]
        >>> found = representation(vae, x, y, x, y, labels_per_class=(5,))
        >>> [(row.features, row.probe, row.num_labels) for row in found[-2:]]
        [('pixels', 'k-nearest neighbours', 10), ('pixels', 'linear', 10)]
        >>> found[-1].accuracy
        1.0

    Reference:
        Alain and Bengio 2016, arXiv:1610.01644 (linear probes); Chen et al. 2020, arXiv:2002.05709,
        section 4, for the comparison with few labels.
    """
    positive_integer(num_neighbours, "num_neighbours")
    positive_integer(max_train, "max_train")
    y_train, y_test = checked_classes(y_train, "y_train"), checked_classes(y_test, "y_test")
    if not len(seeds):
        raise ValueError("`seeds` is empty: give one seed at least, such as `(0, 1, 2)`.")
    choices = {count: _choices(y_train, count, seeds, max_train) for count in labels_per_class}
    found = features(vae, x_train, x_test, batch_size)
    for part, labels, kind in zip(
        found["pixels"], (y_train, y_test), ("train", "test"), strict=True
    ):
        if len(part) != len(labels):
            raise ValueError(f"`x_{kind}` has {len(part)} examples, `y_{kind}` {len(labels)}.")
    rows = []
    for name, (train, test) in found.items():
        scaled = _scaled(train, test)
        for count, chosen in choices.items():
            num_near = min(num_neighbours, count or len(chosen[0]))
            neighbours = [
                _by_neighbours(train[known], y_train[known], num_near).score(test, y_test)
                for known in chosen
            ]
            linear = [
                _linear(scaled[0][known], y_train[known]).score(scaled[1], y_test)
                for known in chosen
            ]
            for probe, scores in (("k-nearest neighbours", neighbours), ("linear", linear)):
                spread = float(np.std(scores, ddof=1)) if len(scores) > 1 else math.nan
                mean = float(np.mean(scores))
                rows.append(ProbeScores(name, probe, count, len(chosen[0]), mean, spread))
    return tuple(rows)


def _choices(
    y: np.ndarray, per_class: int | None, seeds: Sequence[int], most: int
) -> list[np.ndarray]:
    """Returns which examples' labels are known, one choice for each seed unless all are."""
    if per_class is None and len(y) <= most:
        chosen = [np.arange(len(y))]
    elif per_class is None:
        chosen = [np.random.default_rng(s).choice(len(y), most, replace=False) for s in seeds]
    else:
        chosen = [of_each_class(y, per_class, np.random.default_rng(seed)) for seed in seeds]
    for known in chosen:
        sizes = np.unique(y[known], return_counts=True)[1]
        if len(sizes) < 2 or sizes.min() < 2:
            raise ValueError(
                "A penalty is chosen by cross-validation, which needs two classes at least, and "
                f"two known labels of each, but `labels_per_class` {per_class} leaves {len(sizes)} "
                f"classes, of {sizes.min()} labels or more."
            )
    return chosen


def _scaled(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns both with mean 0 and variance 1 of each feature in training."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test)


def _by_neighbours(train: np.ndarray, labels: np.ndarray, num_neighbours: int) -> Any:
    """Returns the classifier by the commonest label of the nearest examples."""
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(num_neighbours).fit(train, labels)


def _linear(train: np.ndarray, labels: np.ndarray) -> Any:
    """Returns the logistic regression whose penalty does best in cross-validation."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    some = _some_of_each_class(labels, LARGEST_SEARCH)
    folds = min(FOLDS, int(np.unique(labels[some], return_counts=True)[1].min()))
    probe = LogisticRegression(max_iter=MAX_ITERATIONS, tol=TOLERANCE)
    search = GridSearchCV(
        probe,
        {"C": INVERSE_PENALTIES},
        cv=StratifiedKFold(folds, shuffle=True, random_state=0),
        refit=False,
    )
    search.fit(train[some], labels[some])
    return probe.set_params(**search.best_params_).fit(train, labels)


def _some_of_each_class(labels: np.ndarray, most: int) -> np.ndarray:
    """Returns about so many rows, the classes in their proportions; all if there are no more."""
    if len(labels) <= most:
        return np.arange(len(labels))
    generator, parts = np.random.default_rng(0), []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        count = max(FOLDS, len(rows) * most // len(labels))
        parts.append(generator.permutation(rows)[:count])
    return np.concatenate(parts)
