"""How many of a mixture's components, or of a quantiser's codes, are in use."""

from typing import Any

import keras
import tensorflow as tf

# A component that holds less than this share of an even split is counted as dead.
DEAD_SHARE = 0.1


class ComponentUsage(keras.metrics.Metric):
    r"""Counts components from the mean responsibilities $u_k$ over all examples seen.

    The effective number is $\exp(-\sum_k u_k \log u_k)$, from 1 to K; a component is dead if
    $u_k < 0.1 / K$.

    Args:
        num_components: K.
        of: what they are called in the results.
        name: name of the metric; its results have names of their own.

    Example:
        >>> import tensorflow as tf
        >>> from tfvae.priors.usage import ComponentUsage
        >>> usage = ComponentUsage(2)
        >>> usage.update_state(tf.constant([[1.0, 0.0], [1.0, 0.0]]))
        >>> {name: float(value) for name, value in usage.result().items()}
        {'effective_components': 1.0, 'dead_components': 1.0}
    """

    def __init__(
        self,
        num_components: int,
        of: str = "components",
        name: str = "component_usage",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.num_components, self.of = num_components, of
        self.total = self.add_variable(
            (num_components,), initializer="zeros", name="total", dtype="float32"
        )

    def update_state(
        self, responsibilities: tf.Tensor, sample_weight: tf.Tensor | None = None
    ) -> None:
        """Adds responsibilities `[B, K]`, each row weighted by `sample_weight` `[B]`."""
        values = tf.cast(responsibilities, tf.float32)
        if sample_weight is not None:
            values *= tf.cast(sample_weight, tf.float32)[:, None]
        self.total.assign_add(tf.reduce_sum(values, axis=0))

    def result(self) -> dict[str, tf.Tensor]:
        total = tf.convert_to_tensor(self.total)
        usage = tf.math.divide_no_nan(total, tf.reduce_sum(total))
        entropy = -tf.reduce_sum(tf.math.xlogy(usage, usage))
        dead = tf.cast(usage < DEAD_SHARE / self.num_components, tf.float32)
        return {
            f"effective_{self.of}": tf.exp(entropy),
            f"dead_{self.of}": tf.reduce_sum(dead),
        }
