"""The standard normal prior."""

from typing import Any

import tensorflow as tf

from tfvae import probability as tfp
from tfvae.part import registered
from tfvae.priors.prior import Prior


@registered()
class StandardNormal(Prior):
    r"""$p(z) = \mathcal N(z; 0, I)$, with nothing to learn.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> tfvae.priors.StandardNormal()(tf.zeros([1, 2])).numpy().round(4)
        array([-1.8379], dtype=float32)

    Reference:
        Kingma and Welling 2013, arXiv:1312.6114, section 3.
    """

    def distribution(self) -> Any:
        zeros = tf.zeros(self.event_shape, self.density_dtype)
        # The spelling for which a closed-form divergence from every Gaussian is registered.
        return tfp.distributions.MultivariateNormalDiag(zeros, tf.ones_like(zeros))

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        return self.distribution().log_prob(z)

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        if component is not None:
            raise ValueError(
                "`component` was given, but a standard normal prior has no components: leave it "
                "out, or take `tfvae.priors.MixtureOfGaussians`."
            )
        return temperature * noise["z"]
