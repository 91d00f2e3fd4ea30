"""Whether a model tells examples of another kind from its own, by each of its scores."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfvae.evaluate.anomalies.detection import detection_metrics
from tfvae.evaluate.anomalies.strangeness import Strangeness, checked_scores, typical_elbo

Table = dict[str, dict[str, float]]


def outliers(
    vae: Any,
    x_in: Any,
    x_out: Any,
    x_train: Any = None,
    scores: Sequence[str] | None = None,
    num_samples: int = 500,
    value_range: tuple[float, float] = (0.0, 1.0),
    seed: int = 0,
    batch_size: int = 128,
) -> Table:
    """Returns how well each score of a model tells outliers from inliers.

    The scores are those of `outlier_scores`, the figures those of `detection_metrics`: AUROC,
    AUPRC and FPR95, with outliers as the positives.

    Args:
        vae: a `tfvae.VAE`.
        x_in: examples of the kind that the model was trained on, but held out.
        x_out: examples of another kind, in the same shape, and binary if the others are.
        x_train: examples that the model was trained on; `typicality` needs them.
        scores: as in `outlier_scores`; None for all that model and data have.
        num_samples: importance samples of the likelihood.
        value_range: the values of black and white, as in `complexity`.
        seed: seed of all samples, and of the bootstrap.
        batch_size: examples at a time.

    Returns:
        By name of the score, what `detection_metrics` returns.

    Raises:
        ValueError: as `outlier_scores` does.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> black, white = np.zeros([5, 4, 4, 1]), np.ones([5, 4, 4, 1])
        >>> found = outliers(vae, black, white, scores=("negative_elbo", "rate"))
        >>> sorted(found), sorted(found["rate"])[:2]
        (['negative_elbo', 'rate'], ['auprc', 'auprc_standard_error'])
    """
    checked = checked_scores(scores)
    typical = typical_elbo(vae, x_train, checked, seed, batch_size)
    found_in, found_out = (
        Strangeness(vae, x, typical, num_samples, value_range, seed, batch_size).by_name(checked)
        for x in (x_in, x_out)
    )
    return {
        name: detection_metrics(found_in[name], found_out[name], seed=seed) for name in found_in
    }


def one_class(
    train: Callable[[np.ndarray, int], Any],
    x_train: Any,
    y_train: Any,
    x_test: Any,
    y_test: Any,
    scores: Sequence[str] = ("negative_elbo",),
    seed: int = 0,
    **options: Any,
) -> dict[str, Any]:
    """Trains a model on each class alone, and lets it tell test examples of the others from it.

    Args:
        train: a function of the training examples of a class, and of a seed, that returns a
            trained `tfvae.VAE`.
        x_train: training examples, an array `[N, ...]`.
        y_train: their classes, whole numbers `[N]`.
        x_test: test examples, `[M, ...]`.
        y_test: their classes, `[M]`.
        scores: as in `outliers`, to which the training examples of the class are given too.
        seed: seed of the first model, and of its scores; that of the next is higher by 1.
        **options: what else `outliers` takes, such as `num_samples`.

    Returns:
        `classes`: by class, what `outliers` returns; `mean_auroc`: by score, over the classes.

    Raises:
        ValueError: if a label is missing, or there is a single class, or as `outliers` does.

    Example:
        >>> import numpy as np, tfvae
        >>> def train(x, seed):
        ...     return tfvae.VAE(
        ...         tfvae.encoders.MLP((8,)),
        ...         tfvae.decoders.MLP((8,)),
        ...         posterior=tfvae.families.DiagonalNormal(2),
        ...         likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ...     )
        >>> x, y = np.zeros([6, 4, 4, 1]), np.array([3, 3, 3, 7, 7, 7])
        >>> found = one_class(train, x, y, x, y)
        >>> found["classes"][7]["negative_elbo"]["auroc"], found["mean_auroc"]
        (0.5, {'negative_elbo': 0.5})

    Reference:
        Ruff et al. 2018, "Deep one-class classification", ICML, section 4.1.
    """
    x_train, y_train = _labelled(x_train, y_train, "train")
    x_test, y_test = _labelled(x_test, y_test, "test")
    found: dict[int, Table] = {}
    for number, label in enumerate(_classes(y_train, y_test)):
        own = x_train[y_train == label]
        inside = y_test == label
        found[int(label)] = outliers(
            train(own, seed + number),
            x_test[inside],
            x_test[~inside],
            own,
            scores,
            seed=seed + number,
            **options,
        )
    names = next(iter(found.values()))
    means = {name: np.mean([table[name]["auroc"] for table in found.values()]) for name in names}
    return {"classes": found, "mean_auroc": {name: float(mean) for name, mean in means.items()}}


def _labelled(x: Any, y: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns examples and labels as arrays of the same length."""
    x, y = np.asarray(x), np.asarray(y)
    if y.ndim != 1 or y.dtype.kind not in "iu" or len(x) != len(y):
        raise ValueError(
            f"`y_{name}` must be whole numbers, one for each of the {len(x)} examples, but has "
            f"shape {y.shape} and dtype {y.dtype}."
        )
    return x, y


def _classes(y_train: np.ndarray, y_test: np.ndarray) -> np.ndarray:
    """Returns the classes, which training and test examples must share."""
    classes = np.unique(y_train)
    if len(classes) < 2 or not np.array_equal(classes, np.unique(y_test)):
        raise ValueError(
            "Training and test examples must be of the same classes, two at least, but are of "
            f"{classes.tolist()} and {np.unique(y_test).tolist()}."
        )
    return classes
