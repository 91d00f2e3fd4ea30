"""A mixture whose Gaussians are moved and stretched by another latent variable."""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.family import Parameters, Projection
from tfvae.families.gaussian import DiagonalNormal, positive, standard_normal_log_prob
from tfvae.latents.clustered import shares_of_classes
from tfvae.latents.latents import Latents
from tfvae.objectives.gradients import Gate, refuse_gate
from tfvae.part import positive_integer, registered
from tfvae.priors import StandardNormal
from tfvae.priors.usage import ComponentUsage
from tfvae.random import Noise
from tfvae.trace import Inference

OF_W = "w_"


@registered()
class WarpedMixture(Latents):
    r"""Latents w, y and z: the mixture's components over z are functions of w.

    $$p(w) = \mathcal N(0, I),\quad p(y) = \tfrac1K,\quad
    p(z|w, y) = \mathcal N(loc_y(w), scale_y(w)^2),\quad p(x|z)$$
    $$q(w, y, z|x) = q(w|x)\, q(z|x)\, p(y|w, z)$$

    A cluster may so have any shape, and p(y|w, z) needs no network: it is Bayes' rule. The rate
    has the groups w, z and y, in this order. Its part of z takes the divergence from each component
    in closed form, averaged over p(y|w, z): a product of expectations, as in the paper.

    Args:
        latent_size: number of coordinates of z, which the decoder reads.
        num_classes: K.
        style_size: number of coordinates of w; that of z if left out.
        network: a Keras layer that w passes before it makes the components; a dense layer of 64
            units with tanh if left out.

    Raises:
        ValueError: if one of the numbers is not a whole one above 0, or K is 1.

    Example:
        >>> import tfvae
        >>> tfvae.latents.WarpedMixture(2, num_classes=3).num_components
        3

    Reference:
        Dilokthanakul et al. 2016, arXiv:1611.02648, where x, z and y are called y, x and z. It is
        the model of the revised version: in the first, a network infers y. Their
        minimum-information constraint on y is `tfvae.objectives.ELBO(free_bits=(0.0, 0.0, 0.5))`.
    """

    has_prior_density = False

    def __init__(
        self,
        latent_size: int,
        num_classes: int,
        style_size: int | None = None,
        network: keras.layers.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_classes = positive_integer(num_classes, "num_classes")
        if self.num_classes < 2:
            raise ValueError("`num_classes` must be at least 2: there is nothing to tell apart.")
        self.of_z = DiagonalNormal(latent_size)
        self.of_w = DiagonalNormal(latent_size if style_size is None else style_size)
        if network is None:
            network = keras.layers.Dense(64, activation="tanh")
        self.network = network
        self.prior = StandardNormal()
        self.event_shape = self.of_z.event_shape

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        self.of_z.build_once(features_shape)
        self.of_w.build_once(features_shape)
        self.prior.build_once((None, *self.of_w.event_shape))
        hidden = self.network(keras.KerasTensor((None, *self.of_w.event_shape))).shape
        shape = (self.num_classes, *self.event_shape)
        self.component_heads = {name: Projection(shape, name=name) for name in ("loc", "scale")}
        for head in self.component_heads.values():
            head.build(tuple(hidden))
        self.built = True

    def call(self, features: tf.Tensor) -> Parameters:
        of_w = {OF_W + name: value for name, value in self.of_w(features).items()}
        return {**self.of_z(features), **of_w}

    def noise(self) -> dict[str, Noise]:
        return {"z": self.of_z.noise()["z"], "w": self.of_w.noise()["z"]}

    def components(self, w: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns location and scale of p(z|w, y) for w `[..., W]`, each `[..., K, D]`."""
        leading = tf.shape(w)[:-1]
        hidden = self.network(tf.reshape(w, (-1, *self.of_w.event_shape)))
        loc, scale = (
            tf.reshape(
                self.component_heads[name](hidden),
                tf.concat([leading, [self.num_classes, *self.event_shape]], axis=0),
            )
            for name in ("loc", "scale")
        )
        return loc, positive(scale)

    def log_shares(self, z: tf.Tensor, w: tf.Tensor) -> tf.Tensor:
        """Returns log p(y|w, z) for z `[..., D]` and w `[..., W]`, `[..., K]`."""
        loc, scale = self.components(w)
        return tf.nn.log_softmax(_log_prob(z[..., None, :], loc, scale), axis=-1)

    def infer(
        self,
        parameters: Parameters,
        noise: dict[str, tf.Tensor],
        gate: Gate | None = None,
        training: bool = False,
    ) -> Inference:
        refuse_gate(gate)
        q_z, q_w = self._apart(parameters)
        z, log_q_z = self.of_z.reparametrise(q_z, {"z": noise["z"]})
        w, log_q_w = self.of_w.reparametrise(q_w, {"z": noise["w"]})
        loc, scale = self.components(w)
        log_p_z = _log_prob(z[..., None, :], loc, scale)
        log_shares = tf.nn.log_softmax(log_p_z, axis=-1)
        log_class = tf.transpose(log_shares, (2, 0, 1))
        normal, categorical = (
            tfp.distributions.MultivariateNormalDiag,
            tfp.distributions.Categorical,
        )
        uniform = tf.zeros([self.num_classes], z.dtype)
        first = (2, 0, 1, 3)
        return Inference(
            z=z[None],
            log_q=(log_q_w[None], log_q_z[None], log_class),
            log_p=(
                standard_normal_log_prob(w)[None],
                tf.transpose(log_p_z, (2, 0, 1)),
                tf.zeros_like(log_class) - math.log(self.num_classes),
            ),
            posteriors=(
                self.of_w.distribution(q_w),
                self.of_z.distribution({name: value[None, None] for name, value in q_z.items()}),
                categorical(logits=log_shares[None]),
            ),
            priors=(
                self.prior.distribution(),
                normal(tf.transpose(loc, first), tf.transpose(scale, first)),
                categorical(logits=uniform),
            ),
            log_w=log_class,
        )

    def _apart(self, parameters: Parameters) -> tuple[Parameters, Parameters]:
        q_w = {
            name.removeprefix(OF_W): value
            for name, value in parameters.items()
            if name.startswith(OF_W)
        }
        return {name: parameters[name] for name in q_w}, q_w

    def point(self, parameters: Parameters) -> tf.Tensor:
        return self.of_z.point(self._apart(parameters)[0])

    def distribution(self, parameters: Parameters) -> Any:
        """Returns q(z|x), batch `[B]`: what the decoder reads."""
        return self.of_z.distribution(self._apart(parameters)[0])

    def generative_noise(self) -> dict[str, Noise]:
        return {**self.noise(), "component": Noise("uniform", ())}

    def generate(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        if component is None:
            component = tf.cast(noise["component"] * self.num_classes, tf.int32)
        loc, scale = self.components(temperature * noise["w"])
        loc, scale = (tf.gather(each, component, axis=1, batch_dims=1) for each in (loc, scale))
        return loc + temperature * scale * noise["z"]

    @property
    def num_components(self) -> int:
        return self.num_classes

    def class_probabilities(self, parameters: Parameters) -> tf.Tensor:
        """Returns p(y|w, z) at the points that stand for q, `[B, K]`."""
        q_z, q_w = self._apart(parameters)
        return tf.exp(self.log_shares(self.of_z.point(q_z), self.of_w.point(q_w)))

    def usage_metrics(self) -> list[keras.metrics.Metric]:
        return [ComponentUsage(self.num_classes)]

    def usage(self, inference: Inference) -> tf.Tensor:
        return shares_of_classes(inference)

    def adapt(self, values: np.ndarray) -> None:
        """Does nothing: components that are functions of w have no start from latents."""


def _log_prob(z: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    log_volume = tf.reduce_sum(tf.math.log(scale), axis=-1)
    return standard_normal_log_prob((z - loc) / scale) - log_volume
