"""Posteriors over classes: relaxed one-hot codes, and hard ones with a relaxed gradient."""

from typing import Any

import keras
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.family import Parameters, Projection
from tfvae.gumbel import (
    checked_temperature,
    gumbel,
    one_hot_argmax,
    relaxed,
    relaxed_log_prob,
)
from tfvae.part import positive_integer, registered
from tfvae.posteriors.posterior import Posterior
from tfvae.random import Noise


class _Categorical(Posterior):
    """What the two share: logits of several variables, Gumbel noise, and a temperature."""

    def __init__(
        self, latent_size: int, num_classes: int, temperature: float = 0.5, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.latent_size = positive_integer(latent_size, "latent_size")
        self.num_classes = positive_integer(num_classes, "num_classes")
        if self.num_classes < 2:
            raise ValueError("`num_classes` must be at least 2: one class has nothing to say.")
        self.event_shape = (self.latent_size, self.num_classes)
        self.initial_temperature = checked_temperature(temperature)

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        self.projection = Projection(self.event_shape, name="logits")
        self.projection.build(features_shape)
        self.temperature = self.add_weight(
            name="temperature",
            shape=(),
            initializer=keras.initializers.Constant(self.initial_temperature),
            trainable=False,
            dtype=self.density_dtype,
            autocast=False,
        )
        self.built = True

    def project(self, features: tf.Tensor) -> Parameters:
        return {"logits": self.projection(features)}

    def parameters(self, projected: Parameters) -> Parameters:
        """Turns the head's output into log-probabilities `[N, L, C]`."""
        return {"logits": tf.nn.log_softmax(projected["logits"])}

    def noise(self) -> dict[str, Noise]:
        return {"z": Noise("uniform", self.event_shape)}

    def point(self, parameters: Parameters) -> tf.Tensor:
        return one_hot_argmax(parameters["logits"])

    def _temperature(self) -> tf.Tensor:
        return tf.convert_to_tensor(self.temperature)


@registered()
class RelaxedCategorical(_Categorical):
    r"""Several categorical variables, relaxed to the simplex: the Gumbel-softmax, or Concrete.

    $$z = \mathrm{softmax}((\log \pi(x) + g) / \tau),\qquad g_i = -\log(-\log u_i)$$

    z has gradients, and as tau falls it becomes a one-hot code of probabilities pi. Its density is
    that of z on the simplex, so with a relaxed prior, `priors.UniformRelaxedCategorical`, the ELBO
    is a bound on the evidence of the relaxed model. (Many programs take the divergence of the
    discrete distributions instead; that sum is no bound, of neither model. For discrete codes with
    their own exact rate take `StraightThroughCategorical`.)

    The event is `[latent_size, num_classes]`; `tfvae.decoders.MLP` flattens it. `point` and
    `mode()` are the one-hot code of the likeliest class. Shares below 1e-30 count as that:
    densities are exact while noisy logits of a variable differ by less than 69 times tau.

    Args:
        latent_size: number of variables L, at least 1.
        num_classes: classes of each, C, at least 2.
        temperature: tau at the start, above 0. It is a weight that is not trained: to anneal it,
            assign to `vae.latents.posterior.temperature`, for instance from a
            `keras.callbacks.LambdaCallback(on_epoch_begin=...)`.

    Raises:
        ValueError: if a size is not such a whole number, or `temperature` not a number above 0.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> posterior = tfvae.posteriors.RelaxedCategorical(2, num_classes=3)
        >>> parameters = posterior(tf.zeros([4, 8]))
        >>> z, log_q = posterior.sample(parameters, {"z": tf.fill([1, 4, 2, 3], 0.5)})
        >>> z.shape, log_q.shape
        (TensorShape([1, 4, 2, 3]), TensorShape([1, 4]))

    Reference:
        Jang, Gu and Poole 2017, arXiv:1611.01144, equation 2; Maddison, Mnih and Teh 2017,
        arXiv:1611.00712, equations 10 and 11, and 13 (both densities relaxed).
    """

    support = "simplex"

    def __init__(
        self, latent_size: int, num_classes: int, temperature: float = 0.5, **kwargs: Any
    ) -> None:
        super().__init__(latent_size, num_classes, temperature, **kwargs)

    def sample(
        self, parameters: Parameters, noise: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        z = relaxed(parameters["logits"] + gumbel(noise["z"]), self._temperature())
        return z, self.log_prob(parameters, z)

    def log_prob(self, parameters: Parameters, z: tf.Tensor) -> tf.Tensor:
        each = relaxed_log_prob(parameters["logits"], self._temperature(), z)
        return tf.reduce_sum(each, axis=-1)

    def distribution(self, parameters: Parameters) -> Any:
        from tfvae.posteriors.relaxed_distribution import RelaxedDistribution

        each = RelaxedDistribution(self._temperature(), logits=parameters["logits"])
        return tfp.distributions.Independent(each, 1)


@registered()
class StraightThroughCategorical(_Categorical):
    r"""Several categorical variables as one-hot codes, with the gradient of their relaxation.

    $$z = \mathrm{onehot}(\arg\max_i (\log \pi_i(x) + g_i)),\qquad
    \nabla z := \nabla\, \mathrm{softmax}((\log \pi(x) + g) / \tau)$$

    What the decoder reads is an exact draw, and with `priors.UniformCategorical` the rate is in
    closed form: every bound is one on the evidence of the discrete model. The gradient through z
    is biased, the more so the higher the temperature, and noisy where that is low.

    The event is `[latent_size, num_classes]`; `tfvae.decoders.MLP` flattens it. `point` is the
    one-hot code of the likeliest class.

    Args:
        latent_size: number of variables L, at least 1.
        num_classes: classes of each, C, at least 2.
        temperature: tau at the start, above 0; a weight that is not trained, as in
            `RelaxedCategorical`.

    Raises:
        ValueError: if a size is not such a whole number, or `temperature` not a number above 0.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> posterior = tfvae.posteriors.StraightThroughCategorical(1, num_classes=3)
        >>> parameters = posterior(tf.zeros([1, 8]))
        >>> posterior.sample(parameters, {"z": tf.constant([[[[0.1, 0.9, 0.5]]]])})[0].numpy()
        array([[[[0., 1., 0.]]]], dtype=float32)

    Reference:
        Jang, Gu and Poole 2017, arXiv:1611.01144, section 2.2; Bengio, Leonard and Courville 2013,
        arXiv:1308.3432.
    """

    support = "one-hot codes"

    def __init__(
        self, latent_size: int, num_classes: int, temperature: float = 0.5, **kwargs: Any
    ) -> None:
        super().__init__(latent_size, num_classes, temperature, **kwargs)

    def sample(
        self, parameters: Parameters, noise: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        noisy = parameters["logits"] + gumbel(noise["z"])
        soft = relaxed(noisy, self._temperature())
        # The difference is exactly zero forwards, so that z is exactly one-hot.
        z = one_hot_argmax(noisy) + (soft - tf.stop_gradient(soft))
        return z, self.log_prob(parameters, z)

    def log_prob(self, parameters: Parameters, z: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(z * parameters["logits"], axis=(-2, -1))

    def distribution(self, parameters: Parameters) -> Any:
        logits = parameters["logits"]
        each = tfp.distributions.OneHotCategorical(logits=logits, dtype=logits.dtype)
        return tfp.distributions.Independent(each, 1)
