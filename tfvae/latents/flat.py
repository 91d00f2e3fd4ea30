"""One latent variable: a posterior, and a prior over the same event."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tfvae.families.family import Family, Parameters
from tfvae.latents.latents import Latents
from tfvae.latents.paths import great_circle, straight
from tfvae.objectives.gradients import Gate, Gradient
from tfvae.part import registered
from tfvae.posteriors import Amortised, Posterior
from tfvae.priors import Prior, StandardNormal
from tfvae.priors.encoding import Encoding
from tfvae.random import Noise
from tfvae.side import Side
from tfvae.trace import Inference


@registered()
class Flat(Latents):
    """z with prior p(z) and posterior q(z given x).

    `VAE(posterior=..., prior=...)` means this one.

    Args:
        posterior: a `Posterior`, or a family, meaning `Amortised(family)`.
        prior: a `Prior`; None for `StandardNormal()`.

    Raises:
        ValueError: if one of the two is something else, or they are not over the same kind of z.

    Example:
        >>> import tfvae
        >>> tfvae.latents.Flat(tfvae.families.DiagonalNormal(2)).event_shape
        (2,)
    """

    def __init__(
        self, posterior: Posterior | Family, prior: Prior | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(posterior, Posterior | Family):
            raise ValueError(
                "`posterior` must be a family such as `tfvae.families.DiagonalNormal(32)` or a "
                f"`tfvae.posteriors.Posterior`, but is {posterior!r}."
            )
        if prior is not None and not isinstance(prior, Prior):
            raise ValueError(
                "`prior` must be a prior such as `tfvae.priors.MixtureOfGaussians(10)`, or "
                f"`tfvae.priors.Custom` around a distribution of your own, but is {prior!r}."
            )
        self.posterior = Amortised(posterior) if isinstance(posterior, Family) else posterior
        self.prior = StandardNormal() if prior is None else prior
        self.event_shape = self.posterior.event_shape
        self.has_density = self.posterior.has_density
        if self.prior.support not in (None, self.posterior.support):
            raise ValueError(
                f"The prior, {type(self.prior).__name__}, is over the {self.prior.support}, but "
                f"the posterior over the {self.posterior.support}. On the unit sphere, "
                "`tfvae.priors.UniformSphere()` goes with `tfvae.families.VonMisesFisher` or "
                "`PowerSpherical`; over one-hot codes, `UniformCategorical()` with "
                "`StraightThroughCategorical`; over the simplex, `UniformRelaxedCategorical()` "
                "with `RelaxedCategorical`; over vectors, any other prior."
            )

    def attach(
        self,
        event_shape: tuple[int, ...],
        infer_parameters: Callable[..., Parameters] | None,
        prior: Prior | None = None,
    ) -> None:
        (self.prior if prior is None else prior).attach(
            None
            if infer_parameters is None
            else Encoding(event_shape, infer_parameters, self.posterior)
        )

    @property
    def is_euclidean(self) -> bool:
        return self.posterior.support == "vectors"

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        self.posterior.build_once(features_shape)
        self.prior.build_once((None, *self.event_shape))
        self.built = True

    def call(self, features: tf.Tensor) -> Parameters:
        return self.posterior(features)

    def project(self, features: tf.Tensor, side: Side) -> Parameters:
        return self.posterior.project(features)

    def parameters(self, projected: Parameters) -> Parameters:
        return self.posterior.parameters(projected)

    def noise(self) -> dict[str, Noise]:
        return self.posterior.noise()

    def infer(
        self,
        parameters: Parameters,
        noise: dict[str, tf.Tensor],
        gate: Gate | None = None,
        training: bool = False,
    ) -> Inference:
        z, log_q, log_w = self.posterior.strata(parameters, noise)
        if not self.has_density:
            return Inference(z, log_q=(), log_p=(), posteriors=(), priors=())
        if gate is not None:
            z = gate(z)
            log_q = self._gated_log_q(parameters, z, log_w, gate)
        prior = self.prior.evaluated()
        return Inference(
            z=z,
            log_q=(log_q,),
            log_p=(prior.log_prob(z),),
            posteriors=(self.posterior.distribution(parameters),),
            priors=(prior.distribution(),),
            log_w=log_w,
            gate=gate,
        )

    def _gated_log_q(
        self, parameters: Parameters, z: tf.Tensor, log_w: tf.Tensor | None, gate: Gate
    ) -> tf.Tensor:
        through_z = self.posterior.detached_log_prob(parameters, z)
        fixed = tf.stop_gradient(z)
        if gate.direct:
            direct = gate(self.posterior.log_prob(parameters, fixed))
        elif gate.gradient is Gradient.DOUBLY_REPARAMETRISED and log_w is not None:
            # What it reparametrises again is the density that a sample was drawn from, which is
            # that of its stratum: the gradient of what q has beyond it stays as it is.
            direct = self.posterior.log_prob(parameters, fixed)
            direct -= self.posterior.log_prob_of_strata(parameters, fixed)
        else:
            return through_z
        return through_z + direct - tf.stop_gradient(direct)

    def draw(self, parameters: Parameters, noise: dict[str, tf.Tensor]) -> tf.Tensor:
        return self.posterior.sample(parameters, noise)[0]

    def point(self, parameters: Parameters) -> tf.Tensor:
        return self.posterior.point(parameters)

    def between(self, begin: tf.Tensor, end: tf.Tensor, fraction: tf.Tensor) -> tf.Tensor:
        path = great_circle if self.posterior.support == "unit sphere" else straight
        return path(begin, end, fraction)

    def distribution(self, parameters: Parameters) -> Any:
        return self.posterior.distribution(parameters)

    def log_prob(self, parameters: Parameters, z: tf.Tensor) -> tf.Tensor:
        return self.posterior.log_prob(parameters, z)
