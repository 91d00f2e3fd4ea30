"""A prior that a flow makes of a standard normal."""

from typing import Any

import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.gaussian import standard_normal_log_prob
from tfvae.flows import Flow
from tfvae.part import registered
from tfvae.priors.prior import Prior


@registered("FlowedPrior")
class Flowed(Prior):
    r"""What a flow f makes of a standard normal.

    $$p(z) = \mathcal N(f^{-1}(z); 0, I)
    \left|\det \frac{\partial f^{-1}}{\partial z}\right|$$

    `tfvae.flows.RealNVP` is as fast in density, which training needs, as in sampling;
    `tfvae.flows.MaskedAutoregressive` takes a step a coordinate to sample.
    `temperature` multiplies the noise before the flow. The mean and the mode of `distribution()`
    are both f(0), the point that stands for it.

    Args:
        flow: a `tfvae.flows.Flow` that needs no context.

    Raises:
        ValueError: if `flow` is something else.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> prior = tfvae.priors.Flowed(tfvae.flows.RealNVP(num_layers=2, hidden=(8,)))
        >>> prior(tf.zeros([1, 2])).numpy().round(4)
        array([-1.8379], dtype=float32)

    Reference:
        Dinh, Sohl-Dickstein and Bengio 2017, arXiv:1605.08803, equation 2; Chen et al. 2017,
        arXiv:1611.02731, section 3.2, for a flow as the prior of a VAE.
    """

    def __init__(self, flow: Flow, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(flow, Flow) or flow.conditional:
            raise ValueError(
                "`flow` must be a flow without a context, such as `tfvae.flows.RealNVP(4)`, since "
                f"a prior has no features to make one of, but is {flow!r}."
            )
        self.flow = flow

    def build(self, latent_shape: tuple[Any, ...]) -> None:
        super().build(latent_shape)
        self.flow.build_once(latent_shape)

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        u, log_det = self.flow.inverse(z)
        return standard_normal_log_prob(u) + log_det

    def distribution(self) -> Any:
        from tfvae.flows.distribution import FlowedDistribution

        zeros = tf.zeros(self.event_shape, self.density_dtype)
        base = tfp.distributions.MultivariateNormalDiag(zeros, tf.ones_like(zeros))
        return FlowedDistribution(base, self.flow.forward, self.flow.inverse)

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        if component is not None:
            raise ValueError(
                "`component` was given, but a flow has no components: leave it out, or take "
                "`tfvae.priors.MixtureOfGaussians`."
            )
        return self.flow.forward(temperature * noise["z"])[0]
