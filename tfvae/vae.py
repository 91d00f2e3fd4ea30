"""The one model: an encoder, latents, a decoder and a likelihood, trained by one step."""

from functools import partial
from typing import Any

import keras
import tensorflow as tf

from tfvae import random
from tfvae.batch import Batch, after, over_replicas, replicas, unpack
from tfvae.completing import Completing
from tfvae.families.family import Family, Parameters
from tfvae.fitting import Fitting
from tfvae.health import Health
from tfvae.latents import Flat, Latents
from tfvae.objectives import ELBO, Objective
from tfvae.objectives.gradients import Gate
from tfvae.part import Configured, checked_shape, registered
from tfvae.pipeline import same_but_for_ones
from tfvae.posteriors import Posterior
from tfvae.presets import Presets
from tfvae.priors import Prior
from tfvae.random import Noise
from tfvae.refinement import Refining
from tfvae.sampling import checked_sampler
from tfvae.seeds import Seeded
from tfvae.side import Side, SideInput, repeated, split
from tfvae.trace import Trace, mean_over_examples, two_views
from tfvae.wiring import apply_network, as_events, wire

# How the noise for draws from the prior, and the objective's own, are told from the latents'.
OF_PRIOR, OF_OBJECTIVE = "prior/", "objective/"


@registered()
class VAE(Configured, Fitting, Completing, Refining, Seeded, Presets, keras.Model):
    r"""A variational autoencoder made of parts.

    $$\log p(x) \ge E_{q(z|x)}[\log p(x|z) + \log p(z) - \log q(z|x)]$$

    Args:
        encoder: a Keras layer or model from `[N, *event_shape]` to features; for a ladder, they
            may be a list with an entry for each level.
        decoder: a Keras layer or model from latents `[N, *latent_shape]` to features; in a ladder,
            from the end of its top-down path, `latents.decoder_shape`.
        posterior: a family such as `tfvae.families.DiagonalNormal(32)`, or a
            `tfvae.posteriors.Posterior`.
        likelihood: a family over the data's events; it knows their shape.
        prior: a `tfvae.priors.Prior`; `StandardNormal()` if left out.
        objective: a `tfvae.objectives.Objective`; `ELBO()` if left out.
        latents: a `tfvae.latents.Latents`, instead of `posterior` and `prior`.
        input_shape: shape of what the encoder reads; that of the likelihood's events if left out.
            If they differ, `fit` needs a `y`.
        sampler: the prior that `sample` draws from in place of the model's own: what `fit_sampler`
            sets. It has no part in training or in any bound.

    Raises:
        ValueError: if a part is not of its kind, or the parts do not fit together.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((16,)),
        ...     tfvae.decoders.MLP((16,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     prior=tfvae.priors.MixtureOfGaussians(3),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> vae.compile("adam")
        >>> history = vae.fit(np.zeros([32, 4, 4, 1]), batch_size=16, epochs=2, verbose=0)
        >>> vae.sample(5, seed=0).shape
        (5, 4, 4, 1)

    Reference:
        Kingma and Welling 2013, arXiv:1312.6114; Rezende, Mohamed and Wierstra 2014,
        arXiv:1401.4082.
    """

    def __init__(
        self,
        encoder: keras.Layer,
        decoder: keras.Layer,
        posterior: Posterior | Family | None = None,
        likelihood: Family | None = None,
        prior: Prior | None = None,
        objective: Objective | None = None,
        latents: Latents | None = None,
        input_shape: tuple[int, ...] | None = None,
        sampler: Prior | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if latents is None and posterior is not None:
            latents = Flat(posterior, prior)
        elif latents is None or posterior is not None or prior is not None:
            raise ValueError(
                "Give either `posterior` (and, if it is not standard normal, `prior`), or "
                "`latents` alone: exactly one of the two."
            )
        if not isinstance(likelihood, Family):
            raise ValueError(
                "`likelihood` must be a family over the data, such as "
                f"`tfvae.families.Bernoulli((28, 28, 1))`, but is {likelihood!r}."
            )
        if objective is not None and not isinstance(objective, Objective):
            raise ValueError(
                "`objective` must be an objective such as `tfvae.objectives.ELBO()`, but is "
                f"{objective!r}."
            )
        self.encoder, self.decoder, self.likelihood = encoder, decoder, likelihood
        self.latents = latents
        shape = likelihood.event_shape if input_shape is None else input_shape
        self.input_shape = checked_shape(shape, "input_shape")
        self.objective = ELBO() if objective is None else objective
        self.sampler = checked_sampler(sampler)
        self.noise_seed = keras.random.SeedGenerator(name="noise_seed")
        self.evaluation_seed = keras.random.SeedGenerator(name="evaluation_seed")
        wire(self)
        self.health = Health(self.latents)
        self.built = True

    @property
    def prior(self) -> Prior:
        """The prior over the latents, of which `distribution()` gives the `tfd.Distribution`."""
        return self.latents.prior

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Keras's metrics and those of the terms."""
        return [*super().metrics, *self.health.metrics]

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        return self.likelihood.event_shape

    def side_inputs(self) -> dict[str, SideInput]:
        """States what the model reads beside x, by name: `x` is then a dict with these entries."""
        return {**self.latents.side_inputs(), **self.likelihood.side_inputs()}

    def generative_inputs(self) -> dict[str, SideInput]:
        """States those of them that the decoder or the likelihood reads, as `sample` does."""
        return {**self.latents.generative_inputs(), **self.likelihood.side_inputs()}

    @property
    def needs_target(self) -> bool:
        """Whether what the likelihood is of cannot be what the encoder reads."""
        return not same_but_for_ones(self.input_shape, self.event_shape)

    def call(self, inputs: Any, training: bool = False) -> tf.Tensor:
        """Reconstructs: the likelihood's mean at the point that stands for the posterior.

        Args:
            inputs: `[N, *input_shape]`, or a dict of that as `"x"` and what the model reads beside.
            training: whether layers such as dropout behave as in training.

        Returns:
            `[N, *mean_shape]`, the event's shape for most likelihoods.
        """
        z = self.latents.point(self.infer_parameters(inputs, training))
        return self.likelihood.mean(self.decode_parameters(z, training, split(inputs)[1]))

    def infer_parameters(self, x: Any, training: bool = False, change: Any = None) -> Parameters:
        """Returns q's parameters as tensors, each `[N, ...]`, of x or what layer `change` makes."""
        x, side = split(x)
        x = as_events(x, self.input_shape)
        x = x if change is None else apply_network(change, x, training)
        features = apply_network(self.encoder, x, training)
        return self.latents.conditioned(apply_network(self.latents, features, training), side)

    def decode_parameters(
        self, z: tf.Tensor, training: bool = False, side: Side | None = None
    ) -> dict[str, tf.Tensor]:
        """Returns the likelihood's parameters as tensors, by name, each `[N, ...]`.

        Args:
            z: latents, `[N, *latent_shape]`.
            training: whether layers such as dropout behave as in training.
            side: what comes beside them, each `[N, ...]`.
        """
        side = side or {}
        return self._decoded(self.latents.decoder_input(z, side, training), training, side)

    def _decoded(self, inputs: tf.Tensor, training: bool, side: Side) -> dict[str, tf.Tensor]:
        features = apply_network(self.decoder, inputs, training)
        return self.likelihood.conditioned(self.likelihood(features), side)

    def noise(self) -> dict[str, Noise]:
        """States the noise of one pass: the latents', and what the objective asks for."""
        specs = dict(self.latents.noise())
        own = self.objective.noise(self.event_shape)
        specs |= {OF_OBJECTIVE + name: spec for name, spec in own.items()}
        if self.objective.draws_from_prior:
            prior = self.latents.generative_noise()
            specs |= {OF_PRIOR + name: spec for name, spec in prior.items()}
        return specs

    def trace(
        self,
        x: Any,
        target: tf.Tensor | None,
        noise: dict[str, tf.Tensor],
        training: bool = False,
        average: Any = mean_over_examples,
        gate: Gate | None = None,
        parameters: dict[str, tf.Tensor] | None = None,
    ) -> Trace:
        """Runs one pass, its randomness given.

        Args:
            x: what the encoder reads, `[B, *input_shape]`, or a dict of it and of what the model
                reads beside it.
            target: what the likelihood is of, `[B, *event_shape]`; None for x itself.
            noise: what `noise()` asks for, or at least the latents', each `[S, B, *shape]`.
            training: whether layers such as dropout behave as in training.
            average: the mean over the examples of the global batch.
            gate: what gradients pass on their way to z, as the objective asks.
            parameters: the posterior's, in place of those that are inferred from x.
        """
        of_prior = {name: value[0] for name, value in _part(noise, OF_PRIOR).items()}
        if parameters is None:
            parameters = self.infer_parameters(x, training)
        inference = self.latents.infer(parameters, noise, gate, training)
        leading = tf.shape(inference.z)[:3]
        example, side = split(x)
        side = repeated(side, leading[0] * leading[1])
        if inference.path is None:
            z = tf.reshape(inference.z, (-1, *self.latents.event_shape))
            inputs = self.latents.decoder_input(z, side, training)
        else:
            inputs = tf.reshape(inference.path, (-1, *self.latents.decoder_shape))
        decoded = {
            name: tf.reshape(value, tf.concat([leading, tf.shape(value)[1:]], axis=0))
            for name, value in self._decoded(inputs, training, side).items()
        }
        target = example if target is None else target
        target = tf.cast(as_events(target, self.event_shape), self.likelihood.density_dtype)
        if training:
            decoded = self.likelihood.fitted(
                decoded, target, lambda values: average(inference.expectation(values))
            )
        # Keras gives a model its optimiser, or None, only in `compile`.
        optimizer = getattr(self, "optimizer", None)
        step = 0 if optimizer is None else optimizer.iterations
        return Trace(
            inference=inference,
            parameters=decoded,
            log_likelihood=self.likelihood.log_prob(decoded, target),
            # The variable itself: reading it here would make artefacts keep the optimiser's.
            step=step,
            average=average,
            prior_sample=self.latents.generate(of_prior) if of_prior else None,
            noise=_part(noise, OF_OBJECTIVE),
            decode=lambda z: self.likelihood.mean(self.decode_parameters(z, training, side)),
            decoder_weights=(*self.decoder.trainable_weights, *self.likelihood.trainable_weights),
            views=two_views(self.latents, parameters, partial(self.infer_parameters, x, training)),
        )

    def loss_of(self, trace: Trace) -> tf.Tensor:
        """Returns what is minimised: the objective's loss and what the latents add, `[B]`."""
        return self.objective.loss(trace) + trace.inference.added_loss

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        with after(data):
            return self._train_step(data)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        with after(data):
            return self._test_step(data)

    def _train_step(self, data: Any) -> dict[str, tf.Tensor]:
        batch = unpack(data, self)
        seed = self.noise_seed.next()
        noise = batch.draw(self.noise(), self.objective.num_samples, seed)
        with tf.GradientTape() as tape:
            trace = self.trace(
                batch.x,
                batch.target,
                noise,
                training=True,
                average=batch.average,
                gate=self.objective.gate(),
            )
            loss, added = self.loss_of(trace), self._added_losses()
            # Keras sums the gradients of replicas.
            total = batch.total(loss) + added / replicas()
            scaled = self.optimizer.scale_loss(total)
        variables = self.trainable_weights
        if variables:
            gradients = tape.gradient(scaled, variables)
            self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        update_noise = random.draw(self.latents.update_noise(), [], seed, batch.share.dtype)
        self.latents.after_step(trace, batch.share * batch.weight, update_noise)
        terms = {"distortion": batch.total(trace.distortion), "rate": batch.total(trace.rate)}
        self.health.watch(over_replicas({**terms, "loss": total}), seed[1])
        return self._report(batch, trace, loss, added)

    def _test_step(self, data: Any) -> dict[str, tf.Tensor]:
        batch = unpack(data, self)
        seed = self.evaluation_seed.next()
        noise = batch.draw(self.noise(), self.objective.num_samples, seed)
        trace = self.trace(batch.x, batch.target, noise, average=batch.average)
        loss, added = self.loss_of(trace), self._added_losses()
        return self._report(batch, trace, loss, added)

    def _added_losses(self) -> tf.Tensor:
        """The losses that layers added, such as weight decay."""
        dtype = self.likelihood.density_dtype
        return tf.add_n([tf.zeros([], dtype), *(tf.cast(loss, dtype) for loss in self.losses)])

    def _report(
        self, batch: Batch, trace: Trace, loss: tf.Tensor, added: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        minimised = batch.weight * loss + added
        self._loss_tracker.update_state(minimised, sample_weight=batch.counted())
        self.health.update(trace, batch.weight)
        y, mean, weight = batch.target, None, batch.weight
        if self._compile_metrics is not None:
            mean = trace.expectation(self.likelihood.mean(trace.parameters))
            if replicas() > 1:
                # Elsewhere no batch is filled up when there are metrics of the user's.
                y, mean, weight = (tf.boolean_mask(part, batch.real) for part in (y, mean, weight))
        return self.shape_logs(self.compute_metrics(None, y, mean, sample_weight=weight))


def _part(noise: dict[str, tf.Tensor], prefix: str) -> dict[str, tf.Tensor]:
    return {
        name.removeprefix(prefix): value for name, value in noise.items() if name.startswith(prefix)
    }
