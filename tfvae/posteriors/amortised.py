"""The usual posterior: a family whose parameters the encoder predicts."""

from typing import Any

import tensorflow as tf

from tfvae.families.family import Family, Parameters
from tfvae.part import registered
from tfvae.posteriors.posterior import Posterior
from tfvae.random import Noise


@registered()
class Amortised(Posterior):
    """A family with a reparametrised sample, its parameters projected from the features.

    `VAE(posterior=family)` means this one.

    Args:
        family: a family that states its `noise` and has `reparametrise`.

    Raises:
        ValueError: if the family has no reparametrised sample.

    Example:
        >>> import tfvae
        >>> tfvae.posteriors.Amortised(tfvae.families.DiagonalNormal(2)).event_shape
        (2,)

    Reference:
        Kingma and Welling 2013, arXiv:1312.6114, section 2.4.
    """

    def __init__(self, family: Family, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not hasattr(family, "reparametrise"):
            raise ValueError(
                f"The posterior must be a family with a reparametrised sample, such as "
                f"`tfvae.families.DiagonalNormal(32)`, but is {family!r}."
            )
        self.family = family
        self.event_shape = family.event_shape
        self.has_density = family.has_density
        self.support = family.support

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        self.family.build_once(features_shape)
        self.built = True

    def project(self, features: tf.Tensor) -> Parameters:
        return self.family.project(features)

    def parameters(self, projected: Parameters) -> Parameters:
        return self.family.parameters(projected)

    def noise(self) -> dict[str, Noise]:
        return self.family.noise()

    def sample(
        self, parameters: Parameters, noise: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        z, log_q = self.family.reparametrise(parameters, noise)
        # Without noise there is one sample, and no axis that says so.
        return (z, log_q) if self.noise() else (z[None], log_q[None])

    def distribution(self, parameters: Parameters) -> Any:
        return self.family.distribution(parameters)

    def point(self, parameters: Parameters) -> tf.Tensor:
        return self.family.point(parameters)
