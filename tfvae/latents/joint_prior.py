"""The prior over all levels of a ladder: that of the top, and of each level given those above."""

from contextlib import AbstractContextManager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae import random
from tfvae.latents.descent import Descent, Step
from tfvae.latents.rows import named_by_level, of_level
from tfvae.priors import Prior
from tfvae.random import Noise


class JointPrior(Prior):
    r"""The prior of a model whose latents are a ladder.

    $$p(z) = p(z_L) \prod_{l<L} p(z_l|z_{>l})$$

    It has no weights of its own. Components, if there are some, are those of p(z_L).

    Args:
        ladder: the `tfvae.latents.Ladder`.
    """

    def __init__(self, ladder: Any) -> None:
        super().__init__(name="joint_prior", dtype=ladder.dtype_policy)
        # The ladder holds this object, and Keras 3.15 would follow an attribute round and round.
        self._ladder = lambda: ladder
        self.event_shape = ladder.event_shape
        self.num_components = ladder.top.num_components
        self.adapts_to, self.samples_from_noise = (
            ladder.top.adapts_to,
            ladder.top.samples_from_noise,
        )
        self.built = True

    def log_probs(self, descent: Descent) -> list[tf.Tensor]:
        """Returns log p of each level given those above, from z_1 up, each `[N]`, in nats."""
        below = [
            self._ladder().levels[number - 1].prior_family.log_prob(prior, descent.z[number - 1])
            for number, prior in sorted(descent.priors.items())
        ]
        return [*below, self._ladder().top.log_prob(descent.z[-1])]

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        descent = self._ladder().given(tf.reshape(z, (-1, *self.event_shape)))
        return tf.reshape(tf.add_n(self.log_probs(descent)), tf.shape(z)[:-1])

    def noise(self) -> dict[str, Noise]:
        levels = self._ladder().levels
        below = {n: level.prior_family.noise() for n, level in enumerate(levels[:-1], 1)}
        return named_by_level({**below, len(levels): self._ladder().top.noise()})

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        """Returns z `[N, sum D_l]`, from the top down; the temperature is that of every level."""

        def draw(step: Step) -> tf.Tensor:
            own = of_level(noise, step.number)
            if step.prior is None:
                return self._ladder().top.sample(own, component, temperature)
            scaled = {name: temperature * value for name, value in own.items()}
            return step.level.prior_family.reparametrise(step.prior, scaled)[0]

        return tf.concat(self._ladder().descend(draw).z, axis=-1)

    def distribution(self) -> Any:
        from tfvae.latents.ancestral import Ancestral

        def draw(count: int, seed: tf.Tensor) -> tf.Tensor:
            return self.sample(random.draw(self.noise(), [count], seed, self.density_dtype))

        return Ancestral(
            draw,
            self.log_prob,
            batch_shape=(),
            event_shape=self.event_shape,
            dtype=self.density_dtype,
            name="LadderPrior",
        )

    def log_weights(self) -> tf.Tensor:
        """Returns the logarithms of the components' weights, `[K]`."""
        return self._ladder().top.log_weights()

    def components(self) -> Any:
        """Returns the components of p(z_L) as one `tfd.Distribution`, batch `[K]`."""
        return self._ladder().top.components()

    def component_log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log p(k, z_L), `[..., K]`, in nats.

        The levels below depend on z alone, and would add the same to every component.
        """
        return self._ladder().top.component_log_prob(self._ladder().clustered(z))

    def responsibilities(self, z: tf.Tensor) -> tf.Tensor:
        """Returns p(component given z), `[..., K]`."""
        return self._ladder().top.responsibilities(self._ladder().clustered(z))

    def adapt(self, latents: np.ndarray) -> None:
        """Starts p(z_L) from the uppermost level of latents `[N, sum D_l]`, or from examples."""
        of_latents = self.adapts_to == "latents"
        values = latents[:, -self._ladder().sizes[-1] :] if of_latents else latents
        self._ladder().top.adapt(values)

    def evaluated_once(self) -> AbstractContextManager[None]:
        return self._ladder().top.evaluated_once()

    def as_constants(self) -> AbstractContextManager[None]:
        return self._ladder().top.as_constants()

    def usage_metrics(self) -> list[keras.metrics.Metric]:
        return self._ladder().top.usage_metrics()
