"""What every family is: named heads on a network's features, and the distribution they make."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.part import Part, check_finite, checked_shape, registered
from tfvae.side import SideInput

Parameters = dict[str, tf.Tensor]


@registered()
class Projection(Part):
    """A linear head: features to one number for each element of an event.

    Features of shape `[N, F]` pass through a dense layer and are reshaped to `[N, *event_shape]`;
    features that have the event's own leading sizes, `[N, *event_shape[:-1], F]`, pass through a
    dense layer along the last axis (a 1x1 convolution, for images).

    Args:
        event_shape: shape of one event.
        bias: the value at which the bias starts.
        depth: how many numbers an element has: above 1, they form a new last axis.
    """

    def __init__(
        self, event_shape: tuple[int, ...], bias: float = 0.0, depth: int = 1, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.event_shape = tuple(event_shape)
        self.bias = bias
        self.depth = depth

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        features = tuple(features_shape)[1:]
        if len(features) == 1:
            units = math.prod(self.event_shape)
        elif len(self.event_shape) > 1 and features[:-1] == self.event_shape[:-1]:
            units = self.event_shape[-1]
        else:
            raise ValueError(
                f"Cannot make an event of shape {self.event_shape} from features of shape "
                f"{features}: expected a vector of features, or a map that has the sizes "
                f"{self.event_shape[:-1]} before its channels. End the network with "
                "`keras.layers.Flatten()`, or make its map the size of the event."
            )
        self.dense = keras.layers.Dense(
            units * self.depth,
            bias_initializer=keras.initializers.Constant(self.bias),
            # A head's output is a parameter of a density: half precision is not enough for it.
            dtype=self.density_dtype,
            name="dense",
        )
        self.dense.build(features_shape)
        self.built = True

    def call(self, features: tf.Tensor) -> tf.Tensor:
        outputs = self.dense(features)
        depth = (self.depth,) if self.depth > 1 else ()
        return tf.reshape(outputs, (-1, *self.event_shape, *depth))


class Family(Part):
    """A family of distributions over events of one shape, parametrised by features.

    `call(features)` gives the parameters as tensors, `distribution(parameters)` the distribution.
    Only the tensors cross Keras's boundaries. A likelihood needs no more; a family from which
    samples with gradients are drawn also states its `noise` and has `reparametrise`; `support` says
    where these lie.

    Args:
        shape: shape of one event.

    Attributes:
        has_density: False for a family of points: a posterior of that kind has no rate.
        is_discrete: True if `log_prob` is the logarithm of a probability for all that `check` lets
            pass, so that it may be told in bits.
    """

    has_density = True
    is_discrete = False
    support = "vectors"

    def __init__(self, shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.event_shape = checked_shape(shape)

    @property
    def mean_shape(self) -> tuple[int, ...]:
        """Shape of the mean of one event: that of the event, unless told."""
        return self.event_shape

    def heads(self) -> dict[str, Projection]:
        """Returns the heads of this family by the names of what they produce."""
        raise TypeError(f"{type(self).__name__} must define `heads`.")

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        self.projections = self.heads()
        for projection in self.projections.values():
            projection.build(features_shape)
        self.built = True

    def call(self, features: tf.Tensor) -> Parameters:
        """Projects features `[N, ...]` to the parameters, by name, each `[N, ...]`."""
        return self.parameters(self.project(features))

    def project(self, features: tf.Tensor) -> Parameters:
        """Returns the heads' outputs: free real numbers, by name, each `[N, ...]`."""
        return {name: project(features) for name, project in self.projections.items()}

    def parameters(self, projected: Parameters) -> Parameters:
        """Turns the heads' outputs into parameters of the distribution."""
        return projected

    def distribution(self, parameters: Parameters) -> Any:
        """Returns the `tfd.Distribution`, its batch that of the parameters."""
        raise TypeError(f"{type(self).__name__} must define `distribution`.")

    def log_prob(self, parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
        """Returns log p(x), summed over the event, in nats: `[...]`, the batch of the two."""
        return self.distribution(parameters).log_prob(x)

    def mean(self, parameters: Parameters) -> tf.Tensor:
        """Returns the expected event, `[..., *mean_shape]`."""
        return self.distribution(parameters).mean()

    def point(self, parameters: Parameters) -> tf.Tensor:
        """Returns the single event that stands for the distribution: its mean, unless told.

        It is within the support, `[..., *event_shape]`.
        """
        return self.mean(parameters)

    def side_inputs(self) -> dict[str, SideInput]:
        """States what an example may bring beside x, by name."""
        return {}

    def conditioned(self, parameters: Parameters, side: Mapping[str, tf.Tensor]) -> Parameters:
        """Returns the parameters given what examples bring beside x: unchanged, unless told.

        Args:
            parameters: each `[..., B, ...]`.
            side: of what `side_inputs` states, what there is, each `[B, *shape]`.
        """
        return parameters

    def fitted(
        self,
        parameters: Parameters,
        x: tf.Tensor,
        average: Callable[[tf.Tensor], tf.Tensor],
    ) -> Parameters:
        """Returns the parameters as a training step takes them: unchanged, unless told.

        A family may bring in here what is best for the batch in closed form, and keep a running
        value of it for evaluation.

        Args:
            parameters: each `[K or 1, S, B, ...]`.
            x: the targets, `[B, *event_shape]`.
            average: the expectation over K and S, and the mean over the global batch:
                `[K or 1, S, B, ...]` to `[...]`.
        """
        return parameters

    def check(self, x: np.ndarray) -> None:
        """Raises a ValueError if an array has values outside the support."""
        check_finite(x)

    def check_input(self, x: np.ndarray) -> None:
        """Raises a ValueError if an array has values that an encoder cannot read."""
        check_finite(x)

    def adapt(self, side: Mapping[str, np.ndarray]) -> None:
        """Starts from what comes beside data, each `[N, ...]`, where the kind has such a start."""


def own_distribution(family: Family, parameters: Parameters, batch_shape: tf.Tensor) -> Any:
    """Returns the `tfd.Distribution` of a family that TFP has no counterpart of.

    Args:
        family: the family; its `log_prob`, `mean` and `draw(parameters, n, seed)` are taken.
        parameters: its parameters.
        batch_shape: the leading axes of the parameters.
    """
    from tfvae.families.family_distribution import FamilyDistribution

    return FamilyDistribution(family, parameters, batch_shape, type(family).__name__)
