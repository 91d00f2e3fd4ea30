"""log p(x) by importance sampling, and how far each estimate can be trusted."""

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfvae.weighing import WeightSums

# At n effective samples the logarithm is too low by about 1 / (2 n): here, by 0.05 nats.
ENOUGH_EFFECTIVE_SAMPLES = 10.0
# Where more examples than this share have fewer, their mean is off by more than its error says.
NOTABLE_SHARE = 0.1
# Of fewer samples a bound is asked for, not an estimate: nothing is said of their number.
FEWEST_JUDGED = 10


@dataclass(frozen=True)
class WeightedEstimate:
    """An estimate of log p(x) for each example, as the log of a mean of k random weights.

    Args:
        log_likelihood: the logarithm of the weights' mean, float64 `[N]`, in nats.
        effective_sample_size: how many equal weights would be as good, from 1 to k, `[N]`.
        standard_error: of `log_likelihood`, by the delta method, `[N]`, in nats; NaN of one weight.
        num_samples: k.
    """

    log_likelihood: np.ndarray
    effective_sample_size: np.ndarray
    standard_error: np.ndarray
    num_samples: int

    @property
    def share_too_small(self) -> float:
        """Share of the examples with fewer than 10 effective samples (or half of k, if less)."""
        enough = min(ENOUGH_EFFECTIVE_SAMPLES, 0.5 * self.num_samples)
        # NaN, of an estimate that is none, is not enough.
        return float(np.mean(~(self.effective_sample_size >= enough)))


def importance_sampling(
    vae: Any,
    x: Any,
    num_samples: int = 500,
    seed: int = 0,
    batch_size: int = 128,
    y: Any = None,
) -> WeightedEstimate:
    r"""Estimates log p(x) as `vae.log_likelihood` does, and says how good each estimate is.

    $$w_i = \frac{p(x, z_i)}{q(z_i|x)},\quad z_i \sim q(z|x),\qquad
    \log \hat p = \log \frac1k \sum_{i=1}^k w_i,\qquad
    ESS = \frac{(\sum w_i)^2}{\sum w_i^2},\qquad
    error^2 = \frac{k / ESS - 1}{k - 1}$$

    The mean of the weights is unbiased, so its logarithm is too low, by about half the squared
    error. The error is that of the delta method: the weights' standard deviation over their mean,
    over the root of k. Both are themselves estimates from the weights that were drawn: where q
    misses a region of large weights, ESS may be high and all three wrong. A low one is a sure sign;
    `annealed_importance_sampling` is a check that does not depend on q.

    All sums are kept in float64 and in logarithms, over samples and over batches of examples, so
    that memory does not grow with `num_samples`.

    Args:
        vae: a `tfvae.VAE` whose posterior has a density.
        x: examples, `[N, *event_shape]`, `tfvae.pipeline.Images` or a `tf.data.Dataset`.
        num_samples: k.
        seed: seed of the samples, a 32-bit whole number.
        batch_size: examples at a time.
        y: as in `vae.elbo`.

    Returns:
        The estimates, float64 `[N]`; `log_likelihood` is that of `vae.log_likelihood`.

    Raises:
        ValueError: if the posterior is a point, or the data cannot be what the likelihood is over.

    Warns:
        RuntimeWarning: if, of at least 10 samples, more than a tenth of the examples have fewer
            than 10 effective ones: there the error is above 0.3 nats, and the logarithm too low by
            0.05 or more, which no mean over examples takes away.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((2, 2, 1)),
        ... )
        >>> found = importance_sampling(vae, np.zeros([6, 2, 2, 1]), num_samples=100)
        >>> found.log_likelihood.shape, bool((found.effective_sample_size > 10).all())
        ((6,), True)

    Reference:
        Burda, Grosse and Salakhutdinov 2015, arXiv:1509.00519, section 5; Kong 1992, A note on
        importance sampling using standardized weights, for the effective sample size, of which
        Elvira, Martino and Robert 2018, arXiv:1809.04129, show the limits.
    """
    sums, samples = vae._importance_sums(x, num_samples, seed, batch_size, y)
    found = estimate_of(sums, samples)
    if vae.latents.noise():
        warn_of_few(found, "importance samples", "`num_samples`, or a better q")
    return found


def estimate_of(sums: WeightSums, num_samples: int) -> WeightedEstimate:
    """Returns what the sums of k weights say of their mean."""
    log_sum, log_sum_of_squares = (np.asarray(part) for part in sums[:2])
    # The logarithm of no weight at all is infinite, and the difference of two such is not known.
    some = np.isfinite(log_sum)
    log_size = np.where(some, 2.0 * np.where(some, log_sum, 0.0), np.nan)
    size = np.exp(log_size - np.where(some, log_sum_of_squares, 0.0))
    error = np.full(size.shape, math.nan)
    if num_samples > 1:
        # Equal weights may give the least bit more than k.
        error = np.sqrt(np.maximum(num_samples / size - 1.0, 0.0) / (num_samples - 1))
    return WeightedEstimate(log_sum - math.log(num_samples), size, error, num_samples)


def warn_of_few(found: WeightedEstimate, what: str, cure: str) -> None:
    """Warns, in the name of the function's caller, where too many estimates hang on few weights."""
    share = found.share_too_small
    if found.num_samples >= FEWEST_JUDGED and share > NOTABLE_SHARE:
        warnings.warn(
            f"For {100 * share:.0f} % of the examples, the {found.num_samples} {what} are worth "
            f"fewer than {min(ENOUGH_EFFECTIVE_SAMPLES, 0.5 * found.num_samples):g} (median "
            f"{np.nanmedian(found.effective_sample_size):.1f}): their log-likelihoods hang on a "
            f"few large weights, and are too low. Try more {cure}.",
            RuntimeWarning,
            stacklevel=3,
        )
