"""Latents given a condition: a class label, a vector or an image."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.families.family import Family, Parameters
from tfvae.latents.flat import Flat
from tfvae.latents.joining import join, joined_shape
from tfvae.latents.latents import Latents
from tfvae.objectives.gradients import Gate
from tfvae.part import checked_shape, positive_integer, registered
from tfvae.posteriors import Posterior
from tfvae.priors import Prior
from tfvae.random import Noise
from tfvae.side import Side, SideInput
from tfvae.trace import Inference

NAME = "condition"


@registered()
class Conditional(Latents):
    r"""Any latents, given a condition c that joins the encoder's features, and z.

    $$\log p(x|c) \ge E_{q(z|x, c)}[\log p(x|z, c) + \log p(z) - \log q(z|x, c)]$$

    A class is read as its one-hot code. Whatever joins a vector is laid flat; a map is joined by a
    vector at each place, or by an image of its size as further channels.

    Args:
        latents: a `Latents`; or a posterior or a family, meaning `Flat` of it.
        num_classes: how many classes, if c is a class, int `[N]`.
        condition_shape: shape of c, if it is anything else.
        embedding: a Keras layer that c passes before it joins; None for c as it is.
        network: a Keras layer between features, joined by c, and the latents; None for none.

    Raises:
        ValueError: unless one of `num_classes` and `condition_shape` is given; if the latents are
            none.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     latents=tfvae.latents.Conditional(tfvae.families.DiagonalNormal(2), num_classes=10),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> vae.compile("adam")
        >>> x = {"x": np.zeros([32, 4, 4, 1]), "condition": np.arange(32) % 10}
        >>> history = vae.fit(x, verbose=0)
        >>> vae.sample(5, seed=0, condition=7).shape
        (5, 4, 4, 1)

    Reference:
        Sohn, Lee and Yan 2015, Learning structured output representation using deep conditional
        generative models, NeurIPS, equation 4, where y is our x, and x our c. Our prior does not
        depend on c.
    """

    def __init__(
        self,
        latents: Latents | Posterior | Family,
        num_classes: int | None = None,
        condition_shape: tuple[int, ...] | None = None,
        embedding: keras.Layer | None = None,
        network: keras.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (num_classes is None) == (condition_shape is None):
            raise ValueError(
                "Give `num_classes` if the condition is a class, else `condition_shape`: exactly "
                "one of the two."
            )
        if num_classes is not None:
            num_classes = positive_integer(num_classes, "num_classes")
        else:
            condition_shape = checked_shape(condition_shape, "condition_shape")
        self.num_classes, self.condition_shape = num_classes, condition_shape
        self.latents = latents if isinstance(latents, Latents) else Flat(latents)
        self.embedding, self.network = embedding, network
        self.event_shape = self.latents.event_shape
        self.has_density = self.latents.has_density
        self.has_prior_density = self.latents.has_prior_density

    def build(self, features_shape: tuple[Any, ...]) -> None:
        shape: tuple[Any, ...] = self.condition_shape or (self.num_classes,)
        if self.embedding is not None:
            shape = tuple(self.embedding(keras.KerasTensor((None, *shape))).shape)[1:]
        features = (None, *joined_shape(tuple(features_shape)[1:], shape))
        if self.network is not None:
            features = tuple(self.network(keras.KerasTensor(features)).shape)
        self.latents.build_once(features)
        self.joined_shape = joined_shape(self.latents.decoder_shape, shape)
        self.built = True

    def call(self, features: tf.Tensor) -> Parameters:
        # They wait for the condition.
        return {"features": features}

    @property
    def prior(self) -> Prior:  # type: ignore[override]
        """The prior of the latents."""
        return self.latents.prior

    @property
    def is_euclidean(self) -> bool:
        return self.latents.is_euclidean

    @property
    def decoder_shape(self) -> tuple[int, ...]:
        return self.joined_shape

    def side_inputs(self) -> dict[str, SideInput]:
        return {**self.latents.side_inputs(), NAME: self._input()}

    def generative_inputs(self) -> dict[str, SideInput]:
        return {**self.latents.generative_inputs(), NAME: self._input()}

    def _input(self) -> SideInput:
        if self.condition_shape is not None:
            return SideInput(self.condition_shape)
        return SideInput((), whole=True, check=self._check_classes)

    def _check_classes(self, classes: np.ndarray) -> None:
        if classes.size and not 0 <= classes.min() <= classes.max() < (self.num_classes or 0):
            raise ValueError(
                f"`condition` holds classes, below {self.num_classes} and not below 0, but has "
                f"values from {classes.min()} to {classes.max()}."
            )

    def _embedded(self, side: Side) -> tf.Tensor:
        if NAME not in side:
            raise ValueError(
                "The model needs a condition: give x as {'x': x, 'condition': ...}, and "
                "`condition=...` to `sample` and `decode`."
            )
        condition = side[NAME]
        if self.num_classes is not None:
            condition = tf.one_hot(condition, self.num_classes, dtype=self.compute_dtype)
        return condition if self.embedding is None else self.embedding(condition)

    def _joined(self, features: tf.Tensor, side: Side) -> tf.Tensor:
        """Returns the features of x and of its condition."""
        features = join(features, self._embedded(side))
        return features if self.network is None else self.network(features)

    def conditioned(self, parameters: Parameters, side: Side) -> Parameters:
        features = self._joined(parameters["features"], side)
        return self.latents.conditioned(self.latents(features), side)

    def project(self, features: tf.Tensor, side: Side) -> Parameters:
        return self.latents.project(self._joined(features, side), side)

    def parameters(self, projected: Parameters) -> Parameters:
        return self.latents.parameters(projected)

    def decoder_input(self, z: tf.Tensor, side: Side, training: bool = False) -> tf.Tensor:
        return join(self.latents.decoder_input(z, side, training), self._embedded(side))

    def noise(self) -> dict[str, Noise]:
        return self.latents.noise()

    def infer(
        self,
        parameters: Parameters,
        noise: dict[str, tf.Tensor],
        gate: Gate | None = None,
        training: bool = False,
    ) -> Inference:
        inference = self.latents.infer(parameters, noise, gate, training)
        # The condition has yet to join what leads to the decoder.
        return replace(inference, path=None)

    def point(self, parameters: Parameters) -> tf.Tensor:
        return self.latents.point(parameters)

    def distribution(self, parameters: Parameters) -> Any:
        return self.latents.distribution(parameters)

    def log_prob(self, parameters: Parameters, z: tf.Tensor) -> tf.Tensor:
        return self.latents.log_prob(parameters, z)

    def generative_noise(self) -> dict[str, Noise]:
        return self.latents.generative_noise()

    def generate(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        return self.latents.generate(noise, component, temperature)

    @property
    def num_components(self) -> int | None:
        return self.latents.num_components

    def class_probabilities(self, parameters: Parameters) -> tf.Tensor:
        return self.latents.class_probabilities(parameters)

    def usage(self, inference: Inference) -> tf.Tensor:
        return self.latents.usage(inference)

    def usage_metrics(self) -> list[keras.metrics.Metric]:
        return self.latents.usage_metrics()

    @property
    def adapts_to(self) -> str:
        return self.latents.adapts_to

    def adapt(self, values: np.ndarray) -> None:
        self.latents.adapt(values)
