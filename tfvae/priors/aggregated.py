"""The aggregated posterior of some examples, as a sampler."""

import math
import random as python_random
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.family import Family, Parameters
from tfvae.part import positive_integer, registered
from tfvae.priors.prior import EncodedData, Prior
from tfvae.random import Noise


@registered()
class AggregatedPosterior(Prior):
    r"""The mixture of the posteriors of M examples, all as likely.

    $$p(z) = \frac1M \sum_m q(z\,|\,x_m)$$

    It is fitted by keeping the parameters of q for M examples, drawn without replacement: their
    encoder is not asked again. Until then all components are alike. With `Deterministic` it draws
    codes of the data themselves.

    Args:
        family: the family of the posterior; it needs no weights.
        num_kept: number of examples, M.
        seed: seed of their choice; None takes Keras's global seed.

    Raises:
        ValueError: if `family` is none that a posterior can be of, or `num_kept` not a whole number
            above zero.

    Example:
        >>> import tfvae
        >>> sampler = tfvae.priors.AggregatedPosterior(tfvae.families.DiagonalNormal(2), 5)
        >>> sampler.build((None, 2))
        >>> sampler.kept()["scale"].shape
        TensorShape([5, 2])

    Reference:
        Makhzani et al. 2015, arXiv:1511.05644, section 2; Tomczak and Welling 2017,
        arXiv:1705.07120, equation 8.
    """

    def __init__(
        self, family: Family, num_kept: int = 1000, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not hasattr(family, "reparametrise"):
            raise ValueError(
                "`family` must be that of the model's posterior, such as "
                f"`tfvae.families.DiagonalNormal(32)`, but is {family!r}."
            )
        self.family, self.seed = family, seed
        self.num_kept = positive_integer(num_kept, "num_kept")

    def build(self, latent_shape: tuple[Any, ...]) -> None:
        super().build(latent_shape)
        if self.event_shape != self.family.event_shape:
            raise ValueError(
                f"The kept posteriors are over latents of shape {self.family.event_shape}, but the "
                f"model's have shape {self.event_shape}."
            )
        at_rest = {
            name: tf.zeros((self.num_kept, *head.event_shape), self.density_dtype)
            for name, head in self.family.heads().items()
        }
        self.values = {
            name: self.add_weight(
                name=name,
                shape=start.shape,
                initializer=keras.initializers.Constant(start.numpy()),
                trainable=False,
                dtype=self.density_dtype,
                autocast=False,
            )
            for name, start in self.family.parameters(at_rest).items()
        }

    def kept(self) -> Parameters:
        """Returns the parameters of the posteriors, by name, each `[M, ...]`."""
        return {name: tf.convert_to_tensor(value) for name, value in self.values.items()}

    def fit(
        self, encoded: EncodedData, optimizer: Any = "adam", **fit_arguments: Any
    ) -> dict[str, list[float]]:
        """Keeps the posteriors of some of the examples.

        Raises:
            ValueError: if the posterior is of another family, or there are fewer examples.
        """
        shapes = {name: value.shape[1:] for name, value in encoded.parameters.items()}
        expected = {name: tuple(value.shape[1:]) for name, value in self.values.items()}
        if shapes != expected:
            raise ValueError(
                f"The sampler keeps posteriors of {type(self.family).__name__}, with parameters "
                f"{expected}, but the model's have {shapes}. Give it the posterior's own family."
            )
        count = len(encoded.z)
        if count < self.num_kept:
            raise ValueError(
                f"{self.num_kept} posteriors cannot be kept of {count} examples: give more, or "
                "take a smaller `num_kept`."
            )
        seed = python_random.randrange(2**31) if self.seed is None else self.seed
        chosen = np.random.default_rng(seed).choice(count, self.num_kept, replace=False)
        for name, value in self.values.items():
            value.assign(encoded.parameters[name][chosen])
        return {}

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        components = self.family.distribution(self.kept())
        axis = -1 - len(self.event_shape)
        log_prob = components.log_prob(tf.expand_dims(z, axis))
        return tf.reduce_logsumexp(log_prob, axis=-1) - math.log(self.num_kept)

    def distribution(self) -> Any:
        return tfp.distributions.MixtureSameFamily(
            tfp.distributions.Categorical(logits=tf.zeros(self.num_kept, self.density_dtype)),
            self.family.distribution(self.kept()),
        )

    def noise(self) -> dict[str, Noise]:
        return {"kept": Noise("uniform", ()), **self.family.noise()}

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        if component is not None:
            raise ValueError("`component` was given, but kept posteriors are no components.")
        last = self.num_kept - 1
        chosen = tf.minimum(tf.cast(noise["kept"] * self.num_kept, tf.int32), last)
        parameters = {name: tf.gather(value, chosen) for name, value in self.kept().items()}
        scaled = {name: temperature * noise[name] for name in self.family.noise()}
        return self.family.reparametrise(parameters, scaled)[0]
