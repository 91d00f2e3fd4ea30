"""What every prior is: a log-density on tensors, and a sampler whose randomness is given to it."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfvae.part import Part
from tfvae.priors.encoding import Encoding
from tfvae.priors.maximum_likelihood import maximise_likelihood
from tfvae.random import Noise


class EncodedData(NamedTuple):
    """What a model's encoder makes of data, for a sampler to be fitted to.

    Args:
        z: a draw of q(z given x) for each example, `[N, *event]`.
        parameters: those of q(z given x), by name, each `[N, ...]`.
        examples: the data themselves, `[N, *input_shape]`, if the sampler asks for them.
    """

    z: np.ndarray
    parameters: dict[str, np.ndarray]
    examples: np.ndarray | None = None


class Prior(Part):
    """p(z): `prior(z)` is its log-density, `[..., *event]` to `[...]`, in nats.

    A prior learns the shape of z when the model builds it. `num_components` is None unless it is
    a mixture; one that is has `component_log_prob(z)`, the joint log p(k, z), `[..., K]`, and so
    has the `density` of its distribution. `adapts_to` says what `adapt` is given: "latents", or
    "examples" of the data; `adapt_fits`, whether `adapt` finds the maximum of the likelihood by
    itself; `samples_from_noise`, whether `sample` draws nothing but that noise, as artefacts must;
    `support`, over what it is a density, None if that is the posterior's.
    """

    num_components: int | None = None
    adapts_to = "latents"
    adapt_fits = False
    samples_from_noise = True
    support: str | None = "vectors"

    def __init__(self, **kwargs: Any) -> None:
        # A density is not computed in half precision, whatever the networks are.
        super().__init__(autocast=False, **kwargs)

    def build(self, latent_shape: tuple[Any, ...]) -> None:
        self.event_shape: tuple[int, ...] = tuple(latent_shape)[1:]
        self.built = True

    def attach(self, encoding: Encoding | None) -> None:
        """Receives the way from data to the posterior; nothing, unless the kind's p(z) needs it.

        The model calls it before `build`, and with None if the model could not be built.
        """

    def call(self, z: tf.Tensor) -> tf.Tensor:
        return self.log_prob(tf.cast(z, self.density_dtype))

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log p(z) in nats, `[...]` for z of shape `[..., *event]`."""
        raise TypeError(f"{type(self).__name__} must define `log_prob`.")

    def distribution(self) -> Any:
        """Returns p(z) as a `tfd.Distribution`, built anew from the present weights."""
        raise TypeError(f"{type(self).__name__} must define `distribution`.")

    def evaluated(self) -> Any:
        """Returns what has this prior's `log_prob` and `distribution`, for one pass.

        What takes a network to compute from weights alone is computed once in it.
        """
        return self

    def evaluated_once(self) -> AbstractContextManager[None]:
        """Returns a context in which all passes share one `evaluated`, for loops within a graph."""
        return nullcontext()

    def as_constants(self) -> AbstractContextManager[None]:
        """Returns a context, to be entered any number of times, in which such values are constants.

        They are what they are when this is called. Artefacts are traced in it.
        """
        return nullcontext()

    def noise(self) -> dict[str, Noise]:
        """States the noise of one draw, by name."""
        return {"z": Noise("normal", self.event_shape)}

    def sample(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        """Returns z `[..., *event]` made from noise `[..., *shape]`.

        Args:
            noise: what `noise` asks for.
            component: int32 `[...]`, the component to draw from; None draws it from the weights.
            temperature: what the noise around a location is multiplied by.
        """
        raise TypeError(f"{type(self).__name__} must define `sample`.")

    def adapt(self, values: np.ndarray) -> None:
        """Starts the prior from data, where its kind has such a start.

        Args:
            values: what `adapts_to` names: latents `[N, *event]`, or examples themselves.
        """

    def fit(
        self, encoded: EncodedData, optimizer: Any = "adam", **fit_arguments: Any
    ) -> dict[str, list[float]]:
        """Maximises the likelihood of latents: by `adapt`, and then by gradients where they help.

        Args:
            encoded: the latents.
            optimizer: a Keras optimiser or its name.
            **fit_arguments: `epochs`, `batch_size` and `verbose`, as in Keras's `fit`.

        Returns:
            Keras's history; empty where there was nothing to train.
        """
        self.adapt(encoded.z if encoded.examples is None else encoded.examples)
        if self.adapt_fits or not self.trainable_weights:
            return {}
        return maximise_likelihood(self, encoded.z, optimizer, **fit_arguments)

    def usage_metrics(self) -> list[keras.metrics.Metric]:
        """Returns metrics of z that `fit` reports; none unless the kind has something to say."""
        return []
