"""The variational Renyi bound."""

import math
from typing import Any

import tensorflow as tf

from tfvae.objectives.importance import importance_bound
from tfvae.objectives.objective import Objective
from tfvae.part import registered
from tfvae.trace import Trace


@registered()
class Renyi(Objective):
    r"""Maximises the variational Renyi bound of order alpha, estimated from k samples.

    $$\mathcal L_\alpha = \frac{1}{1 - \alpha} \log E_{q(z|x)}
    \left(\frac{p(x, z)}{q(z|x)}\right)^{1 - \alpha}$$

    It falls as alpha grows: at 0 it is log p(x), whose estimate is the importance-weighted bound;
    at 1 it is the ELBO, its rate sampled; below 0 it lies above log p(x).

    Args:
        alpha: the order, a finite number.
        num_samples: k.

    Raises:
        ValueError: if `alpha` is not finite, or `num_samples` not a whole number above zero.

    Example:
        >>> import tfvae
        >>> tfvae.objectives.Renyi(0.5, num_samples=50).get_config()["alpha"]
        0.5

    Reference:
        Li and Turner 2016, arXiv:1602.02311, section 3, and section 4 for the estimate. The
        gradient is that of the estimate, as in their VR-alpha; their VR-max, the limit of minus
        infinity, is left out.
    """

    def __init__(self, alpha: float = 0.5, num_samples: int = 5, **kwargs: Any) -> None:
        super().__init__(num_samples, **kwargs)
        if isinstance(alpha, str | bool) or not math.isfinite(alpha):
            raise ValueError(f"`alpha` must be a finite number, but is {alpha!r}.")
        self.alpha = float(alpha)

    def loss(self, trace: Trace) -> tf.Tensor:
        if self.alpha == 1.0:
            return -trace.expectation(trace.log_ratio)
        return -importance_bound(trace, power=1.0 - self.alpha)
