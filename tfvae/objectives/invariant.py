"""Components that do not change as an image is moved: the information that two views share."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.objectives.elbo import ELBO
from tfvae.objectives.gradients import Gate
from tfvae.objectives.objective import Objective, at_step, checked_weight
from tfvae.part import registered
from tfvae.random import Noise
from tfvae.trace import Trace

# Of a pair of components, under which its probability does not matter: 0 log 0 is 0.
SMALLEST = 1e-10


@registered()
class InvariantInformation(Objective):
    r"""Adds the mutual information of the components of two random views to another objective.

    $$\mathcal J = \mathcal L(x) - \lambda\, I(k; k'),\qquad
    P(k, k') = E_x\, p(k|\tilde x)\, p(k'|\tilde x')$$

    A view $\tilde x$ is x as `change`, or else a random layer of the encoder, changes it in
    training; $p(k|\tilde x)$ is what `vae.responsibilities` gives. The expectation is over the
    batch, P made symmetric. The information is largest, log K, where both views have the same
    component for sure and all components are equally frequent. With neither, both views are the
    same, and components are pushed apart alone.

    With `change` the bound stays that of the examples as they are, and only components do not
    change with a view; with a random layer in the encoder, as `tfvae.models.DenoisingVAE` has,
    all latents learn not to.

    Args:
        weight: lambda: a number of at least 0, or a Keras schedule of the training step.
        objective: what is minimised beside it; `ELBO()` if left out.
        change: a Keras layer that changes examples at random in training, such as
            `tfvae.encoders.RandomAffine`: both views then pass it.

    Raises:
        ValueError: if `weight` is negative or not finite, `objective` none, or `change` no layer;
            at the first call, if the model has no components.

    Example:
        >>> import tfvae
        >>> tfvae.objectives.InvariantInformation(200.0).weight
        200.0

    Reference:
        Ji, Henriques and Vedaldi 2019, arXiv:1807.06653, equations 2 and 3, whose classifier is a
        network of its own; here it is the model's prior, and the bound is kept beside it.
    """

    batch_statistics = True

    def __init__(
        self,
        weight: float | keras.optimizers.schedules.LearningRateSchedule = 1.0,
        objective: Objective | None = None,
        change: keras.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        objective = ELBO() if objective is None else objective
        if not isinstance(objective, Objective):
            raise ValueError(f"`objective` must be an objective of tfvae, but is {objective!r}.")
        if not isinstance(change, keras.Layer | None):
            raise ValueError(
                "`change` must be a Keras layer that changes examples at random, such as "
                f"`tfvae.encoders.RandomAffine(shift=2.0)`, but is {change!r}."
            )
        super().__init__(objective.num_samples, **kwargs)
        self.weight = weight if callable(weight) else checked_weight(weight, "weight")
        self.objective, self.change = objective, change
        self.draws_from_prior = objective.draws_from_prior

    def gate(self) -> Gate | None:
        return self.objective.gate()

    def noise(self, event_shape: tuple[int, ...]) -> dict[str, Noise]:
        return self.objective.noise(event_shape)

    def loss(self, trace: Trace) -> tf.Tensor:
        if trace.views is None:
            raise ValueError(
                "`InvariantInformation` is of a model's components, but this model has none: take "
                "a prior that is a mixture, such as `tfvae.priors.MixtureOfGaussians(10)`."
            )
        first, second = trace.views(self.change)
        joint = trace.average(first[:, :, None] * second[:, None, :])
        loss = self.objective.loss(trace)
        return loss - tf.cast(at_step(self.weight, trace) * shared_information(joint), loss.dtype)


def shared_information(joint: tf.Tensor) -> tf.Tensor:
    """Returns I(k; k') in nats of a joint distribution `[K, K]`, which is made symmetric first."""
    joint = 0.5 * (joint + tf.transpose(joint))
    single = tf.reduce_sum(joint, axis=0)
    independent = tf.maximum(single[:, None] * single, SMALLEST**2)
    return tf.reduce_sum(joint * tf.math.log(tf.maximum(joint, SMALLEST) / independent))
