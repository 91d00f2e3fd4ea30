"""What every flow is: a chain of invertible maps of vectors, each with its log-determinant."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from tfvae.part import Part, positive_integer

Context = Mapping[str, tf.Tensor]
# Where a flow takes its input, and the log-determinant of that.
Mapped = tuple[tf.Tensor, tf.Tensor]
NO_CONTEXT: Context = {}

# A layer scales a coordinate by at most exp(3), about 20, whatever its network gives.
LARGEST_LOG_SCALE = 3.0


class Flow(Part):
    r"""An invertible map z = f(u) of vectors, made of layers.

    $$\log p(z) = \log p(u) - \log \left|\det \frac{\partial f}{\partial u}\right|$$

    Densities change as this says. A flow may depend on a context, made by its `context_heads`
    from an encoder's features; then its layers differ between examples.

    Args:
        num_layers: how many maps follow each other.

    Attributes:
        conditional: whether the flow needs a context.
    """

    conditional = False

    def __init__(self, num_layers: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_layers = positive_integer(num_layers, "num_layers")

    def build(self, shape: tuple[Any, ...]) -> None:
        event_shape = tuple(shape)[1:]
        if len(event_shape) != 1:
            raise ValueError(
                f"A flow is over vectors, but the latents have shape {event_shape}. Take a family "
                "whose event is a vector, such as `tfvae.families.DiagonalNormal(32)`."
            )
        self.size: int = event_shape[0]
        self.built = True

    def context_heads(self) -> dict[str, keras.layers.Dense]:
        """Returns, by name, the heads that make the context of a built flow from features."""
        return {}

    def forward(self, u: tf.Tensor, context: Context = NO_CONTEXT) -> Mapped:
        """Maps noise to latents.

        Args:
            u: `[..., D]`.
            context: what the heads made, by name, each `[B, ...]`; `[B]` are the last axes of
                `[...]`.

        Returns:
            z = f(u) `[..., D]`, and log|det dz/du| `[...]`, in nats.

        Raises:
            ValueError: if the flow lacks its context.
        """
        self._check_context(context)
        log_det = tf.zeros_like(u[..., 0])
        for layer in range(self.num_layers):
            u, added = self._forward(layer, u, context)
            log_det += added
        return u, log_det

    def inverse(self, z: tf.Tensor, context: Context = NO_CONTEXT) -> Mapped:
        """Maps latents back to noise.

        Args:
            z: `[..., D]`.
            context: as in `forward`.

        Returns:
            u with f(u) = z `[..., D]`, and log|det du/dz| `[...]`, in nats.

        Raises:
            ValueError: if the flow has no inverse that can be computed, or lacks its context.
        """
        self._check_context(context)
        log_det = tf.zeros_like(z[..., 0])
        for layer in reversed(range(self.num_layers)):
            z, added = self._inverse(layer, z, context)
            log_det += added
        return z, log_det

    def _check_context(self, context: Context) -> None:
        if self.conditional and not context:
            raise ValueError(
                f"{type(self).__name__} was made to depend on a context, but was given none: put "
                "it into `tfvae.posteriors.Flowed`, which makes one of the encoder's features."
            )

    def _forward(self, layer: int, values: tf.Tensor, context: Context) -> Mapped:
        raise TypeError(f"{type(self).__name__} must define `_forward`.")

    def _inverse(self, layer: int, values: tf.Tensor, context: Context) -> Mapped:
        raise TypeError(f"{type(self).__name__} must define `_inverse`.")
