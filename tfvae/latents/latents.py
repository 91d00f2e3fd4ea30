"""What every arrangement of latent variables offers to the model."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.families.family import Parameters
from tfvae.latents.paths import straight
from tfvae.objectives.gradients import Gate
from tfvae.part import Part
from tfvae.posteriors.posterior import RefinementError
from tfvae.priors.prior import Prior
from tfvae.random import Noise
from tfvae.side import Side, SideInput
from tfvae.trace import Inference, Trace


class Latents(Part):
    """The latent variables between an encoder's features and what the decoder reads.

    `call(features)` gives the parameters of q as tensors; `infer` samples from it; `generate`
    samples from the prior. Both make what they sample from noise that they are given.

    Attributes:
        event_shape: shape of z, all the latent variables of one example.
        code_shape: shape of an example's codes, if the latents are such.
        prior: p(z).
        has_density: False if q is a point, so that there are no importance weights.
        has_prior_density: False if `prior` is not over what `point` gives, but over a part of it,
            or over what stands above it.
        num_levels: how many tensors of features an encoder may return instead of one.
    """

    has_density: bool = True
    has_prior_density: bool = True
    event_shape: tuple[int, ...]
    code_shape: tuple[int, ...] | None = None
    prior: Prior
    num_levels = 1

    @property
    def is_euclidean(self) -> bool:
        """Whether z is all that is latent: real numbers, whose density is `prior.log_prob`."""
        return False

    @property
    def decoder_shape(self) -> tuple[int, ...]:
        """Shape of what the decoder reads: that of the latents, unless something joins them."""
        return self.event_shape

    def side_inputs(self) -> dict[str, SideInput]:
        """States what is read beside the features, by name."""
        return {}

    def generative_inputs(self) -> dict[str, SideInput]:
        """States those of them that `decoder_input` reads."""
        return {}

    def conditioned(self, parameters: Parameters, side: Side) -> Parameters:
        """Returns q's parameters given what comes beside x, each `[B, ...]`."""
        return parameters

    def decoder_input(self, z: tf.Tensor, side: Side, training: bool = False) -> tf.Tensor:
        """Returns what the decoder reads for z `[N, *event]`, `[N, *decoder_shape]`."""
        return z

    def project(self, features: tf.Tensor, side: Side) -> Parameters:
        """Returns what the heads make of features: free real numbers, by name, each `[N, ...]`.

        `side` is what comes beside x, each `[N, ...]`.
        """
        raise RefinementError(self)

    def parameters(self, projected: Parameters) -> Parameters:
        """Turns the heads' outputs into the parameters that `call` returns."""
        raise RefinementError(self)

    def noise(self) -> dict[str, Noise]:
        """States the noise of one inference, by name."""
        raise TypeError(f"{type(self).__name__} must define `noise`.")

    def infer(
        self,
        parameters: Parameters,
        noise: dict[str, tf.Tensor],
        gate: Gate | None = None,
        training: bool = False,
    ) -> Inference:
        """Samples the latents given the features' parameters and noise `[S, B, *shape]`.

        With a gate, z passes it, and densities of q depend on its parameters as the gate says.
        Networks between latents behave as in training if `training` says so.
        """
        raise TypeError(f"{type(self).__name__} must define `infer`.")

    def draw(self, parameters: Parameters, noise: dict[str, tf.Tensor]) -> tf.Tensor:
        """Returns one draw from q for each noise `[S, B, *shape]`: `[S, B, *event]`.

        Latents whose inference has an axis K choose along it, and define this themselves.
        """
        return self.infer(parameters, noise).z[0]

    def point(self, parameters: Parameters) -> tf.Tensor:
        """Returns the latents that stand for q, `[B, *event]`: what `cluster` looks at."""
        raise TypeError(f"{type(self).__name__} must define `point`.")

    def between(self, begin: tf.Tensor, end: tf.Tensor, fraction: tf.Tensor) -> tf.Tensor:
        """Returns z a fraction `[B]` of the way from one latent to another, each `[B, *event]`."""
        return straight(begin, end, fraction)

    def distribution(self, parameters: Parameters) -> Any:
        """Returns q as a `tfd.Distribution`, batch `[B]`."""
        raise TypeError(f"{type(self).__name__} must define `distribution`.")

    def log_prob(self, parameters: Parameters, z: tf.Tensor) -> tf.Tensor:
        """Returns log q(z given features) of any z `[..., B, *event]`, `[..., B]`, in nats."""
        return self.distribution(parameters).log_prob(z)

    def attach(
        self,
        event_shape: tuple[int, ...],
        infer_parameters: Callable[..., Parameters] | None,
        prior: Prior | None = None,
    ) -> None:
        """Receives the way from examples to the parameters of q, for a prior that needs it.

        The model calls it before `build`, and without a function if it could not be built.
        """

    def generative_noise(self) -> dict[str, Noise]:
        """States the noise of one draw from the prior, by name."""
        return self.prior.noise()

    def generate(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        """Returns latents `[B, *event]` drawn from the prior."""
        return self.prior.sample(noise, component, temperature)

    @property
    def num_components(self) -> int | None:
        """How many components or classes the model clusters into; None if it does not."""
        return self.prior.num_components

    def clustered(self, z: tf.Tensor) -> tf.Tensor:
        """Returns what of z the prior's components are over: of a ladder, the uppermost level."""
        return z

    def responsibilities(self, z: tf.Tensor) -> tf.Tensor:
        """Returns p(component given z), `[..., K]`."""
        return self.prior.responsibilities(z)

    def class_probabilities(self, parameters: Parameters) -> tf.Tensor:
        """Returns the share of each component or class in an example, `[B, K]`."""
        return self.responsibilities(self.point(parameters))

    @property
    def adapts_to(self) -> str:
        """What `adapt` is given: "latents", as `start` gives them, or "examples" of the data."""
        return self.prior.adapts_to

    def start(self, parameters: Parameters, noise: dict[str, tf.Tensor]) -> tf.Tensor:
        """Returns what `adapt` starts from, `[B, *event]`: draws of q by noise `[1, B, *shape]`.

        The prior is to match such draws; the points that stand for q have no width, and those of a
        collapsed unit are all alike.
        """
        return self.draw(parameters, noise)[0]

    def adapt(self, values: np.ndarray) -> None:
        """Starts what can start from data: what `start` gives for them, or examples themselves."""
        self.prior.adapt(values)

    def update_noise(self) -> dict[str, Noise]:
        """States the noise of one `after_step`, by name; none unless it has a use for some."""
        return {}

    def after_step(self, trace: Trace, share: tf.Tensor, noise: dict[str, tf.Tensor]) -> None:
        """Moves what learns without gradients; called once the optimiser has taken its step.

        Variables that it assigns need `aggregation="mean"`, and equal values on every replica: what
        is summed over examples is summed by `tfvae.batch.over_replicas`.

        Args:
            trace: of this step.
            share: what each example counts in the loss of the whole batch, `[B]`: 0 for those that
                fill it up; without sample weights they sum to 1 over all replicas.
            noise: what `update_noise` asks for, each `[*shape]`, the same on all replicas.
        """

    def usage_metrics(self) -> list[keras.metrics.Metric]:
        """Returns the metrics that `fit` updates with `usage`, and reports."""
        return self.prior.usage_metrics()

    def usage(self, inference: Inference) -> tf.Tensor:
        """Returns how far an example uses each component, `[B, K]`: shares that sum to 1."""
        # As the rate has it already: a step has no time for `responsibilities`.
        # The prior with components is the last: that of the uppermost group.
        density = inference.priors[-1].density
        log_joint = density.component_log_prob(self.clustered(inference.z))
        return inference.expectation(tf.nn.softmax(log_joint, axis=-1))
