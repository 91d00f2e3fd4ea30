"""How strange examples are to a model, by the scores of the field: higher is stranger."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tfvae.evaluate.anomalies.complexity import complexity
from tfvae.evaluate.likelihood.evidence import rate_and_distortion
from tfvae.posteriors.posterior import RefinementError

SCORES = (
    "negative_log_likelihood",
    "negative_elbo",
    "complexity_corrected",
    "likelihood_regret",
    "distortion",
    "rate",
    "latent_density",
    "typicality",
)
# Of z, for bounds and their terms: as many as `vae.anomaly_score` takes.
BOUND_SAMPLES = 16


def outlier_scores(
    vae: Any,
    x: Any,
    x_train: Any = None,
    scores: Sequence[str] | None = None,
    num_samples: int = 500,
    value_range: tuple[float, float] = (0.0, 1.0),
    seed: int = 0,
    batch_size: int = 128,
) -> dict[str, np.ndarray]:
    r"""Returns how strange each example is to a model; higher is stranger, by every score.

    | score | what it is |
    | --- | --- |
    | `negative_log_likelihood` | $-\log p(x)$, by importance sampling |
    | `negative_elbo` | rate + distortion, of 16 samples of z |
    | `complexity_corrected` | $-\log p(x) - L(x)$, with L of `complexity` |
    | `likelihood_regret` | what `vae.refine` adds to the bound of the example |
    | `distortion` | $-E_q \log p(x \mid z)$ |
    | `rate` | $KL(q(z \mid x), p(z))$ |
    | `latent_density` | $-\log p(z)$ at the point that stands for q, for vectors its mean |
    | `typicality` | $\lvert ELBO(x) - \overline{ELBO}_{train} \rvert$ |

    Args:
        vae: a `tfvae.VAE`.
        x: examples, as `vae.elbo` takes them: binary for a model of binary images.
        x_train: examples that the model was trained on; `typicality` needs them.
        scores: names of the table; None for all that model and data have: a posterior may have no
            density, or none that can be refined, and `typicality` needs `x_train`.
        num_samples: importance samples of the likelihood.
        value_range: the values of black and white, as in `complexity`.
        seed: seed of all samples.
        batch_size: examples at a time.

    Returns:
        By name of the score, float64 `[N]`, in nats.

    Raises:
        ValueError: if there is no score of a name, or the model does not have it, or the data are
            not what it reads.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> found = outlier_scores(vae, np.zeros([3, 4, 4, 1]), scores=("rate", "distortion"))
        >>> found["rate"].shape
        (3,)

    Reference:
        Complexity: Serra et al. 2019, arXiv:1909.11480. Regret: Xiao, Yan and Amit 2020,
        arXiv:2003.02977; their code refits the encoder as a whole and compares importance-sampled
        bounds, ours moves the posterior's parameters alone and compares the ELBO. Typicality:
        Nalisnick et al. 2019, arXiv:1906.02994; ours is of single examples, and of the bound.
    """
    checked = checked_scores(scores)
    typical = typical_elbo(vae, x_train, checked, seed, batch_size)
    strangeness = Strangeness(vae, x, typical, num_samples, value_range, seed, batch_size)
    return strangeness.by_name(checked)


class ScoreError(ValueError):
    """A model, or what was given beside it, does not have a score."""


def checked_scores(scores: Sequence[str] | None) -> tuple[str, ...] | None:
    """Returns the names of the scores that are asked for; None for all that there are."""
    if scores is None:
        return None
    names = (scores,) if isinstance(scores, str) else tuple(scores)
    for name in names:
        if name not in SCORES:
            raise ValueError(f"There is no score {name!r}. Known: {', '.join(SCORES)}.")
    return names


def typical_elbo(
    vae: Any, x_train: Any, scores: Sequence[str] | None, seed: int, batch_size: int
) -> float | None:
    """Returns the mean bound of training examples, if these are given and a score needs it."""
    if x_train is None or not (scores is None or "typicality" in scores):
        return None
    # Of a single sample each: its mean over them has no bias, and many examples.
    return float(np.mean(vae.elbo(x_train, seed=seed, batch_size=batch_size), dtype="float64"))


@dataclass(frozen=True, eq=False)
class Strangeness:
    """A model's scores of examples, by property, each `[N]`; what two of them need, once.

    Args:
        vae: the model.
        x: the examples.
        typical: the mean bound of training examples, if `typicality` will be asked for.
        num_samples: importance samples.
        value_range: as in `complexity`.
        seed: seed of all samples.
        batch_size: examples at a time.
    """

    vae: Any
    x: Any
    typical: float | None
    num_samples: int
    value_range: tuple[float, float]
    seed: int
    batch_size: int

    def by_name(self, names: Sequence[str] | None) -> dict[str, np.ndarray]:
        """Returns the scores of these names, float64 `[N]`; of None, all that the model has."""
        found = {}
        for name in SCORES if names is None else names:
            try:
                found[name] = np.asarray(getattr(self, name), "float64")
            except (ScoreError, RefinementError):
                if names is not None:
                    raise
        return found

    @cached_property
    def negative_log_likelihood(self) -> np.ndarray:
        """Minus the importance-sampled log-likelihood."""
        if not self.vae.latents.has_density:
            raise ScoreError("The posterior is a point: there is no likelihood without a density.")
        return -self.vae.log_likelihood(self.x, self.num_samples, self.seed, self.batch_size)

    @cached_property
    def terms(self) -> tuple[np.ndarray, np.ndarray]:
        """Rate and distortion."""
        return rate_and_distortion(self.vae, self.x, BOUND_SAMPLES, self.seed, self.batch_size)

    @property
    def negative_elbo(self) -> np.ndarray:
        """Minus the bound."""
        return self.rate + self.distortion

    @property
    def rate(self) -> np.ndarray:
        """What is to be said of z."""
        return self.terms[0]

    @property
    def distortion(self) -> np.ndarray:
        """What is to be said of x, given z."""
        return self.terms[1]

    @property
    def complexity_corrected(self) -> np.ndarray:
        """Minus the log-likelihood, less what a compressor would take to say it all."""
        # The examples as the model reads them: made binary, if that is what they are to be.
        examples = self.vae._over(self.vae._examples, self.x, self.batch_size).numpy()
        if np.isnan(examples).any():
            raise ScoreError("Examples with missing values have no 'complexity_corrected'.")
        return self.negative_log_likelihood - complexity(examples, self.value_range)

    @property
    def likelihood_regret(self) -> np.ndarray:
        """How much better a posterior of the example's own would do than the encoder's."""
        return self.vae.refine(self.x, seed=self.seed, batch_size=self.batch_size).amortisation_gap

    @property
    def latent_density(self) -> np.ndarray:
        """Minus the prior's log-density at the point that stands for q."""
        if not self.vae.latents.has_prior_density:
            raise ScoreError(
                f"The prior of {type(self.vae.latents).__name__} is no density of what stands for "
                "q, so that there is no 'latent_density'."
            )
        return -self.vae._over(self.vae._log_prior, self.x, self.batch_size).numpy()

    @property
    def typicality(self) -> np.ndarray:
        """How far the bound is from that of training examples, on either side."""
        if self.typical is None:
            raise ScoreError("The score 'typicality' compares with training data: give `x_train`.")
        return np.abs(self.negative_elbo + self.typical)
