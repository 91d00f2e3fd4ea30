"""The uniform prior on the unit sphere."""

from typing import Any

import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.polar import log_area
from tfvae.part import registered
from tfvae.priors.prior import Prior


@registered()
class UniformSphere(Prior):
    r"""The same density everywhere on the unit sphere in d dimensions, with nothing to learn.

    $$p(z) = \frac{\Gamma(d/2)}{2\, \pi^{d/2}}, \qquad |z| = 1$$

    It goes with posteriors on the sphere: `tfvae.families.VonMisesFisher` and `PowerSpherical`.
    `temperature` has nothing to scale in it.

    Raises:
        ValueError: in building, if the latents are no vectors of at least two dimensions.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> tfvae.priors.UniformSphere()(tf.constant([[0.0, 0.0, 1.0]])).numpy().round(4)
        array([-2.531], dtype=float32)

    Reference:
        Davidson et al. 2018, arXiv:1804.00891, section 3.2.
    """

    support = "unit sphere"

    def build(self, latent_shape: tuple[Any, ...]) -> None:
        super().build(latent_shape)
        if len(self.event_shape) != 1 or self.event_shape[0] < 2:
            raise ValueError(
                "The unit sphere is one of vectors of at least 2 dimensions, but the latents have "
                f"shape {self.event_shape}."
            )

    def distribution(self) -> Any:
        return tfp.distributions.SphericalUniform(
            self.event_shape[0], dtype=tf.as_dtype(self.density_dtype)
        )

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        return tf.zeros_like(z[..., 0]) - log_area(self.event_shape[0])

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        if component is not None:
            raise ValueError(
                "`component` was given, but the uniform prior has no components: leave it out."
            )
        square = tf.reduce_sum(tf.square(noise["z"]), axis=-1, keepdims=True)
        return noise["z"] * tf.math.rsqrt(tf.maximum(square, 1e-24))
