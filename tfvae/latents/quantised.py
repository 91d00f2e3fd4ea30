"""Latent codes: each position of the encoder's features becomes one of a finite set of vectors."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae import probability as tfp
from tfvae.families.family import Parameters, Projection
from tfvae.latents.latents import Latents
from tfvae.objectives.gradients import Gate
from tfvae.part import checked_shape, registered
from tfvae.priors import CodePrior, UniformCodes
from tfvae.priors.usage import ComponentUsage
from tfvae.quantisers import Quantisation, Quantiser
from tfvae.random import Noise
from tfvae.trace import Inference, Trace


@dataclass(frozen=True, kw_only=True)
class QuantisedInference(Inference):
    """An inference, and what the quantiser made of the features.

    Args:
        quantisation: of the batch.
    """

    quantisation: Quantisation


@registered()
class Quantised(Latents):
    r"""Codes with a prior; the decoder reads the vectors that they stand for.

    A linear map takes the encoder's features to a vector at each position, which the quantiser
    replaces by one of its own. The posterior is certain of its codes, so that

    $$\log p(x) \ge \log p(x \mid vectors[codes(x)]) + \log p(codes(x)):$$

    the rate is $-\log p(codes)$, for `UniformCodes` the number of codes times log K. What holds
    features and codes together is added to the objective's loss and is no part of the bound; it is
    summed over positions, as the distortion is over pixels.

    `encode` gives the vectors, as a distribution that is certain of them; `codes` the codes, which
    the model's `prior` is over.

    Args:
        quantiser: a `tfvae.quantisers.Quantiser`, such as `tfvae.quantisers.Codebook(512, 64)`.
        prior: a prior over codes, such as `UniformCodes()`, which is taken if it is left out.
        positions: shape of the positions of an example: `()` for one vector, `(4,)` for four,
            `(7, 7)` for a map. None takes those of the features: one for `[N, F]`, and a map for
            `[N, H, W, F]`.

    Raises:
        ValueError: if one of them is something else; when the model is built, if the features do
            not fit the positions.

    Example:
        >>> import tfvae
        >>> latents = tfvae.latents.Quantised(tfvae.quantisers.Codebook(16, 8))
        >>> latents.build((None, 7, 7, 32))
        >>> latents.event_shape, latents.code_shape
        ((7, 7, 8), (7, 7))

    Reference:
        Van den Oord, Vinyals and Kavukcuoglu 2017, arXiv:1711.00937, section 3. They average the
        added terms over positions.
    """

    has_prior_density = False

    def __init__(
        self,
        quantiser: Quantiser,
        prior: CodePrior | None = None,
        positions: tuple[int, ...] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(quantiser, Quantiser):
            raise ValueError(
                "`quantiser` must be a quantiser such as `tfvae.quantisers.Codebook(512, 64)`, but "
                f"is {quantiser!r}."
            )
        if prior is not None and not isinstance(prior, CodePrior):
            raise ValueError(
                "`prior` must be a prior over codes such as `tfvae.priors.UniformCodes()`, but is "
                f"{prior!r}."
            )
        if positions is not None:
            positions = checked_shape(positions, "positions") if positions not in ((), []) else ()
        self.quantiser, self.positions = quantiser, positions
        self.prior = UniformCodes() if prior is None else prior

    def build(self, features_shape: tuple[Any, ...]) -> None:
        positions = features_shape[1:-1] if self.positions is None else self.positions
        self.event_shape = (*positions, self.quantiser.code_size)
        self.code_shape = (*positions, *self.quantiser.depth)
        self.projection = Projection(self.event_shape, name="features", dtype=self.dtype_policy)
        self.projection.build(features_shape)
        self.quantiser.build_once((None, *self.event_shape))
        self.prior.build_once((None, *self.code_shape, self.quantiser.num_codes))
        self.built = True

    def call(self, features: tf.Tensor) -> Parameters:
        return {"features": self.projection(features)}

    def noise(self) -> dict[str, Noise]:
        return {}

    def infer(
        self,
        parameters: Parameters,
        noise: dict[str, tf.Tensor],
        gate: Gate | None = None,
        training: bool = False,
    ) -> QuantisedInference:
        quantisation = self.quantiser.quantise(parameters["features"])
        z = quantisation.vectors[None, None]
        log_p = self.prior.log_prob(quantisation.codes)
        positions = list(range(1, quantisation.loss.shape.rank))
        return QuantisedInference(
            z=z if gate is None else gate(z),
            log_q=(tf.zeros_like(log_p)[None, None],),
            log_p=(log_p[None, None],),
            posteriors=(self._certain(quantisation.codes),),
            priors=(self.prior.distribution(),),
            gate=gate,
            added_loss=tf.reduce_sum(quantisation.loss, axis=positions),
            quantisation=quantisation,
        )

    def _certain(self, values: tf.Tensor) -> Any:
        elements = tfp.distributions.Deterministic(values)
        return tfp.distributions.Independent(elements, values.shape.rank - 1)

    def point(self, parameters: Parameters) -> tf.Tensor:
        return self.quantiser.quantise(parameters["features"]).vectors

    def distribution(self, parameters: Parameters) -> Any:
        return self._certain(self.point(parameters))

    def codes(self, parameters: Parameters) -> tf.Tensor:
        """Returns the codes of examples, int32 `[B, *code_shape]`."""
        return self.quantiser.quantise(parameters["features"]).codes

    def vectors(self, codes: tf.Tensor) -> tf.Tensor:
        """Returns what the decoder reads for codes, int32 `[B, *code_shape]`: `[B, *event]`."""
        return self.quantiser.vectors(codes)

    def generate(
        self,
        noise: dict[str, tf.Tensor],
        component: tf.Tensor | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        return self.vectors(self.prior.sample(noise, component, temperature))

    def start(self, parameters: Parameters, noise: dict[str, tf.Tensor]) -> tf.Tensor:
        return parameters["features"]

    def adapt(self, features: np.ndarray) -> None:
        """Starts the quantiser from the features of data, `[N, *event]`."""
        self.quantiser.adapt(features)

    def update_noise(self) -> dict[str, Noise]:
        return self.quantiser.noise()

    def after_step(self, trace: Trace, share: tf.Tensor, noise: dict[str, tf.Tensor]) -> None:
        inference: Any = trace.inference
        self.quantiser.update(inference.quantisation, share, noise)

    def usage_metrics(self) -> list[Any]:
        return [ComponentUsage(self.quantiser.num_vectors, of="codes")]

    def usage(self, inference: Any) -> tf.Tensor:
        return self.quantiser.usage(inference.quantisation.codes)
