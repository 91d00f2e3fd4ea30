"""The rate taken apart: what z says of its example, and how far q(z) is from p(z)."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfvae import random
from tfvae.evaluate.latents.latent_space import BATCH_SIZE, check_compares
from tfvae.evaluate.latents.marginals import factorises, marginals
from tfvae.evaluate.likelihood.evidence import standard_error
from tfvae.families.family import Parameters
from tfvae.part import positive_integer
from tfvae.priors.encoded import side_by_side
from tfvae.priors.gaussians import Gaussians

# Densities are computed for so many draws of z, each under so many posteriors, at a time.
BLOCK = 256
# What is not known of every model.
OF_UNITS = ("total_correlation", "dimension_wise_kl")
UNKNOWN = {name + end: None for name in OF_UNITS for end in ("", "_standard_error")}


class LogDensities(NamedTuple):
    """Log-densities of a draw of z for each of N examples, in nats, float64 `[N]` each.

    Args:
        own: log q(z_n given x_n).
        aggregated: log q(z_n), the mean of q(z_n given x_m) over all examples.
        prior: log p(z_n).
        product: the sum of log q(z_nu) over units; None if the marginals are not known.
    """

    own: np.ndarray
    aggregated: np.ndarray
    prior: np.ndarray
    product: np.ndarray | None


def rate_decomposition(
    vae: Any, x: Any, num_samples: int = 1, seed: int = 0, batch_size: int = BATCH_SIZE
) -> dict[str, Any]:
    r"""Returns the rate, and the mutual information and marginal divergence that it consists of.

    $$E_x\, \mathrm{KL}(q(z|x), p(z)) = I_q(x; z) + \mathrm{KL}(q(z), p(z)),\qquad
    q(z) = \frac1N \sum_n q(z|x_n)$$

    Where the marginals of q are known, with the total correlation between units; where p
    factorises too, the marginal divergence consists of it and of the divergences of the units:

    $$\mathrm{KL}(q(z), p(z)) = \mathrm{KL}\Big(q(z), \prod_u q(z_u)\Big)
    + \sum_u \mathrm{KL}(q(z_u), p(z_u))$$

    All are means over the same draws of z, so that both equations hold for the estimates. Of the
    examples given, whose q(z) is exact, they are without bias. As estimates for a population, the
    mutual information is too low, never above log N, and the marginal divergence too high by as
    much, and with it the total correlation: unless the mutual information is well below log N,
    it says no more than that there are too few examples. The standard errors are those of means
    over examples, and know nothing of this.

    The time grows with the square of N, the memory with N.

    Args:
        vae: a `tfvae.VAE` with one posterior and one prior over all of z, or a ladder.
        x: examples, `[N, *event_shape]`, `tfvae.pipeline.Images` or a `tf.data.Dataset`.
        num_samples: draws of z for each example.
        seed: seed of the draws, a 32-bit whole number.
        batch_size: examples at a time, in the encoder.

    Returns:
        In nats an example: `rate`, `mutual_information`, `marginal_kl`, `total_correlation` and
        `dimension_wise_kl` (None where they are not known), and for each its
        `..._standard_error`; with `largest_mutual_information`, log N, and with `num_samples`,
        `num_examples` and `seed`.

    Raises:
        ValueError: if q or p has no density, or not over all of z; if a flow cannot be inverted.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> x = np.random.default_rng(0).uniform(size=[50, 4, 4, 1])
        >>> found = rate_decomposition(vae, x)
        >>> parts = found["mutual_information"] + found["marginal_kl"]
        >>> abs(found["rate"] - parts) < 1e-9, bool(found["mutual_information"] <= np.log(50))
        (True, True)

    Reference:
        Hoffman and Johnson 2016, ELBO surgery: yet another way to carve up the variational
        evidence lower bound; Chen et al. 2018, arXiv:1802.04942, equation 2. Ours estimates q(z)
        from all examples given instead of a batch of them.
    """
    check_compares(vae, "rate_decomposition")
    positive_integer(num_samples, "num_samples")
    key = tf.constant([random.rows(seed, 1)[0][0], 0])
    parameters = vae._over(vae._encode, x, batch_size)
    count = len(next(iter(parameters.values())))
    by_dimension = factorises(vae.prior.distribution())
    draws = []
    for number in range(num_samples):
        z = _draw(vae, parameters, count, tf.random.fold_in(key, number))
        draws.append(_terms(_log_densities(vae.latents, parameters, z), by_dimension))
    found: dict[str, Any] = {}
    for name in draws[0]:
        values = np.mean([draw[name] for draw in draws], axis=0)
        found[name] = float(np.mean(values))
        found[f"{name}_standard_error"] = standard_error(values)
    found["largest_mutual_information"] = math.log(count)
    return {**UNKNOWN, **found, "num_samples": num_samples, "num_examples": count, "seed": seed}


def _draw(vae: Any, parameters: Parameters, count: int, key: tf.Tensor) -> tf.Tensor:
    """Returns a draw of z for each example, `[N, *event]`."""
    noise = random.draw(vae.latents.noise(), [1, count], key, vae.likelihood.density_dtype)
    return vae.latents.draw(parameters, noise)[0]


def _terms(density: LogDensities, by_dimension: bool) -> dict[str, np.ndarray]:
    """Returns what each draw adds to the estimates that are known, by their names, `[N]` each."""
    terms = {
        "rate": density.own - density.prior,
        "mutual_information": density.own - density.aggregated,
        "marginal_kl": density.aggregated - density.prior,
    }
    if density.product is not None:
        terms["total_correlation"] = density.aggregated - density.product
        if by_dimension:
            terms["dimension_wise_kl"] = density.product - density.prior
    return terms


def _log_densities(latents: Any, parameters: Parameters, z: tf.Tensor) -> LogDensities:
    """Returns all log-densities of draws `[N, *event]`, going through pairs block by block."""
    blocks = [slice(start, start + BLOCK) for start in range(0, len(z), BLOCK)]
    own, sums = [], [np.array(-np.inf)] * len(blocks)
    for columns in blocks:
        joint = _joint(latents, _given(parameters, columns), len(z[columns]))
        for number, rows in enumerate(blocks):
            pairs = joint(z[rows])  # [I, J]
            if rows == columns:
                own.append(np.diagonal(pairs.numpy()))
            sums[number] = np.logaddexp(sums[number], _log_sum(pairs))
    prior = latents.prior.evaluated()
    log_p = [prior.log_prob(z[rows]).numpy().astype("float64") for rows in blocks]
    return LogDensities(
        own=np.concatenate(own),
        aggregated=np.concatenate(sums) - math.log(len(z)),
        prior=np.concatenate(log_p),
        product=_log_product(latents, parameters, z, blocks),
    )


def _log_product(
    latents: Any, parameters: Parameters, z: tf.Tensor, blocks: list[slice]
) -> np.ndarray | None:
    """Returns the sum over units of log q(z_nu), `[N]`; None if the marginals are not known."""
    sums = [np.array(-np.inf)] * len(blocks)
    for columns in blocks:
        units = marginals(latents.distribution(_given(parameters, columns)))
        if units is None:
            return None
        for number, rows in enumerate(blocks):
            pairs = units.log_prob(z[rows][:, None])  # [I, J, U]
            sums[number] = np.logaddexp(sums[number], _log_sum(pairs))
    return np.sum(np.concatenate(sums) - math.log(len(z)), axis=1)


def _given(parameters: Parameters, rows: slice) -> Parameters:
    return {name: value[rows] for name, value in parameters.items()}


def _joint(latents: Any, parameters: Parameters, count: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns the log-density of any z `[I, *event]` under each of J posteriors, `[I, J]`."""
    components = side_by_side(latents, parameters, count)
    if not isinstance(components, Gaussians):
        return lambda z: tf.cast(components.log_prob(z), tf.float64)
    # Matrix products of narrow posteriors need the digits; in double precision they keep enough.
    double = components.cast(tf.float64)
    return lambda z: double.log_prob(tf.cast(z, tf.float64))


def _log_sum(pairs: tf.Tensor) -> np.ndarray:
    """Returns the logarithm of the sum over the second axis, to be added up as float64."""
    return tf.reduce_logsumexp(pairs, axis=1).numpy().astype("float64")
