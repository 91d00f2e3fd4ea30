"""Objectives of the aggregated posterior q(z), the mean of q(z given x) over the data."""

import math
from typing import Any

import tensorflow as tf

from tfvae import probability as tfp
from tfvae.objectives.objective import Objective, checked_weight
from tfvae.part import positive_integer, registered
from tfvae.trace import Trace


@registered()
class TotalCorrelation(Objective):
    r"""Weighs the parts of the rate apart: mutual information, total correlation, the rest.

    $$\mathcal L = -E \log p(x|z) + \alpha\, I(x; z) + \beta\, \mathrm{KL}(q(z), \prod_d q(z_d))
    + \gamma\, E \log \frac{\prod_d q(z_d)}{p(z)}$$

    q(z) is estimated from the batch by stratified weights. With all three weights 1 the objective
    is the ELBO, its rate sampled, whatever that estimate.

    Args:
        data_size: number of training examples.
        beta: weight of the total correlation.
        alpha: weight of the mutual information.
        gamma: weight of what is left.
        num_samples: samples of z an example.

    Raises:
        ValueError: if a weight is negative or not finite, or `data_size` is not a whole number
            above zero; at the first call, if the posterior is not a diagonal Gaussian.

    Example:
        >>> import tfvae
        >>> tfvae.objectives.TotalCorrelation(60_000, beta=6.0).batch_statistics
        True

    Reference:
        Chen et al. 2018, arXiv:1802.04942: the objective of the beta-TCVAE and, for the weights,
        minibatch stratified sampling. They give one of the other examples, chosen at random, a
        smaller weight than the rest; we take the mean over that choice.
    """

    batch_statistics = True

    def __init__(
        self,
        data_size: int,
        beta: float = 6.0,
        alpha: float = 1.0,
        gamma: float = 1.0,
        num_samples: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_samples, **kwargs)
        self.data_size = positive_integer(data_size, "data_size")
        self.alpha = checked_weight(alpha, "alpha")
        self.beta = checked_weight(beta, "beta")
        self.gamma = checked_weight(gamma, "gamma")

    def loss(self, trace: Trace) -> tf.Tensor:
        q = independent(only_posterior(trace, "The total correlation"))
        z = trace.inference.z[0]  # [S, B, D]
        log_q, log_p = trace.inference.log_q[0][0], trace.inference.log_p[0][0]
        # log q(z_i given x_j) of each dimension: [S, B (i), B (j), D].
        densities = _normal_log_prob(z[:, :, None], q.mean(), q.stddev())
        log_weights = stratified_log_weights(tf.shape(z)[1], self.data_size, z.dtype)
        log_joint = tf.reduce_logsumexp(log_weights + tf.reduce_sum(densities, axis=-1), axis=2)
        by_dimension = tf.reduce_logsumexp(log_weights[..., None] + densities, axis=2)
        log_product = tf.reduce_sum(by_dimension, axis=-1)
        parts = (
            self.alpha * (log_q - log_joint)
            + self.beta * (log_joint - log_product)
            + self.gamma * (log_product - log_p)
        )
        return trace.distortion + tf.reduce_mean(parts, axis=0)


@registered()
class DIP(Objective):
    r"""Adds to the loss how far the covariance of q(z) is from the identity.

    $$\mathcal L = -ELBO + \lambda_{od} \sum_{i \ne j} C_{ij}^2 + \lambda_d \sum_i (C_{ii} - 1)^2$$

    C is the covariance, over the batch, of the posterior's means (kind 1); with the posterior's
    own mean covariance added, it is that of q(z) (kind 2).

    Args:
        off_diagonal: lambda_od.
        diagonal: lambda_d; None for ten times `off_diagonal` in kind 1, and as much in kind 2.
        kind: 1 or 2.
        num_samples: samples of z an example.

    Raises:
        ValueError: if a weight is negative or not finite, or `kind` neither 1 nor 2; at the first
            call, if the latents are not vectors.

    Example:
        >>> import tfvae
        >>> tfvae.objectives.DIP(10.0).diagonal
        100.0

    Reference:
        Kumar, Sattigeri and Balakrishnan 2018, arXiv:1711.00848, equations 6 and 7. The regulariser
        is that of one batch.
    """

    batch_statistics = True

    def __init__(
        self,
        off_diagonal: float = 10.0,
        diagonal: float | None = None,
        kind: int = 1,
        num_samples: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_samples, **kwargs)
        if kind not in (1, 2):
            raise ValueError(f"`kind` must be 1 (means) or 2 (all of q), but is {kind!r}.")
        self.kind = kind
        self.off_diagonal = checked_weight(off_diagonal, "off_diagonal")
        if diagonal is None:
            diagonal = self.off_diagonal * (10.0 if kind == 1 else 1.0)
        self.diagonal = checked_weight(diagonal, "diagonal")

    def loss(self, trace: Trace) -> tf.Tensor:
        q = only_posterior(trace, "The covariance of the aggregated posterior")
        if q.event_shape.rank != 1:
            raise ValueError(
                f"The covariance of q(z) needs latents that are vectors, but theirs is "
                f"{q.event_shape}. Take a posterior such as `tfvae.families.DiagonalNormal(10)`."
            )
        means = q.mean()
        centred = means - tf.reduce_mean(means, axis=0)
        size = tf.cast(tf.shape(means)[0], means.dtype)
        covariance = tf.matmul(centred, centred, transpose_a=True) / size
        if self.kind == 2:
            covariance += tf.reduce_mean(q.covariance(), axis=0)
        variances = tf.linalg.diag_part(covariance)
        squares = tf.reduce_sum(tf.square(covariance)) - tf.reduce_sum(tf.square(variances))
        far = self.off_diagonal * squares
        far += self.diagonal * tf.reduce_sum(tf.square(variances - 1.0))
        return far - trace.elbo


def stratified_log_weights(batch: tf.Tensor, data_size: int, dtype: Any) -> tf.Tensor:
    """Returns the logarithms of weights `[B (i), B (j)]` of q(z_i given x_j) in q(z_i).

    z_i was drawn for example i, one of N; the others in the batch stand for all the rest. The
    weights of a row sum to 1.
    """
    others = tf.cast(batch, dtype) - 1.0
    own = tf.where(others > 0.0, tf.constant(1.0 / data_size, dtype), tf.ones([], dtype))
    rest = tf.math.divide_no_nan(1.0 - own, others)
    diagonal = tf.eye(batch, dtype=dtype)
    return tf.math.log(own * diagonal + rest * (1.0 - diagonal))


def only_posterior(trace: Trace, what: str) -> Any:
    """Returns the posterior.

    Raises:
        ValueError: if there are several, as of a ladder, or none, as of a point.
    """
    posteriors = trace.inference.posteriors
    if len(posteriors) != 1:
        raise ValueError(
            f"{what} is that of one latent variable with a density, but the model has "
            f"{len(posteriors)}: take `posterior=tfvae.families.DiagonalNormal(...)` instead of "
            "`latents`, or another objective."
        )
    return posteriors[0]


def independent(q: Any) -> Any:
    """Returns a posterior.

    Raises:
        ValueError: if it is not a diagonal Gaussian.
    """
    if not isinstance(q, tfp.distributions.MultivariateNormalDiag):
        raise ValueError(
            "The total correlation needs a posterior with independent coordinates: build the "
            "model with `posterior=tfvae.families.DiagonalNormal(...)`."
        )
    return q


def _normal_log_prob(z: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    squares = tf.square((z - loc) / scale)
    return -0.5 * squares - tf.math.log(scale) - 0.5 * math.log(2.0 * math.pi)
