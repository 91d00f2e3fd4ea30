"""The level of the ladder VAE: what comes from below and from above, weighed by precision."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.families.family import Parameters
from tfvae.families.gaussian import DiagonalNormal
from tfvae.latents.level import Level, Shape, run_through, shape_through
from tfvae.part import registered


@registered()
class PrecisionWeighted(Level):
    r"""A level whose posterior is the product of its prior and of a Gaussian from the encoder.

    $$\frac1{scale_q^2} = \frac1{\hat s^2} + \frac1{scale_p^2},\quad
    loc_q = scale_q^2 \left(\frac{\hat m}{\hat s^2} + \frac{loc_p}{scale_p^2}\right)$$

    with m and s made of this level's features alone. Each level depends on the one above alone:
    what it hands down is its z, and the decoder reads the lowest.

    Args:
        family: `tfvae.families.DiagonalNormal` or `NormalMap`.
        down: a Keras layer from the z above to the features of p(z given the z above); the
            identity if left out; not at the top.
        posterior: a Keras layer from the encoder's features to those of m and s.

    Raises:
        ValueError: as `tfvae.latents.Level`; if the family is no diagonal Gaussian.

    Example:
        >>> import tfvae
        >>> level = tfvae.latents.PrecisionWeighted(
        ...     tfvae.families.DiagonalNormal(4), down=tfvae.decoders.MLP((16,))
        ... )
        >>> level.family.latent_size
        4

    Reference:
        Sonderby et al. 2016, arXiv:1602.02282, section 2.2.
    """

    def __init__(
        self,
        family: DiagonalNormal,
        down: keras.Layer | None = None,
        posterior: keras.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(family, DiagonalNormal):
            raise ValueError(
                "Precisions are weighed coordinate by coordinate: `family` must be "
                f"`tfvae.families.DiagonalNormal(...)`, but is {family!r}."
            )
        super().__init__(family, down, posterior=posterior, **kwargs)

    def _build_posterior(self, path: Shape, features: Shape) -> None:
        self.family.build_once(shape_through(self.posterior, "posterior", features))

    def _state_shape(self, path: Shape) -> Shape:
        return (None, *self.z_shape)

    def call(self, features: tf.Tensor, training: bool = False) -> Parameters:
        return self.family(run_through(self.posterior, features, training))

    def posterior_parameters(
        self, path: tf.Tensor, prior: Parameters, own: Parameters, training: bool = False
    ) -> Parameters:
        # The share of the encoder's precision, of quotients that neither overflow nor cancel.
        share = tf.square(prior["scale"])
        share /= share + tf.square(own["scale"])
        return {
            "loc": prior["loc"] + share * (own["loc"] - prior["loc"]),
            "scale": own["scale"] * tf.sqrt(share),
        }

    def state(
        self, z: tf.Tensor, path: tf.Tensor | None = None, training: bool = False
    ) -> tf.Tensor:
        return super().state(z, None, training)
