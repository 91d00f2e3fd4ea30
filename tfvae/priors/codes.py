"""Priors over codes, whole numbers from 0: what they have in common, and the uniform one."""

import math
from typing import Any

import tensorflow as tf

from tfvae.part import registered
from tfvae.priors.prior import Prior
from tfvae.random import Noise


class CodePrior(Prior):
    """p(codes) of an example's codes, int32 `[..., *code_shape]`, each from 0 to K - 1.

    It is built from the shape of one-hot codes, `(None, *code_shape, K)`; `event_shape` is
    `code_shape`.
    """

    def build(self, one_hot_shape: tuple[Any, ...]) -> None:
        *event_shape, self.num_codes = tuple(one_hot_shape)[1:]
        self.event_shape = tuple(event_shape)
        self.built = True

    def call(self, codes: tf.Tensor) -> tf.Tensor:
        return self.log_prob(codes)

    def log_prob(self, codes: tf.Tensor) -> tf.Tensor:
        codes = tf.convert_to_tensor(codes)
        if not codes.dtype.is_integer:
            raise ValueError(
                f"A prior of kind `{type(self).__name__}` is over codes, but was given "
                f"{codes.dtype.name}: give it to `tfvae.latents.Quantised`."
            )
        return self.codes_log_prob(codes)

    def codes_log_prob(self, codes: tf.Tensor) -> tf.Tensor:
        """Returns log p(codes) in nats, `[...]` for codes int32 `[..., *code_shape]`."""
        raise TypeError(f"{type(self).__name__} must define `codes_log_prob`.")

    def distribution(self) -> Any:
        from tfvae.priors.codes_distribution import CodesDistribution

        return CodesDistribution(self)

    def noise(self) -> dict[str, Noise]:
        return {"codes": Noise("uniform", self.event_shape)}


def refuse_component(component: Any) -> None:
    """Raises a ValueError if a component was given."""
    if component is not None:
        raise ValueError("`component` was given, but a prior over codes has none: leave it out.")


@registered()
class UniformCodes(CodePrior):
    r"""All codes alike: $p(codes) = K^{-n}$ for n codes, with nothing to learn.

    Its `sample` has no use for a temperature: every power of it is uniform.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> prior = tfvae.priors.UniformCodes()
        >>> prior.build((None, 3, 8))  # three codes of eight
        >>> prior.log_prob(tf.zeros([1, 3], tf.int32)).numpy().round(3)
        array([-6.238], dtype=float32)

    Reference:
        Van den Oord, Vinyals and Kavukcuoglu 2017, arXiv:1711.00937, section 3.1.
    """

    def codes_log_prob(self, codes: tf.Tensor) -> tf.Tensor:
        leading = tf.shape(codes)[: codes.shape.rank - len(self.event_shape)]
        each = -math.prod(self.event_shape) * math.log(self.num_codes)
        return tf.fill(leading, tf.constant(each, self.density_dtype))

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        refuse_component(component)
        codes = tf.cast(noise["codes"] * self.num_codes, tf.int32)
        return tf.minimum(codes, self.num_codes - 1)
