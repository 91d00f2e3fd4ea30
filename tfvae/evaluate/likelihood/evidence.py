"""How well a model explains examples: evidence in nats."""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import random
from tfvae.evaluate.likelihood.bits import bits_per_dimension
from tfvae.evaluate.likelihood.importance import importance_sampling
from tfvae.pipeline import Images


def evidence(
    vae: Any,
    x: Any,
    num_samples: int = 500,
    seed: int = 0,
    batch_size: int = 128,
    y: Any = None,
) -> dict[str, Any]:
    """Returns what a model's bound and its importance-sampled likelihood are on examples.

    The bound, and its rate and distortion, are those of `vae.elbo(x, seed=seed)`, of one sample an
    example; the likelihood is that of `importance_sampling`, which warns where it is not to be
    trusted. A standard error is that of the mean over the examples.

    Args:
        vae: a `tfvae.VAE`.
        x: examples, `[N, *event_shape]`, `tfvae.pipeline.Images` or a `tf.data.Dataset`.
        num_samples: importance samples an example.
        seed: seed of the samples.
        batch_size: examples at a time.
        y: as in `vae.elbo`.

    Returns:
        In nats an example: `elbo`, `rate`, `distortion`, `log_likelihood`, and for each its
        `..._standard_error`; of the examples' effective sample sizes the median,
        `effective_sample_size`, and the `smallest_effective_sample_size`; `bits_per_dimension` of
        the log-likelihood, if the likelihood is a probability of discrete data; with
        `num_samples`, `num_examples`, `seed`, and `binarization`: of `Images`, what they do (with
        `binarization_seed`), else None, for it is not known.

    Raises:
        ValueError: if the data cannot be what the likelihood is over, or the posterior is a point.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> found = evidence(vae, np.zeros([6, 4, 4, 1]), num_samples=3)
        >>> found["num_examples"], abs(found["elbo"] + found["rate"] + found["distortion"]) < 1e-4
        (6, True)

    Reference:
        Burda, Grosse and Salakhutdinov 2015, arXiv:1509.00519, section 5.
    """
    sampled = importance_sampling(vae, x, num_samples, seed, batch_size, y)
    rate, distortion = rate_and_distortion(vae, x, 1, seed, batch_size, y)
    values = {
        "elbo": -(rate + distortion),
        "rate": rate,
        "distortion": distortion,
        "log_likelihood": sampled.log_likelihood,
    }
    found: dict[str, Any] = {}
    for name, each in values.items():
        found[name] = float(np.mean(each))
        found[f"{name}_standard_error"] = standard_error(each)
    sizes = sampled.effective_sample_size
    found["effective_sample_size"] = float(np.median(sizes))
    found["smallest_effective_sample_size"] = float(np.min(sizes))
    if vae.likelihood.is_discrete:
        bits = bits_per_dimension(found["log_likelihood"], vae.event_shape)
        found["bits_per_dimension"] = float(bits)
    found |= {"num_samples": num_samples, "num_examples": len(rate), "seed": seed}
    found["binarization"] = x.binarization if isinstance(x, Images) else None
    if isinstance(x, Images) and x.binarization != "none":
        found["binarization_seed"] = x.seed
    return found


def rate_and_distortion(
    vae: Any, x: Any, num_samples: int, seed: int, batch_size: int, y: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the two terms of each example, float64 `[N]`, by the noise of `vae.elbo`."""
    extra = (random.rows(seed, 1)[0], tf.constant(num_samples))
    found = vae._over(vae._terms, x, batch_size, *extra, dense=True, y=y)
    rate, distortion = found.numpy().astype("float64").T
    return rate, distortion


def standard_error(values: np.ndarray) -> float:
    """Returns the standard error of a mean; NaN of fewer than two values."""
    if len(values) < 2:
        return math.nan
    return float(np.std(values, ddof=1) / math.sqrt(len(values)))
