"""A codebook: learned vectors, of which the nearest one is taken."""

import random as python_random
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.objectives.objective import checked_weight
from tfvae.part import positive_integer, registered
from tfvae.quantisers.codebook_start import cluster_centres
from tfvae.quantisers.quantiser import (
    Quantisation,
    Quantiser,
    squared_distance,
    straight_through,
)
from tfvae.quantisers.rows import Rows
from tfvae.random import Noise


@registered()
class Codebook(Quantiser):
    r"""K learned vectors $e_k$; features f become the nearest of them.

    $$code = \arg\min_k \lVert f - e_k \rVert^2,\qquad
    loss = \beta \lVert f - \mathrm{sg}[e_{code}] \rVert^2\ (+ \lVert \mathrm{sg}[f] - e_{code}
    \rVert^2)$$

    With a `decay` the vectors are moving averages of the features that took them,

    $$N_k \leftarrow d N_k + (1 - d)\, n_k,\qquad
    e_k \leftarrow e_k + (1 - d) \frac{s_k - n_k e_k}{N_k},$$

    $n_k$ being the share and $s_k$ the sum of these features in a batch; without, gradients of the
    loss in parentheses train them. The decoder's gradient goes straight to the features.

    A code that no feature took for `restart_after` steps starts anew at a feature of the batch, and
    one that none ever took does so after the first step. `vae.adapt(x)` starts all codes at
    clusters of the features; a few thousand examples will do, as their features are all kept.
    Frozen by `trainable = False`, codes neither move nor restart.

    Args:
        num_codes: K.
        code_size: size of each vector.
        commitment: beta, what holds the features to their codes.
        decay: of the moving averages, from 0 and below 1; None for gradients.
        restart_after: steps without use after which a code restarts; None for never.
        seed: seed of the random start and of `adapt`; None takes Keras's global seed.

    Raises:
        ValueError: if an argument is none of the above.

    Example:
        >>> import tensorflow as tf, tfvae
        >>> codebook = tfvae.quantisers.Codebook(4, 2)
        >>> codebook.build((None, 2))
        >>> _ = codebook.table.assign([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        >>> codebook.quantise(tf.constant([[0.9, 0.2]])).codes.numpy()
        array([1], dtype=int32)

    Reference:
        Van den Oord, Vinyals and Kavukcuoglu 2017, arXiv:1711.00937, equations 2 and 3, and
        appendix A.1, equations 6 to 8, for the averages; Dhariwal et al. 2020, arXiv:2005.00341,
        section 3.1, for restarts. Written as steps, the averages need no smoothing, which would
        draw unused codes to 0; they begin without a memory. Our restarts follow a count of idle
        steps; theirs, the averaged use.
    """

    def __init__(
        self,
        num_codes: int,
        code_size: int,
        commitment: float = 0.25,
        decay: float | None = 0.99,
        restart_after: int | None = 100,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        code_size = positive_integer(code_size, "code_size")
        super().__init__(code_size, positive_integer(num_codes, "num_codes"), **kwargs)
        self.commitment = checked_weight(commitment, "commitment")
        if decay is not None and (isinstance(decay, str | bool) or not 0.0 <= decay < 1.0):
            raise ValueError(
                f"`decay` must be a number from 0 and below 1, or None, but is {decay!r}."
            )
        if restart_after is not None:
            restart_after = positive_integer(restart_after, "restart_after")
        self.decay, self.restart_after, self.seed = decay, restart_after, seed

    def build(self, features_shape: tuple[int | None, ...]) -> None:
        spread = 1.0 / self.num_codes
        start = keras.initializers.RandomUniform(-spread, spread, seed=self.seed)
        shape = (self.num_codes, self.code_size)
        if self.decay is None:
            self.table = self._weight("vectors", shape, start, trainable=True)
        else:
            self.table = self._weight("moving_vectors", shape, start)
            self.moving_share = self._weight("moving_share", shape[:1], "zeros")
        if self.restart_after is not None:
            never = keras.initializers.Constant(self.restart_after)
            self.moving_idle = self._weight("moving_idle", shape[:1], never)
        self.built = True

    def _weight(
        self, name: str, shape: tuple[int, ...], initializer: Any, trainable: bool = False
    ) -> Any:
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            trainable=trainable,
            dtype=self.density_dtype,
            autocast=False,
            # What replicas assign is equal, and must be kept so.
            aggregation="mean",
        )

    def nearest(self, features: tf.Tensor) -> tf.Tensor:
        """Returns the code of the nearest vector: `[B, ..., code_size]` to int32 `[B, ...]`."""
        table = tf.convert_to_tensor(self.table)
        # A common shift keeps the terms of the expanded square small.
        centre = tf.reduce_mean(table, axis=0)
        rows, table = tf.reshape(features - centre, [-1, self.code_size]), table - centre
        products = tf.matmul(rows, table, transpose_b=True)
        distance = tf.reduce_sum(tf.square(table), axis=-1) - 2.0 * products
        codes = tf.argmin(distance, axis=-1, output_type=tf.int32)
        return tf.reshape(codes, [-1, *features.shape[1:-1]])

    def vectors(self, codes: tf.Tensor) -> tf.Tensor:
        return tf.gather(tf.convert_to_tensor(self.table), codes)

    def quantise(self, features: tf.Tensor) -> Quantisation:
        codes = self.nearest(features)
        vectors = self.vectors(codes)
        loss = self.commitment * squared_distance(features, tf.stop_gradient(vectors))
        if self.decay is None:
            loss += squared_distance(tf.stop_gradient(features), vectors)
        return Quantisation(straight_through(features, vectors), codes, features, loss)

    def noise(self) -> dict[str, Noise]:
        if self.restart_after is None:
            return {}
        return {"restart": Noise("uniform", (self.num_codes,))}

    def update(
        self, quantisation: Quantisation, share: tf.Tensor, noise: dict[str, tf.Tensor]
    ) -> None:
        if not self.trainable:
            return
        rows = Rows.of(quantisation.inputs, quantisation.codes, share)
        count, total = rows.sums(self.num_codes)
        if self.decay is not None:
            self._average(self.decay, count, total)
        if self.restart_after is not None:
            self._restart(count, *rows.chosen(noise["restart"]))

    def _average(self, decay: float, count: tf.Tensor, total: tf.Tensor) -> None:
        table = tf.convert_to_tensor(self.table)
        share = decay * tf.convert_to_tensor(self.moving_share) + (1.0 - decay) * count
        step = (1.0 - decay) * (total - count[:, None] * table)
        self.table.assign(table + tf.math.divide_no_nan(step, share[:, None]))
        self.moving_share.assign(share)

    def _restart(self, count: tf.Tensor, vectors: tf.Tensor, found: tf.Tensor) -> None:
        zero = tf.zeros_like(count)
        idle = tf.where(count > 0.0, zero, tf.convert_to_tensor(self.moving_idle) + 1.0)
        restarts = (idle >= self.restart_after) & found
        self.table.assign(tf.where(restarts[:, None], vectors, tf.convert_to_tensor(self.table)))
        self.moving_idle.assign(tf.where(restarts, zero, idle))
        if self.decay is not None:
            share = tf.convert_to_tensor(self.moving_share)
            self.moving_share.assign(tf.where(restarts, zero, share))

    def adapt(self, features: np.ndarray) -> None:
        """Starts the codes at the centres of clusters of features `[N, ..., code_size]`.

        Raises:
            ValueError: if there are fewer features than codes.
        """
        # Keras's global seed sets this generator, so that it rules this start as it does the other.
        seed = python_random.randrange(2**31) if self.seed is None else self.seed
        rows = features.reshape(-1, self.code_size)
        self.table.assign(cluster_centres(rows, self.num_codes, seed))
        if self.decay is not None:
            self.moving_share.assign(np.zeros(self.num_codes))
        if self.restart_after is not None:
            self.moving_idle.assign(np.zeros(self.num_codes))
