"""q over a class and z as a `tfd.Distribution`: apart, since it cannot be defined without TFP."""

from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class ClusteredDistribution(tfp.distributions.Distribution):
    """A mixture over classes, of batch `[B]`, whose events may end in the one-hot code of y.

    Args:
        log_class: log q(y|x), `[B, K]`.
        of_z: q(z|x,y), a `tfd.Distribution` of batch `[B, K]`.
        point: what `mode` returns, `[B, event]`.
        with_codes: whether the code of y follows z in an event.
    """

    def __init__(
        self,
        log_class: tf.Tensor,
        of_z: Any,
        point: tf.Tensor,
        with_codes: bool,
        name: str = "Clustered",
    ) -> None:
        parameters = dict(locals())
        self.log_class, self.of_z, self.point = log_class, of_z, point
        self.with_codes = with_codes
        super().__init__(
            dtype=of_z.dtype,
            reparameterization_type=tfd.NOT_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name=name,
        )

    def _batch_shape(self) -> tf.TensorShape:
        return self.log_class.shape[:-1]

    def _batch_shape_tensor(self) -> tf.Tensor:
        return tf.shape(self.log_class)[:-1]

    def _event_shape(self) -> tf.TensorShape:
        return self.point.shape[-1:]

    def _event_shape_tensor(self) -> tf.Tensor:
        return tf.shape(self.point)[-1:]

    def _sample_n(self, n: int, seed: Any = None) -> tf.Tensor:
        of_class, of_z = tfp.random.split_seed(seed, salt="clustered")
        chosen = tfd.OneHotCategorical(logits=self.log_class, dtype=self.dtype).sample(n, of_class)
        z = tf.einsum("nbk,nbkd->nbd", chosen, self.of_z.sample(n, of_z))
        return tf.concat([z, chosen], axis=-1) if self.with_codes else z

    def _log_prob(self, value: tf.Tensor) -> tf.Tensor:
        size = self.of_z.event_shape[-1]
        log_joint = self.log_class + self.of_z.log_prob(value[..., None, :size])
        if self.with_codes:
            return tf.reduce_sum(tf.math.multiply_no_nan(log_joint, value[..., size:]), axis=-1)
        return tf.reduce_logsumexp(log_joint, axis=-1)

    def _mean(self) -> tf.Tensor:
        shares = tf.exp(self.log_class)
        z = tf.einsum("bk,bkd->bd", shares, self.of_z.mean())
        return tf.concat([z, shares], axis=-1) if self.with_codes else z

    def _mode(self) -> tf.Tensor:
        return self.point
