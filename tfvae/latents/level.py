"""One level of a ladder: its latent variable given the levels above, in the posterior and prior."""

from typing import Any

import keras
import tensorflow as tf

from tfvae.families.family import Family, Parameters
from tfvae.families.gaussian import DiagonalNormal
from tfvae.part import Part, registered
from tfvae.wiring import apply_network, output_of

Shape = tuple[Any, ...]


@registered()
class Level(Part):
    r"""A latent variable z of a ladder, between what lies above it and what it hands down.

    With a the state that comes down from above, d the encoder's features for this level, and [.,.]
    a concatenation along the last axis:

    $$t = down(a),\quad p(z|a) = N(prior(t)),\quad q(z|a, x) = N(posterior([t, d])),\quad
    a' = onward([z, t])$$

    Each network is a Keras layer, and the identity if left out; N stands for the family with its
    heads. `down` and `onward` are the top-down path, which inference and generation share. With no
    networks at all a' is z and all that lies above it. The uppermost level has nothing above: its
    prior is the ladder's, q(z given x) = N(posterior(d)) and a' = onward(z).

    Args:
        family: a diagonal Gaussian, `tfvae.families.DiagonalNormal` or `NormalMap`, whose z
            enters the path as a map; at the top, any family with a reparametrised sample.
        down: from what lies above to t, such as blocks that enlarge a map; not at the top.
        prior: from t to the features of p; not at the top.
        posterior: from [t, d] to the features of q.
        onward: from [z, t] to what the level below, or the decoder, reads.

    Raises:
        ValueError: if the family is none of these or a network no Keras layer; when the model is
            built, if networks do not fit together.

    Example:
        >>> import tfvae
        >>> level = tfvae.latents.Level(
        ...     tfvae.families.DiagonalNormal(4), posterior=tfvae.encoders.MLP((16,))
        ... )
        >>> level.family.latent_size
        4

    Reference:
        Kingma et al. 2016, arXiv:1606.04934, figure 3 and appendix C.2 (bidirectional inference);
        Child 2021, arXiv:2011.10650, for the block of such a top-down path.
    """

    def __init__(
        self,
        family: Family,
        down: keras.Layer | None = None,
        prior: keras.Layer | None = None,
        posterior: keras.Layer | None = None,
        onward: keras.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not (isinstance(family, Family) and hasattr(family, "reparametrise")):
            raise ValueError(
                "A level's `family` must have a reparametrised sample, such as "
                f"`tfvae.families.DiagonalNormal(32)`, but is {family!r}."
            )
        networks = {"down": down, "prior": prior, "posterior": posterior, "onward": onward}
        for name, network in networks.items():
            if not isinstance(network, keras.Layer | None):
                raise ValueError(f"`{name}` must be a Keras layer or None, but is {network!r}.")
        self.family, self.event_shape = family, family.event_shape
        self.down, self.prior, self.posterior, self.onward = networks.values()
        self.prior_family: Any = None

    def build(self, shapes: tuple[Any, ...]) -> None:
        """Builds the level from the shape of what lies above, None at the top, and of features."""
        above, features = shapes
        state = self._build_top(features) if above is None else self._build_below(above, features)
        self.state_shape = shape_through(self.onward, "onward", state)
        self.built = True

    def _build_top(self, features: Shape) -> Shape:
        if self.down is not None or self.prior is not None:
            raise ValueError(
                "The uppermost level has nothing above it, and the ladder's prior: leave its "
                "`down` and `prior` out."
            )
        self.family.build_once(shape_through(self.posterior, "posterior", features))
        return (None, *self.z_shape)

    def _build_below(self, above: Shape, features: Shape) -> Shape:
        if not isinstance(self.family, DiagonalNormal):
            raise ValueError(
                "Below the top of a ladder, p(z given what lies above) is a diagonal Gaussian: "
                f"take `tfvae.families.DiagonalNormal` instead of {type(self.family).__name__}."
            )
        config = self.family.get_config() | {"name": "prior_family"}
        self.prior_family = type(self.family).from_config(config)
        path = shape_through(self.down, "down", above)
        self.prior_family.build_once(shape_through(self.prior, "prior", path))
        self._build_posterior(path, features)
        return self._state_shape(path)

    def _build_posterior(self, path: Shape, features: Shape) -> None:
        joined = _joined(path, features, "the path from above", "the encoder's features")
        self.family.build_once(shape_through(self.posterior, "posterior", joined))

    def _state_shape(self, path: Shape) -> Shape:
        return _joined((None, *self.z_shape), path, "z", "the path from above")

    @property
    def z_shape(self) -> tuple[int, ...]:
        """Shape in which z enters the path: that of a map, where the family has one."""
        return getattr(self.family, "map_shape", self.event_shape)

    def call(self, features: tf.Tensor, training: bool = False) -> Parameters:
        """Returns all that q takes from the features alone: at the top, its parameters."""
        if self.prior_family is not None:
            return {"features": features}
        return self.family(run_through(self.posterior, features, training))

    def path(self, above: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns t for what comes from above, `[N, ...]`."""
        return run_through(self.down, above, training)

    def prior_parameters(self, path: tf.Tensor, training: bool = False) -> Parameters:
        """Returns the parameters of p(z given t), each `[N, ...]`."""
        return self.prior_family(run_through(self.prior, path, training))

    def posterior_parameters(
        self, path: tf.Tensor, prior: Parameters, own: Parameters, training: bool = False
    ) -> Parameters:
        """Returns the parameters of q(z given t and x), each `[N, ...]`.

        Args:
            path: t, `[N, ...]`.
            prior: the parameters of p(z given t), each `[N, ...]`.
            own: what `call` made of the features, each `[N, ...]`.
            training: whether layers such as dropout behave as in training.
        """
        joined = self._join(path, own["features"])
        return self.family(run_through(self.posterior, joined, training))

    def state(
        self, z: tf.Tensor, path: tf.Tensor | None = None, training: bool = False
    ) -> tf.Tensor:
        """Returns what goes down from here, given z `[N, *event]` and t, None at the top."""
        z = tf.reshape(z, (-1, *self.z_shape))
        state = z if path is None else self._join(z, path)
        return run_through(self.onward, state, training)

    def _join(self, *parts: tf.Tensor) -> tf.Tensor:
        return tf.concat([tf.cast(part, self.compute_dtype) for part in parts], axis=-1)


def run_through(network: keras.Layer | None, inputs: tf.Tensor, training: bool) -> tf.Tensor:
    """Returns what a network makes of its inputs; these themselves, if there is none."""
    return inputs if network is None else apply_network(network, inputs, training)


def shape_through(network: keras.Layer | None, name: str, shape: Shape) -> Shape:
    """Returns the shape that a network makes of a shape, and builds the network."""
    if network is None:
        return shape
    whose = "what it is given in the ladder"
    return tuple(output_of(network, f"network `{name}`", shape[1:], whose).shape)


def _joined(one: Shape, other: Shape, first: str, second: str) -> Shape:
    if one[:-1] != other[:-1]:
        raise ValueError(
            f"On a level of a ladder, {first} and {second} are joined along their last axis, but "
            f"have shapes {one[1:]} and {other[1:]}. Take vectors on both sides, or maps of the "
            "same height and width: `down` and the family can see to that."
        )
    return (*one[:-1], one[-1] + other[-1])
