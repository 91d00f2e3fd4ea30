"""Why a bound is below the evidence: what the encoder loses, and what the posterior's family."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import random
from tfvae.evaluate.likelihood.evidence import standard_error
from tfvae.evaluate.likelihood.importance import WeightedEstimate, estimate_of, warn_of_few
from tfvae.part import positive_integer
from tfvae.refinement import checked_rate
from tfvae.weighing import WeightSums


@dataclass(frozen=True)
class Gaps:
    """The bounds of each example below its evidence, in nats.

    Args:
        elbo: the bound at the encoder's q, float64 `[N]`.
        refined_elbo: the bound at a q refined for each example, float64 `[N]`.
        evidence: log p(x), estimated with the refined q as the proposal.
    """

    elbo: np.ndarray
    refined_elbo: np.ndarray
    evidence: WeightedEstimate

    @property
    def inference_gap(self) -> np.ndarray:
        """How far the bound is below the evidence, `[N]`: the sum of the two other gaps."""
        return self.evidence.log_likelihood - self.elbo

    @property
    def amortisation_gap(self) -> np.ndarray:
        """What the encoder loses against a posterior of its own for each example, `[N]`."""
        return self.refined_elbo - self.elbo

    @property
    def approximation_gap(self) -> np.ndarray:
        """What the best posterior of the family loses against the true one, `[N]`."""
        return self.evidence.log_likelihood - self.refined_elbo

    def summary(self) -> dict[str, float]:
        """Returns the means over the examples, each with its `..._standard_error`, in nats."""
        found = {}
        for name in ("inference_gap", "amortisation_gap", "approximation_gap"):
            values = getattr(self, name)
            found[name] = float(np.mean(values))
            found[f"{name}_standard_error"] = standard_error(values)
        return found


def gaps(
    vae: Any,
    x: Any,
    num_samples: int = 500,
    steps: int = 100,
    learning_rate: float = 0.05,
    step_samples: int = 4,
    seed: int = 0,
    batch_size: int = 128,
    y: Any = None,
) -> Gaps:
    r"""Splits the gap between the evidence and the bound into the encoder's and the family's part.

    $$\underbrace{\log p(x) - \mathcal L(q_x)}_{inference} =
    \underbrace{\log p(x) - \mathcal L(q^*)}_{approximation} +
    \underbrace{\mathcal L(q^*) - \mathcal L(q_x)}_{amortisation}$$

    $q_x$ is the encoder's, $q^*$ the one of the same family to which `vae.refine` comes from there.
    The bounds are means of log p(x, z) - log q(z) over samples, which has no variance where q is
    the true posterior; log p(x) is estimated by importance sampling from $q^*$, by the same samples
    as its bound. That estimate is too low on average (see `importance_sampling`), and so are the
    inference and the approximation gap; steps too few leave a part of the amortisation gap in the
    approximation gap. Where there is nothing to gain, the amortisation gap may fall below zero by
    chance.

    Args:
        vae: a `tfvae.VAE` whose posterior can be refined.
        x: examples, `[N, *event_shape]`, `tfvae.pipeline.Images` or a `tf.data.Dataset`.
        num_samples: samples of each q for its bound, and for log p(x).
        steps: steps of the refinement.
        learning_rate: its rate at the first step.
        step_samples: samples of z in each of its steps.
        seed: seed of all samples, a 32-bit whole number.
        batch_size: examples at a time.
        y: as in `vae.elbo`.

    Returns:
        The bounds and gaps of each example; `summary()` gives their means with standard errors.

    Raises:
        ValueError: if a number is not a whole one above 0, `learning_rate` no number above 0, the
            posterior is a point or has no parameters that could be moved, or the data cannot be
            what the likelihood is over.

    Warns:
        RuntimeWarning: as `importance_sampling` does.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((2, 2, 1)),
        ... )
        >>> found = gaps(vae, np.ones([6, 2, 2, 1]), steps=20)
        >>> sorted(found.summary())[::2]
        ['amortisation_gap', 'approximation_gap', 'inference_gap']

    Reference:
        Cremer, Li and Duvenaud 2018, arXiv:1801.03558, section 3, where log p(x) is estimated by
        `annealed_importance_sampling` too.
    """
    counts = {"num_samples": num_samples, "steps": steps, "step_samples": step_samples}
    for name, count in counts.items():
        positive_integer(count, name)
    rate = tf.constant(checked_rate(learning_rate), vae.likelihood.density_dtype)
    vae._need_density("gaps")

    def both(
        x: Any,
        first: tf.Tensor,
        seed: tf.Tensor,
        steps: tf.Tensor,
        rate: tf.Tensor,
        step_samples: tf.Tensor,
        num_samples: tf.Tensor,
        y: tf.Tensor | None = None,
    ) -> tuple[WeightSums, WeightSums]:
        raw = vae._refine(x, first, seed, steps, rate, step_samples, tf.constant(1), y)["raw"]
        refined = vae.latents.parameters(raw)
        # By the same noise, of which their difference then has less.
        return (
            vae._weight_sums(x, first, seed, num_samples, y),
            vae._weight_sums(x, first, seed, num_samples, y, refined),
        )

    key = random.rows(seed, 1)[0]
    extra = (key, np.int32(steps), rate, np.int32(step_samples), np.int32(num_samples))
    encoded, refined = vae._over(both, x, batch_size, *extra, dense=True, y=y)
    evidence = estimate_of(refined, num_samples)
    warn_of_few(evidence, "importance samples", "`num_samples` or `steps`")
    elbo, refined_elbo = (np.asarray(sums.sum_of_logs) / num_samples for sums in (encoded, refined))
    return Gaps(elbo, refined_elbo, evidence)
