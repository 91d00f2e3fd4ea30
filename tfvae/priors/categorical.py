"""Uniform priors over one-hot codes, and over their relaxation."""

from typing import Any

import tensorflow as tf

from tfvae import probability as tfp
from tfvae.gumbel import checked_temperature, gumbel, relaxed, relaxed_log_prob
from tfvae.part import registered
from tfvae.priors.prior import Prior
from tfvae.random import Noise


class _Uniform(Prior):
    """What the two share: an event of variables by classes, all classes alike."""

    def build(self, latent_shape: tuple[Any, ...]) -> None:
        super().build(latent_shape)
        if len(self.event_shape) != 2:
            raise ValueError(
                f"{type(self).__name__} is over codes of shape [variables, classes], but the "
                f"latents have shape {self.event_shape}. Take a categorical posterior, such as "
                "`tfvae.posteriors.RelaxedCategorical(20, num_classes=10)`."
            )

    def _logits(self) -> tf.Tensor:
        return tf.zeros(self.event_shape, self.density_dtype)

    def _refuse(self, component: tf.Tensor | None) -> None:
        if component is not None:
            raise ValueError(
                f"`component` was given, but {type(self).__name__} has no components: leave it "
                "out, or take `tfvae.priors.MixtureOfGaussians`."
            )


@registered()
class UniformCategorical(_Uniform):
    r"""One-hot codes, each class as likely: $p(z) = C^{-L}$.

    A draw is not around a location: `temperature` changes nothing.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> prior = tfvae.priors.UniformCategorical()
        >>> prior.build((None, 2, 10))
        >>> prior(tf.one_hot([[3, 7]], 10)).numpy().round(3)
        array([-4.605], dtype=float32)

    Reference:
        Jang, Gu and Poole 2017, arXiv:1611.01144, section 4.2. Their prior is learned.
    """

    support = "one-hot codes"

    def distribution(self) -> Any:
        each = tfp.distributions.OneHotCategorical(logits=self._logits(), dtype=self.density_dtype)
        return tfp.distributions.Independent(each, 1)

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        each = tf.nn.log_softmax(self._logits())
        return tf.reduce_sum(z * each, axis=(-2, -1))

    def noise(self) -> dict[str, Noise]:
        return {"z": Noise("uniform", self.event_shape[:1])}

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        self._refuse(component)
        classes = self.event_shape[1]
        # In float32 the product may round up to the number of classes.
        index = tf.minimum(tf.cast(noise["z"] * classes, tf.int32), classes - 1)
        return tf.one_hot(index, classes, dtype=self.density_dtype)


@registered()
class UniformRelaxedCategorical(_Uniform):
    r"""Relaxed one-hot codes without a favourite: $z = \mathrm{softmax}(g / \tau)$ by variable.

    The density of `tfvae.posteriors.RelaxedCategorical`, with equal logits.

    Args:
        temperature: tau, above 0; it need not be the posterior's.

    Raises:
        ValueError: if `temperature` is not a number above 0.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> prior = tfvae.priors.UniformRelaxedCategorical(1.0)
        >>> prior.build((None, 1, 3))
        >>> prior(tf.fill([1, 1, 3], 1 / 3)).numpy().round(3)
        array([0.693], dtype=float32)

    Reference:
        Maddison, Mnih and Teh 2017, arXiv:1611.00712, equations 10 and 11, and appendix C.2.
    """

    support = "simplex"

    def __init__(self, temperature: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.temperature = checked_temperature(temperature)

    def distribution(self) -> Any:
        temperature = tf.constant(self.temperature, self.density_dtype)
        each = tfp.distributions.RelaxedOneHotCategorical(temperature, logits=self._logits())
        return tfp.distributions.Independent(each, 1)

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        temperature = tf.constant(self.temperature, self.density_dtype)
        return tf.reduce_sum(relaxed_log_prob(self._logits(), temperature, z), axis=-1)

    def noise(self) -> dict[str, Noise]:
        return {"z": Noise("uniform", self.event_shape)}

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        self._refuse(component)
        return relaxed(temperature * gumbel(noise["z"]), self.temperature)
