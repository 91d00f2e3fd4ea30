"""What counts are worth to models without latents: the figures that a model has to beat."""

import math

import numpy as np

MOST_DISPERSION = math.log(1e6)


def independent_counts(x_train: np.ndarray, x_test: np.ndarray) -> dict[str, float]:
    r"""Returns the test log-likelihood of models that give each gene one share of all cells.

    $$rate_{ng} = l_n \frac{\sum_m x_{mg} + 1 / N}{\sum_m l_m + G / N}$$

    with library sizes l, N training cells and G genes; the fraction keeps a gene that no training
    cell has above zero. The dispersion of the negative binomial is each gene's most likely one.

    Args:
        x_train: counts, `[N, genes]`.
        x_test: counts, `[M, genes]`.

    Returns:
        `"Poisson"` and `"negative binomial"`: means over the test cells, in nats a cell.

    Example:
        >>> counts = np.random.RandomState(0).negative_binomial(1.0, 0.1, (200, 3))
        >>> found = independent_counts(counts[:100], counts[100:])
        >>> found["Poisson"] < found["negative binomial"]
        True
    """
    from scipy import stats

    x_train, x_test = np.asarray(x_train, np.float64), np.asarray(x_test, np.float64)
    shares = x_train.sum(axis=0) + 1.0 / len(x_train)
    shares /= shares.sum()
    rates, test_rates = (x.sum(axis=1, keepdims=True) * shares for x in (x_train, x_test))
    theta = np.array([_dispersion(*pair) for pair in zip(x_train.T, rates.T, strict=True)])
    log_probs = {
        "Poisson": stats.poisson.logpmf(x_test, test_rates),
        "negative binomial": stats.nbinom.logpmf(x_test, theta, theta / (theta + test_rates)),
    }
    return {name: float(values.sum(axis=1).mean()) for name, values in log_probs.items()}


def _dispersion(x: np.ndarray, rate: np.ndarray) -> float:
    """Returns the most likely theta of a gene, whose variance is rate + rate^2 / theta."""
    from scipy import optimize, stats

    def loss(log_theta: float) -> float:
        theta = math.exp(log_theta)
        return -float(stats.nbinom.logpmf(x, theta, theta / (theta + rate)).sum())

    bounds = (-MOST_DISPERSION, MOST_DISPERSION)
    return math.exp(optimize.minimize_scalar(loss, bounds=bounds, method="bounded").x)
