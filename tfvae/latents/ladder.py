"""Layers of latent variables, each given those above it: one top-down path for both directions."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tfvae import random
from tfvae.families.family import Family, Parameters
from tfvae.latents.descent import Descent, Step
from tfvae.latents.joint_prior import JointPrior
from tfvae.latents.latents import Latents
from tfvae.latents.level import Level
from tfvae.latents.rows import Rows, named_by_level, of_level
from tfvae.objectives.gradients import Gate, stopped
from tfvae.part import registered
from tfvae.posteriors import Amortised
from tfvae.priors import Prior, StandardNormal
from tfvae.priors.encoding import Encoding
from tfvae.random import Noise
from tfvae.side import Side
from tfvae.trace import Inference


@registered()
class Ladder(Latents):
    r"""Levels z_1, ..., z_L of latent variables, z_L at the top and z_1 next to the data.

    $$q(z|x) = q(z_L|x) \prod_{l<L} q(z_l|z_{>l}, x),\qquad
    p(x, z) = p(z_L) \prod_{l<L} p(z_l|z_{>l})\, p(x|z)$$

    z is the concatenation of all levels, from z_1 to z_L. What leads from level to level is in the
    levels (see `Level`); the decoder reads what the lowest hands down: z itself, if no networks
    lead there. The encoder returns one tensor of features for all levels, or a list of L, for z_1
    first. The rate of a level below the top is in closed form given the levels above, and averaged
    over their samples.

    Args:
        levels: the levels from z_1 to z_L, each a `Level` or, without networks, a family.
        prior: p(z_L); None for `StandardNormal()`. Clusters are its components.

    Raises:
        ValueError: if an argument is none of these; when the model is built, if levels do not fit
            together.

    Example:
        >>> import tfvae
        >>> ladder = tfvae.latents.Ladder(
        ...     [tfvae.families.DiagonalNormal(4), tfvae.families.DiagonalNormal(2)],
        ...     prior=tfvae.priors.MixtureOfGaussians(3),
        ... )
        >>> ladder.event_shape, ladder.num_components
        ((6,), 3)

    Reference:
        Tomczak and Welling 2017, arXiv:1705.07120, section 4, for two levels; Sonderby et al.
        2016, arXiv:1602.02282; Kingma et al. 2016, arXiv:1606.04934; Child 2021, arXiv:2011.10650.
    """

    def __init__(
        self, levels: Sequence[Level | Family], prior: Prior | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(levels, list | tuple) or not levels:
            raise ValueError(
                f"`levels` must be a list of one `tfvae.latents.Level` or more, but is {levels!r}."
            )
        if prior is not None and not isinstance(prior, Prior):
            raise ValueError(
                "`prior`, that of the uppermost level, must be a prior such as "
                f"`tfvae.priors.MixtureOfGaussians(10)`, but is {prior!r}."
            )
        self.levels = [level if isinstance(level, Level) else Level(level) for level in levels]
        self.top = StandardNormal() if prior is None else prior
        self.num_levels = len(self.levels)
        for level in self.levels:
            if len(level.event_shape) != 1:
                raise ValueError(
                    "The levels of a ladder are vectors, but one has events of shape "
                    f"{level.event_shape}. `tfvae.families.NormalMap` lays a vector on a map."
                )
        self.sizes = tuple(level.event_shape[0] for level in self.levels)
        self.event_shape = (sum(self.sizes),)
        self.prior = JointPrior(self)

    def attach(
        self,
        event_shape: tuple[int, ...],
        infer_parameters: Callable[..., Parameters] | None,
        prior: Prior | None = None,
    ) -> None:
        if prior is not None:
            # A sampler is over all levels, which no family of one of them makes.
            super().attach(event_shape, infer_parameters, prior)
        elif infer_parameters is None:
            self.top.attach(None)
        else:

            def of_top(x: tf.Tensor) -> Parameters:
                return of_level(infer_parameters(x), self.num_levels)

            posterior = Amortised(self.levels[-1].family)
            self.top.attach(Encoding(event_shape, of_top, posterior))

    def build(self, features_shape: Any) -> None:
        several = isinstance(features_shape[0], list | tuple)
        shapes = features_shape if several else [features_shape] * self.num_levels
        above = None
        for number in range(self.num_levels, 0, -1):
            level = self.levels[number - 1]
            try:
                level.build_once((above, tuple(shapes[number - 1])))
            except ValueError as error:
                raise ValueError(f"Level {number} of the ladder: {error}") from error
            above = level.state_shape
        self.top.build_once((None, self.sizes[-1]))
        self.built = True

    @property
    def is_euclidean(self) -> bool:
        return self.levels[-1].family.support == "vectors"

    @property
    def decoder_shape(self) -> tuple[int, ...]:
        return tuple(self.levels[0].state_shape[1:])

    def call(self, features: Any, training: bool = False) -> Parameters:
        several = isinstance(features, list | tuple)
        each = features if several else [features] * self.num_levels
        levels = enumerate(zip(self.levels, each, strict=True), 1)
        return named_by_level({n: level(own, training=training) for n, (level, own) in levels})

    def noise(self) -> dict[str, Noise]:
        return named_by_level({n: level.family.noise() for n, level in enumerate(self.levels, 1)})

    def descend(self, choose: Callable[[Step], tf.Tensor], training: bool = False) -> Descent:
        """Goes from the top to the bottom, on rows.

        Args:
            choose: gives z of each level in turn, `[N, D_l]`.
            training: whether layers such as dropout behave as in training.
        """
        state, chosen = None, {}
        priors: dict[int, Parameters] = {}
        for number in range(self.num_levels, 0, -1):
            level, path, prior = self.levels[number - 1], None, None
            if state is not None:
                path = level.path(state, training)
                prior = priors[number] = level.prior_parameters(path, training)
            chosen[number] = choose(Step(number, level, path, prior))
            state = level.state(chosen[number], path, training)
        z = [chosen[number] for number in range(1, self.num_levels + 1)]
        return Descent(z, priors, state)

    def split(self, z: tf.Tensor) -> list[tf.Tensor]:
        """Returns the levels of `[..., sum D_l]`, from z_1 up."""
        return tf.split(z, self.sizes, axis=-1)

    def clustered(self, z: tf.Tensor) -> tf.Tensor:
        return self.split(z)[-1]

    def given(self, z: tf.Tensor, training: bool = False) -> Descent:
        """Descends with known latents, `[N, sum D_l]`."""
        levels = self.split(z)
        return self.descend(lambda step: levels[step.number - 1], training)

    def decoder_input(self, z: tf.Tensor, side: Side, training: bool = False) -> tf.Tensor:
        return self.given(z, training).state

    def infer(
        self,
        parameters: Parameters,
        noise: dict[str, tf.Tensor],
        gate: Gate | None = None,
        training: bool = False,
    ) -> Inference:
        noise = {name: noise[name] for name in self.noise()}
        lead = tf.shape(next(iter(noise.values())))
        rows = Rows(lead[0], lead[1])
        own, drawn = rows.repeat(parameters), rows.fold(noise)
        posteriors, log_q = {}, {}

        def draw(step: Step) -> tf.Tensor:
            q = posteriors[step.number] = step.posterior(own, training)
            z, log_q[step.number] = step.level.family.reparametrise(q, of_level(drawn, step.number))
            return z

        descent = self.descend(draw, training)
        z = rows.unfold(tf.concat(descent.z, axis=-1))
        densities = [rows.unfold(log_q[number]) for number in sorted(log_q)]
        if gate is not None:
            z = gate(z)
            densities = self._gated_log_q(own, z, rows, gate, training)
            descent = self.given(tf.reshape(z, (-1, *self.event_shape)), training)
        return Inference(
            z=z,
            log_q=tuple(densities),
            log_p=tuple(rows.unfold(log_p) for log_p in self.prior.log_probs(descent)),
            posteriors=self._posteriors(parameters, posteriors, rows),
            priors=self._priors(descent, rows),
            gate=gate,
            path=rows.unfold(descent.state),
        )

    def _gated_log_q(
        self, own: Parameters, z: tf.Tensor, rows: Rows, gate: Gate, training: bool
    ) -> list[tf.Tensor]:
        known = tf.reshape(z, (-1, *self.event_shape))
        with stopped(self.trainable_variables):
            constants = {name: tf.stop_gradient(value) for name, value in own.items()}
            through_z = self._log_posteriors(constants, known, training)
        through_z = [rows.unfold(log_q) for log_q in through_z]
        if not gate.direct:
            return through_z
        direct = self._log_posteriors(own, tf.stop_gradient(known), training)
        return [
            through + gate(rows.unfold(log_q)) - rows.unfold(tf.stop_gradient(log_q))
            for through, log_q in zip(through_z, direct, strict=True)
        ]

    def _log_posteriors(
        self, own: Parameters, z: tf.Tensor, training: bool = False
    ) -> list[tf.Tensor]:
        """Returns log q of each level, from z_1 up, `[N]` for rows `[N, sum D_l]`, in nats."""
        levels, log_q = self.split(z), {}

        def evaluate(step: Step) -> tf.Tensor:
            q, known = step.posterior(own, training), levels[step.number - 1]
            log_q[step.number] = step.level.family.log_prob(q, known)
            return known

        self.descend(evaluate, training)
        return [log_q[number] for number in sorted(log_q)]

    def _posteriors(
        self, parameters: Parameters, drawn: dict[int, Parameters], rows: Rows
    ) -> tuple[Any, ...]:
        # At the top q does not depend on samples: its divergence needs no average over them.
        top = self.levels[-1].family.distribution(of_level(parameters, self.num_levels))
        below = zip(self.levels[:-1], range(1, self.num_levels), strict=True)
        return (*(_unfolded(level.family, drawn[number], rows) for level, number in below), top)

    def _priors(self, descent: Descent, rows: Rows) -> tuple[Any, ...]:
        below = zip(self.levels[:-1], range(1, self.num_levels), strict=True)
        return (
            *(_unfolded(level.family, descent.priors[number], rows) for level, number in below),
            self.top.distribution(),
        )

    def point(self, parameters: Parameters) -> tf.Tensor:
        """Returns each level's point given the points above it, `[B, sum D_l]`."""
        descent = self.descend(lambda step: step.level.family.point(step.posterior(parameters)))
        return tf.concat(descent.z, axis=-1)

    def distribution(self, parameters: Parameters) -> Any:
        """Returns q as a `tfd.Distribution`, batch `[B]`: its mode is `point`."""
        from tfvae.latents.ancestral import Ancestral

        top = next(iter(of_level(parameters, self.num_levels).values()))
        dtype, batch = self.density_dtype, tf.shape(top)[0]

        def draw(count: int, seed: tf.Tensor) -> tf.Tensor:
            noise = random.draw(self.noise(), [count, batch], seed, dtype)
            return self.infer(parameters, noise).z[0]

        def log_prob(z: tf.Tensor) -> tf.Tensor:
            samples = tf.reshape(z, (-1, batch, *self.event_shape))
            rows = Rows(tf.shape(samples)[0], batch)
            known = tf.reshape(z, (-1, *self.event_shape))
            log_q = tf.add_n(self._log_posteriors(rows.repeat(parameters), known))
            return tf.reshape(log_q, tf.shape(z)[:-1])

        return Ancestral(
            draw,
            log_prob,
            lambda: self.point(parameters),
            batch_shape=top.shape[:1],
            event_shape=self.event_shape,
            dtype=dtype,
            name="LadderPosterior",
        )


def _unfolded(family: Family, parameters: Parameters, rows: Rows) -> Any:
    return family.distribution({name: rows.unfold(value) for name, value in parameters.items()})
