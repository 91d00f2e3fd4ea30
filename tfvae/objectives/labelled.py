"""What labels add to an objective: the classification of the examples that have one."""

from typing import Any

import tensorflow as tf

from tfvae.objectives.elbo import ELBO
from tfvae.objectives.gradients import Gate
from tfvae.objectives.objective import Objective, checked_weight
from tfvae.part import registered
from tfvae.trace import Trace


@registered()
class Labelled(Objective):
    r"""Adds the cross-entropy of q(y|x) on labelled examples to another objective.

    $$\mathcal J = \mathcal L(x) - \alpha \log q(y|x)$$

    Args:
        weight: alpha. The paper takes a tenth of the number of examples, labelled or not, over
            the number that are labelled.
        objective: what is minimised beside it; `ELBO()` if left out.

    Raises:
        ValueError: if `weight` is negative or not finite, or `objective` none.

    Example:
        >>> import tfvae
        >>> tfvae.objectives.Labelled(50.0).weight
        50.0

    Reference:
        Kingma, Rezende, Mohamed and Welling 2014, arXiv:1406.5298, equation 9. Their weight is
        that of an average over labelled examples; ours that of each of them.
    """

    def __init__(
        self, weight: float = 1.0, objective: Objective | None = None, **kwargs: Any
    ) -> None:
        objective = ELBO() if objective is None else objective
        if not isinstance(objective, Objective):
            raise ValueError(f"`objective` must be an objective of tfvae, but is {objective!r}.")
        super().__init__(objective.num_samples, **kwargs)
        self.weight = checked_weight(weight, "weight")
        self.objective = objective
        self.batch_statistics = objective.batch_statistics
        self.draws_from_prior = objective.draws_from_prior

    def gate(self) -> Gate | None:
        return self.objective.gate()

    def loss(self, trace: Trace) -> tf.Tensor:
        loss = self.objective.loss(trace)
        log_q_label = trace.inference.log_q_label
        return loss if log_q_label is None else loss - self.weight * log_q_label
