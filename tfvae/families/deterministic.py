"""A point in place of a distribution: the posterior of autoencoders that are not variational."""

from typing import Any

import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.family import Family, Parameters, Projection
from tfvae.part import positive_integer, registered
from tfvae.random import Noise


@registered()
class Deterministic(Family):
    r"""A single point, without noise and without a density.

    $$z = loc(x)$$

    As a posterior it leaves the model without a bound on p(x). By convention its rate is 0, so
    that `elbo` is minus the distortion; `log_likelihood` is an error. The prior has no part in
    training, unless the objective draws from it (`tfvae.objectives.MMD`): what `sample` draws is
    far from what the decoder knows, until `fit_sampler` has been called.

    Args:
        latent_size: number of coordinates, at least 1.

    Raises:
        ValueError: if `latent_size` is not a whole number above zero.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> family = tfvae.families.Deterministic(2)
        >>> sorted(family(tf.zeros([3, 8]))), family.noise()
        (['loc'], {})

    Reference:
        Ghosh et al. 2020, arXiv:1903.12436, section 3.
    """

    has_density = False

    def __init__(self, latent_size: int, **kwargs: Any) -> None:
        super().__init__((positive_integer(latent_size, "latent_size"),), **kwargs)
        self.latent_size = self.event_shape[0]

    def heads(self) -> dict[str, Projection]:
        return {"loc": Projection(self.event_shape, name="loc")}

    def noise(self) -> dict[str, Noise]:
        """States that it needs none."""
        return {}

    def reparametrise(
        self, parameters: Parameters, noise: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns z = loc, `[..., D]`, and zeros `[...]` in place of a log-density."""
        z = parameters["loc"]
        return z, tf.zeros_like(z[..., 0])

    def distribution(self, parameters: Parameters) -> Any:
        return tfp.distributions.VectorDeterministic(parameters["loc"])

    def mean(self, parameters: Parameters) -> tf.Tensor:
        return parameters["loc"]
