"""A posterior that a flow makes of a family."""

from functools import partial
from typing import Any

import tensorflow as tf

from tfvae.families.family import Family, Parameters
from tfvae.flows import Flow
from tfvae.part import registered
from tfvae.posteriors.amortised import Amortised

PREFIX = "flow_"


@registered("FlowedPosterior")
class Flowed(Amortised):
    r"""What a flow f makes of a family's samples.

    $$z = f(u; x),\quad u \sim q_0(u|x),\qquad
    \log q(z|x) = \log q_0(u|x) - \log \left|\det \frac{\partial f}{\partial u}\right|$$

    A sample and its density cost one way forward through the flow. The density of any other z
    costs the inverse, where there is one; gradients that stick the landing or are doubly
    reparametrised, and PIWAE, need it.

    Neither the mean nor the mode of such a posterior has a closed form: its `point`, and the mean
    and the mode of `distribution(parameters)`, are the image f of the family's own.

    Args:
        family: a family of vectors that states its `noise` and has `reparametrise`.
        flow: a `tfvae.flows.Flow`; what context it takes is projected from the features.

    Raises:
        ValueError: if the family has no reparametrised sample, or `flow` is something else; when
            it is built, if the two do not fit.

    Example:
        >>> import tfvae
        >>> posterior = tfvae.posteriors.Flowed(
        ...     tfvae.families.DiagonalNormal(8),
        ...     tfvae.flows.InverseAutoregressive(num_layers=2, context_size=32),
        ... )
        >>> posterior.event_shape
        (8,)

    Reference:
        Rezende and Mohamed 2015, arXiv:1505.05770, equations 7 and 15; Kingma et al. 2016,
        arXiv:1606.04934, section 2.2.
    """

    def __init__(self, family: Family, flow: Flow, **kwargs: Any) -> None:
        super().__init__(family, **kwargs)
        if not isinstance(flow, Flow):
            raise ValueError(
                "`flow` must be a flow such as `tfvae.flows.InverseAutoregressive(2)`, but is "
                f"{flow!r}."
            )
        self.flow = flow

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        super().build(features_shape)
        self.flow.build_once((None, *self.event_shape))
        self.heads = self.flow.context_heads()
        for head in self.heads.values():
            head.build(features_shape)

    def project(self, features: tf.Tensor) -> Parameters:
        context = {PREFIX + name: head(features) for name, head in self.heads.items()}
        return {**super().project(features), **context}

    def parameters(self, projected: Parameters) -> Parameters:
        context = {PREFIX + name: projected[PREFIX + name] for name in self.heads}
        return {**super().parameters(projected), **context}

    def _context(self, parameters: Parameters) -> Parameters:
        return {name: parameters[PREFIX + name] for name in self.heads}

    def sample(
        self, parameters: Parameters, noise: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        u, log_q = super().sample(parameters, noise)
        z, log_det = self.flow.forward(u, self._context(parameters))
        return z, log_q - log_det

    def distribution(self, parameters: Parameters) -> Any:
        from tfvae.flows.distribution import FlowedDistribution

        context = self._context(parameters)
        return FlowedDistribution(
            super().distribution(parameters),
            partial(self.flow.forward, context=context),
            partial(self.flow.inverse, context=context),
        )

    def point(self, parameters: Parameters) -> tf.Tensor:
        return self.flow.forward(super().point(parameters), self._context(parameters))[0]
