"""A class that is inferred from z: it is as probable as the mixture's component makes it."""

import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.family import Family, Parameters
from tfvae.latents.clustered import shares_of_classes
from tfvae.latents.flat import Flat
from tfvae.objectives.gradients import Gate
from tfvae.part import registered
from tfvae.posteriors import Posterior
from tfvae.priors import MixtureOfGaussians
from tfvae.trace import Inference


@registered()
class Responsible(Flat):
    r"""A class y beside z, whose posterior is the responsibility of the mixture's component.

    $$\log p(x) \ge E_{q(z|x)} \Big[\log p(x|z) - \sum_y q(y|x) \log
    \frac{q(z|x)\, q(y|x)}{p(z|y)\, p(y)}\Big],\qquad q(y|x) = E_{q(z|x)}\, p(y|z)$$

    `Flat` with the same mixture has a tighter bound, in which y may depend on z; in this one the
    divergence from each component is in closed form.

    Args:
        posterior: q(z|x), a posterior or a family.
        prior: a mixture of Gaussians.

    Raises:
        ValueError: if `prior` is something else.

    Example:
        >>> import tfvae
        >>> tfvae.latents.Responsible(
        ...     tfvae.families.DiagonalNormal(2), tfvae.priors.MixtureOfGaussians(3)
        ... ).num_components
        3

    Reference:
        Jiang et al. 2017, Variational deep embedding, arXiv:1611.05148, equations 9, 12 and 16.
    """

    def __init__(
        self, posterior: Posterior | Family, prior: MixtureOfGaussians, **kwargs: object
    ) -> None:
        if not isinstance(prior, MixtureOfGaussians):
            raise ValueError(
                "`prior` must be a `tfvae.priors.MixtureOfGaussians`, whose components are the "
                f"classes, but is {prior!r}."
            )
        super().__init__(posterior, prior, **kwargs)

    def infer(
        self,
        parameters: Parameters,
        noise: dict[str, tf.Tensor],
        gate: Gate | None = None,
        training: bool = False,
    ) -> Inference:
        inference = super().infer(parameters, noise, gate, training)
        z = inference.z
        # [B, K]: the mean over samples is q(y|x), whose logarithm is finite since each is.
        log_shares = tf.nn.log_softmax(self.prior.component_log_prob(z), axis=-1)
        samples = tf.cast(tf.shape(z)[1], z.dtype)
        log_class = tf.reduce_logsumexp(log_shares[0], axis=0) - tf.math.log(samples)
        by_class = tf.transpose(log_class)[:, None]
        weights, components = self.prior.log_weights(), self.prior.made_components()
        categorical = tfp.distributions.Categorical
        of_z = {name: value[None, None] for name, value in parameters.items()}
        return Inference(
            z=z,
            log_q=(by_class, inference.log_q[0]),
            log_p=(weights[:, None, None], components.log_prob_each(z)),
            posteriors=(categorical(logits=log_class), self.posterior.distribution(of_z)),
            priors=(
                categorical(logits=weights),
                components.distribution()[:, tf.newaxis, tf.newaxis],
            ),
            log_w=by_class,
            gate=gate,
        )

    def usage(self, inference: Inference) -> tf.Tensor:
        return shares_of_classes(inference)
