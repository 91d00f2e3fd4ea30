"""Latents with a class above a latent variable that the data see: M1 with M2 on top."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.families.family import Family, Parameters
from tfvae.families.gaussian import DiagonalNormal
from tfvae.latents.clustered import Clustered, shares_of_classes
from tfvae.latents.latents import Latents
from tfvae.objectives.gradients import Gate
from tfvae.part import registered
from tfvae.posteriors import Amortised, Posterior
from tfvae.priors import Prior
from tfvae.random import Noise
from tfvae.side import LABEL, Side, SideInput
from tfvae.trace import Inference

# How the noise of the lower latent variable is told from that of the upper ones.
LOWER = "lower_"


@registered()
class Stacked(Latents):
    r"""A latent variable $z_1$ below a class y and $z_2$.

    $$p(y)\, p(z_2)\, p(z_1|y, z_2)\, p(x|z_1),\qquad q(z_1|x)\, q(y|z_1)\, q(z_2|z_1, y)$$

    What is above reads $z_1$ as if it were the data, a sample of it at a time, so that its rates
    are estimated from samples; over classes they are summed. The decoder reads $z_1$.

    Args:
        lower: q(z_1|x), a posterior or a family.
        upper: a `Clustered`, over y and z_2.
        encoder: a Keras layer from z_1 to the features of `upper`.
        decoder: a Keras layer from what `upper` gives, z_2 and the code of y behind it, to the
            features of p(z_1|y, z_2), a diagonal Gaussian.

    Raises:
        ValueError: if one of the four is not of its kind.

    Example:
        >>> import tfvae
        >>> tfvae.latents.Stacked(
        ...     tfvae.families.DiagonalNormal(4),
        ...     tfvae.latents.Clustered(tfvae.families.DiagonalNormal(2), num_classes=3),
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ... ).event_shape
        (4,)

    Reference:
        Kingma, Rezende, Mohamed and Welling 2014, arXiv:1406.5298, section 2, M1+M2. Theirs
        trains the lower part first and keeps it; ours as a whole, unless it is frozen.
    """

    has_prior_density = False

    def __init__(
        self,
        lower: Posterior | Family,
        upper: Clustered,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.lower = Amortised(lower) if isinstance(lower, Family) else lower
        for part, kind, name in (
            (self.lower, Posterior, "lower"),
            (upper, Clustered, "upper"),
            (encoder, keras.layers.Layer, "encoder"),
            (decoder, keras.layers.Layer, "decoder"),
        ):
            if not isinstance(part, kind):
                raise ValueError(f"`{name}` must be a {kind.__name__}, but is {part!r}.")
        self.upper, self.encoder, self.decoder = upper, encoder, decoder
        self.event_shape = self.lower.event_shape
        self.given_upper = DiagonalNormal(self.event_shape[0])

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        self.lower.build_once(features_shape)
        features = self.encoder(keras.KerasTensor((None, *self.event_shape)))
        self.upper.build_once(tuple(features.shape))
        decoded = self.decoder(keras.KerasTensor((None, *self.upper.event_shape)))
        self.given_upper.build_once(tuple(decoded.shape))
        self.built = True

    def call(self, features: tf.Tensor) -> Parameters:
        return self.lower(features)

    @property
    def prior(self) -> Prior:  # type: ignore[override]
        """The prior over $z_2$."""
        return self.upper.prior

    def side_inputs(self) -> dict[str, SideInput]:
        return self.upper.side_inputs()

    def conditioned(self, parameters: Parameters, side: Side) -> Parameters:
        return self.upper.conditioned(parameters, side)

    def noise(self) -> dict[str, Noise]:
        lower = {LOWER + name: spec for name, spec in self.lower.noise().items()}
        return {**lower, **self.upper.noise()}

    def draw(self, parameters: Parameters, noise: dict[str, tf.Tensor]) -> tf.Tensor:
        return self._draw_lower(parameters, noise)[0]

    def _draw_lower(
        self, parameters: Parameters, noise: dict[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        of_lower = {name: noise[LOWER + name] for name in self.lower.noise()}
        return self.lower.sample(_of_lower(parameters), of_lower)

    def _upper_parameters(self, z: tf.Tensor) -> Parameters:
        return self.upper(self.encoder(z))

    def infer(
        self,
        parameters: Parameters,
        noise: dict[str, tf.Tensor],
        gate: Gate | None = None,
        training: bool = False,
    ) -> Inference:
        z, log_q = self._draw_lower(parameters, noise)
        samples = tf.shape(z)[0]
        rows = tf.reshape(z, (-1, *self.event_shape))
        of_upper = self._upper_parameters(rows)
        if LABEL in parameters:
            of_upper[LABEL] = tf.tile(parameters[LABEL], [samples])
        upper_noise = {
            name: tf.reshape(noise[name], (1, -1, *spec.shape))
            for name, spec in self.upper.noise().items()
        }
        upper = self.upper.infer(of_upper, upper_noise, gate, training)
        shape = tf.stack([-1, samples, tf.shape(z)[1]])

        def by_sample(values: tf.Tensor) -> tf.Tensor:
            return tf.reshape(values, shape)

        log_p = self._log_p(z, tf.reshape(upper.z, (-1, *self.upper.event_shape)), shape)
        weights = [tf.broadcast_to(one, tf.shape(upper.log_w)) for one in upper.log_p]
        log_q_label = upper.log_q_label
        if log_q_label is not None:
            log_q_label = tf.reduce_mean(by_sample(log_q_label)[0], axis=0)
        return Inference(
            z=z[None],
            log_q=(log_q[None], *map(by_sample, upper.log_q)),
            log_p=(log_p, *map(by_sample, weights)),
            # The prior of each depends on samples of the others, of what is below it too.
            posteriors=(None, None, None),
            priors=(None, None, None),
            log_w=by_sample(upper.log_w),
            log_q_label=log_q_label,
        )

    def _log_p(self, z: tf.Tensor, upper: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
        """Returns log p(z_1|y, z_2) of z `[S, B, D]` for upper latents `[K * S * B, E]`."""
        given = self.given_upper(self.decoder(upper))
        given = {
            name: tf.reshape(value, tf.concat([shape, self.event_shape], axis=0))
            for name, value in given.items()
        }
        return self.given_upper.log_prob(given, z[None])

    def point(self, parameters: Parameters) -> tf.Tensor:
        return self.lower.point(_of_lower(parameters))

    def distribution(self, parameters: Parameters) -> Any:
        """Returns q(z_1|x), batch `[B]`."""
        return self.lower.distribution(_of_lower(parameters))

    def generative_noise(self) -> dict[str, Noise]:
        return {LOWER + "z": Noise("normal", self.event_shape), **self.upper.generative_noise()}

    def generate(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        upper = self.upper.generate(noise, component, temperature)
        given = self.given_upper(self.decoder(upper))
        return given["loc"] + temperature * given["scale"] * noise[LOWER + "z"]

    @property
    def num_components(self) -> int:
        return self.upper.num_components

    def class_probabilities(self, parameters: Parameters) -> tf.Tensor:
        """Returns q(y|z_1) at the point of q(z_1|x), or the code of the label, `[B, K]`."""
        of_upper = self._upper_parameters(self.point(parameters))
        if LABEL in parameters:
            of_upper[LABEL] = parameters[LABEL]
        return self.upper.class_probabilities(of_upper)

    def usage_metrics(self) -> list[keras.metrics.Metric]:
        return self.upper.usage_metrics()

    def usage(self, inference: Inference) -> tf.Tensor:
        return shares_of_classes(inference)

    def adapt(self, values: np.ndarray) -> None:
        z = tf.convert_to_tensor(values)
        self.upper.adapt(self.upper.point(self._upper_parameters(z)).numpy())


def _of_lower(parameters: Parameters) -> Parameters:
    return {name: value for name, value in parameters.items() if name != LABEL}
