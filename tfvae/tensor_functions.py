"""The model as functions from tensors to tensors: what verbs compile and artefacts contain."""

from typing import Any

import tensorflow as tf

from tfvae.sampling import Sampling
from tfvae.side import Side, split

Noise = dict[str, tf.Tensor]


class TensorFunctions(Sampling):
    """Mixin of the model: each function takes all its randomness as noise and keeps no state."""

    def reconstruct_from(self, x: Any, noise: Noise) -> tf.Tensor:
        """Returns the mean of p(x given z) for z drawn from the posterior by the noise.

        Args:
            x: `[B, *input_shape]`, or a dict of it and of what the model reads beside it.
            noise: what `latents.noise()` asks for, each `[B, *shape]`.

        Returns:
            `[B, *mean_shape]`.
        """
        z = self.latents.draw(self.infer_parameters(x), _one_sample(noise))[0]
        return self.likelihood.mean(self.decode_parameters(z, side=split(x)[1]))

    def elbo_from(self, x: Any, noise: Noise, y: tf.Tensor | None = None) -> tf.Tensor:
        """Returns log p(x, z) - log q(z given x) for one z: an unbiased estimate of the ELBO.

        Args:
            x: `[B, *input_shape]`, or a dict of it and of what the model reads beside it.
            noise: what `latents.noise()` asks for, each `[B, *shape]`.
            y: what the likelihood is of, `[B, *event_shape]`; None for x itself.

        Returns:
            `[B]`, in nats.
        """
        trace = self.trace(x, y, _one_sample(noise))
        return trace.expectation(trace.log_ratio)

    def responsibilities_of(self, x: Any) -> tf.Tensor:
        """Returns the share of each component in an example, `[B, K]`.

        It is p(component given z) at the point z that stands for the posterior; of latents with a
        class of their own, q(class given x).
        """
        return self.latents.class_probabilities(self.infer_parameters(x))

    def generate(
        self,
        noise: Noise,
        component: tf.Tensor | None = None,
        temperature: Any = 1.0,
        side: Side | None = None,
    ) -> tf.Tensor:
        """Returns the mean of p(x given z) for z drawn by the noise, as `sample` draws it.

        Args:
            noise: what `generative_noise()` asks for, each `[B, *shape]`.
            component: int32 `[B]`, or None to draw it from the weights of the components.
            temperature: what the noise around a location is multiplied by.
            side: what joins z, by name, each `[B, ...]`.

        Returns:
            `[B, *mean_shape]`.
        """
        z = self.draw_latents(noise, component, temperature)
        return self.likelihood.mean(self.decode_parameters(z, side=side))


def _one_sample(noise: Noise) -> Noise:
    return {name: value[None] for name, value in noise.items()}
