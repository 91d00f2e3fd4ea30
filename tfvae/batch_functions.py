"""What the verbs run on each batch: functions of tensors, traced once for any number of rows."""

from typing import Any

import tensorflow as tf

from tfvae import random
from tfvae.side import Side, split
from tfvae.tensor_functions import TensorFunctions
from tfvae.wiring import as_events


class BatchFunctions(TensorFunctions):
    """Mixin of the model: each takes examples, or latents, and the number of the first."""

    def _encode(self, x: tf.Tensor, first: tf.Tensor) -> dict[str, tf.Tensor]:
        return self.infer_parameters(x)

    def _start(self, x: tf.Tensor, first: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return self.latents.start(self.infer_parameters(x), self._row_noise(x, first, seed))

    def _point(self, x: tf.Tensor, first: tf.Tensor) -> tf.Tensor:
        return self.latents.point(self.infer_parameters(x))

    def _draw_posterior(
        self, x: tf.Tensor, first: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        parameters = self.infer_parameters(x)
        return self.latents.draw(parameters, self._row_noise(x, first, seed))[0], parameters

    def _examples(self, x: Any, first: tf.Tensor) -> tf.Tensor:
        return as_events(split(x)[0], self.input_shape)

    def _decode(self, z: tf.Tensor, side: Side) -> dict[str, tf.Tensor]:
        return self.decode_parameters(z, side=side)

    def _reconstruct_point(self, x: tf.Tensor, first: tf.Tensor) -> tf.Tensor:
        return self.call(x)

    def _reconstruct_draw(self, x: tf.Tensor, first: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        index = first + tf.range(rows_of(x))
        noise = self._portable_noise(self.latents.noise(), tf.zeros_like(index) + seed, index)
        return self.reconstruct_from(x, noise)

    def _sample(
        self,
        seed: tf.Tensor,
        index: tf.Tensor,
        temperature: tf.Tensor,
        side: Side,
        component: tf.Tensor | None = None,
    ) -> tf.Tensor:
        noise = self._portable_noise(self.generative_noise(), seed, index)
        return self.generate(noise, component, temperature, side)

    def _elbo(
        self,
        x: tf.Tensor,
        first: tf.Tensor,
        seed: tf.Tensor,
        samples: tf.Tensor,
        y: tf.Tensor | None = None,
    ) -> tf.Tensor:
        return self.trace(x, y, self._evaluation_noise(x, [seed[0], first], samples)).elbo

    def _terms(
        self,
        x: tf.Tensor,
        first: tf.Tensor,
        seed: tf.Tensor,
        samples: tf.Tensor,
        y: tf.Tensor | None = None,
    ) -> tf.Tensor:
        trace = self.trace(x, y, self._evaluation_noise(x, [seed[0], first], samples))
        return tf.stack([trace.rate, trace.distortion], axis=1)

    def _log_prior(self, x: Any, first: tf.Tensor) -> tf.Tensor:
        return self.prior.log_prob(self.latents.point(self.infer_parameters(x)))

    def _responsibilities(self, x: tf.Tensor, first: tf.Tensor) -> tf.Tensor:
        return self.responsibilities_of(x)

    def _portable_noise(self, specs: Any, seed: tf.Tensor, index: tf.Tensor) -> Any:
        return random.threefry_draw(specs, seed, index, self.likelihood.density_dtype)

    def _row_noise(self, x: tf.Tensor, first: tf.Tensor, seed: tf.Tensor) -> Any:
        index = first + tf.range(rows_of(x))
        noise = self._portable_noise(self.latents.noise(), tf.zeros_like(index) + seed, index)
        return {name: values[None] for name, values in noise.items()}

    def _evaluation_noise(self, x: tf.Tensor, seed: Any, samples: tf.Tensor) -> Any:
        shape = [samples, rows_of(x)]
        return random.draw(self.latents.noise(), shape, seed, self.likelihood.density_dtype)


def rows_of(x: Any) -> tf.Tensor:
    """Returns the number of examples, given alone or in a dict with what comes beside them."""
    return tf.shape(split(x)[0])[0]
